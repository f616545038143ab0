import Foundation
import Logging
import Synchronization

/// How log lines look.
enum LogStyle: Sendable {
    /// `level: message`, as a person at a terminal reads it.
    case antares
    /// `date time,ms pid logger LEVEL message`, as the Open Data Cube writes it.
    case datacube
}

/// The program's log: standard error and the files of `--log-file`.
enum Logs {
    private static let level = Mutex(Logger.Level.notice)
    private static let isLevelGiven = Mutex(false)

    /// Starts logging; to be called once, before the first logger is made.
    static func start(style: LogStyle, options: CommonOptions?) {
        level.withLock { $0 = options?.logLevel ?? (style == .datacube ? .warning : .notice) }
        isLevelGiven.withLock { $0 = options?.logLevel != nil || style == .datacube }
        let files = (options?.logFile ?? []).map(LogSink.init(path:))
        let sinks = [LogSink(handle: .standardError)] + files
        let statements: Logger.Level = options?.logQueries == true ? .debug : .error
        LoggingSystem.bootstrap { label in
            let level = label == "antares.statements" ? statements : level.withLock { $0 }
            return LineLogHandler(label: label, logLevel: level, style: style, sinks: sinks)
        }
    }

    /// The level that settings ask for; the command line's own wins, and loggers made before keep theirs.
    static func applyConfigured(_ configured: Logger.Level) {
        guard isLevelGiven.withLock({ !$0 }) else { return }
        level.withLock { $0 = configured }
    }
}

/// Where log lines go, one writer at a time.
final class LogSink: Sendable {
    private let handle: Mutex<FileHandle>

    init(handle: FileHandle) { self.handle = Mutex(handle) }

    /// Appends to a file; where that cannot be, says so and writes to standard error.
    convenience init(path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        if descriptor < 0 {
            let reason = String(cString: strerror(errno))
            FileHandle.standardError.write(Data("warning: cannot write the log to '\(path)': \(reason).\n".utf8))
        }
        self.init(handle: descriptor < 0 ? .nullDevice : FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
    }

    func write(_ line: String) {
        handle.withLock { $0.write(Data((line + "\n").utf8)) }
    }
}

/// Writes each message as one line to every sink.
struct LineLogHandler: LogHandler {
    let label: String
    var logLevel: Logger.Level
    let style: LogStyle
    let sinks: [LogSink]
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let line = Self.line(
            style,
            date: Date(),
            label: label,
            level: event.level,
            message: "\(event.message)\(details)"
        )
        for sink in sinks { sink.write(line) }
    }

    /// One line of the log, without its end.
    static func line(_ style: LogStyle, date: Date, label: String, level: Logger.Level, message: String) -> String {
        switch style {
        case .antares:
            return "\(level.rawValue): \(message)"
        case .datacube:
            var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
            let milliseconds = Int((date.timeIntervalSince1970 - Double(seconds)) * 1000)
            var parts = tm()
            gmtime_r(&seconds, &parts)
            let clock = String(
                format: "%04d-%02d-%02d %02d:%02d:%02d,%03d",
                parts.tm_year + 1900,
                parts.tm_mon + 1,
                parts.tm_mday,
                parts.tm_hour,
                parts.tm_min,
                parts.tm_sec,
                milliseconds
            )
            return "\(clock) \(getpid()) \(label) \(level.rawValue.uppercased()) \(message)"
        }
    }
}
