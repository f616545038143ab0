public import Foundation

/// What a program that a test ran printed and ended with.
public struct ShellResult: Sendable {
    public let status: Int32
    public let output: String
    public let errors: String

    public init(status: Int32, output: String, errors: String) {
        (self.status, self.output, self.errors) = (status, output, errors)
    }
}

/// Runs a program found on PATH and waits for it.
///
/// - `environment`: Replaces or adds variables; nil removes one.
public func run(
    _ program: String,
    _ arguments: [String],
    environment: [String: String?] = [:],
    directory: URL? = nil
) throws -> ShellResult {
    try start(program, arguments, environment: environment, directory: directory).wait()
}

/// A program that runs beside the test.
public struct RunningProgram {
    fileprivate let process: Process
    fileprivate let folder: TemporaryFolder

    public var isRunning: Bool { process.isRunning }

    /// Sends a signal, as SIGINT.
    public func send(signal: Int32) { kill(process.processIdentifier, signal) }

    /// What the program has said on stderr so far.
    public var errorsSoFar: String { (try? String(contentsOfFile: folder.path("err"), encoding: .utf8)) ?? "" }

    /// Waits for the end.
    public func wait() throws -> ShellResult {
        process.waitUntilExit()
        return ShellResult(
            status: process.terminationStatus,
            output: try String(contentsOfFile: folder.path("out"), encoding: .utf8),
            errors: try String(contentsOfFile: folder.path("err"), encoding: .utf8)
        )
    }
}

/// Starts a program found on PATH.
///
/// - `environment`: Replaces or adds variables; nil removes one.
public func start(
    _ program: String,
    _ arguments: [String],
    environment: [String: String?] = [:],
    directory: URL? = nil
) throws -> RunningProgram {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    var variables = ProcessInfo.processInfo.environment
    for (key, value) in environment { variables[key] = value }
    process.environment = variables
    if let directory { process.currentDirectoryURL = directory }
    // Files, not pipes: neither stream can fill up while the other is read.
    let folder = try TemporaryFolder()
    let (output, errors) = (folder.path("out"), folder.path("err"))
    for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    return RunningProgram(process: process, folder: folder)
}

/// True where a program is on PATH.
public func isInstalled(_ program: String) -> Bool {
    let paths = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
    return paths.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
}
