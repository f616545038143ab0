import CSpawn
import Foundation
import Spawn

/// A program that runs beside this one, in a process group of its own where that is asked for.
struct ChildProgram: Sendable {
    enum End: Sendable, Equatable {
        case exited(Int)
        case killed(signal: Int)

        var text: String {
            switch self {
            case .exited(let code): "ended with \(code)"
            case .killed(let signal): "was ended by signal \(signal)"
            }
        }
    }

    let pid: pid_t

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - words: The program, looked for on PATH, and its arguments.
    ///   - environment: All its variables; nil for those of this program.
    ///   - directory: Where it starts.
    ///   - streams: Descriptors of this program that it gets, by the numbers it sees; the standard ones that are not
    ///     named it shares with this program, but for standard input, which is empty.
    ///   - ownGroup: True to make it the leader of a process group.
    /// - Returns: The running program, which somebody has to wait for.
    /// - Throws: `ClusterError` where it cannot be started.
    static func start(
        _ words: [String],
        environment: [String: String]? = nil,
        in directory: String? = nil,
        streams: [Int32: Int32] = [:],
        ownGroup: Bool = false
    ) throws -> ChildProgram {
        do throws(SpawnError) {
            return ChildProgram(
                pid: try spawn(
                    words,
                    environment: environment,
                    in: directory,
                    streams: streams.mapValues { .descriptor($0) },
                    group: ownGroup ? .own : .shared
                )
            )
        } catch {
            throw ClusterError.system(.cannotStart, error.program, error.code)
        }
    }

    /// How it ended, nil while it runs.
    func poll() throws -> End? {
        var status: Int32 = 0
        let answer = waitpid(pid, &status, WNOHANG)
        if answer == 0 || (answer < 0 && errno == EINTR) { return nil }
        guard answer == pid else { throw ClusterError.system(.cannotRead, "process \(pid)", errno) }
        let signal = Int(status & 0x7f)
        return signal == 0 ? .exited(Int((status >> 8) & 0xff)) : .killed(signal: signal)
    }

    /// Waits for its end; a cancelled task ends it.
    func end(limit: Duration? = nil) async throws -> End {
        let start = ContinuousClock.now
        var pause = Duration.milliseconds(2)
        while true {
            if let end = try poll() { return end }
            if let limit, ContinuousClock.now - start > limit { kill(pid, SIGKILL) }
            if Task.isCancelled {
                kill(pid, SIGTERM)
                pause = .milliseconds(50)
                usleep(20_000)
            } else {
                try? await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(100))
            }
        }
    }
}

/// Runs a program of an engine to its end and keeps what it prints.
struct EngineCommand: Sendable {
    struct Answer: Sendable {
        let end: ChildProgram.End
        let output: String
        let errors: String
        var isSuccess: Bool { end == .exited(0) }
    }

    /// - Throws: `ClusterError` where the program is not there or does not end in time.
    static func run(
        _ words: [String],
        environment: [String: String] = [:],
        limit: Duration = .seconds(60)
    ) async throws -> Answer {
        let variables = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C"].merging(environment) { $1 }) { $1 }
        // Files, not pipes: neither stream can fill up while the other is read.
        let (output, errors) = (try memoryFile("output"), try memoryFile("errors"))
        defer {
            close(output)
            close(errors)
        }
        let child = try ChildProgram.start(words, environment: variables, streams: [1: output, 2: errors])
        let start = ContinuousClock.now
        let end = try await child.end(limit: limit)
        if end == .killed(signal: Int(SIGKILL)), ContinuousClock.now - start > limit {
            throw ClusterError(.engineSilent, words[0], reason: "no answer within \(limit)")
        }
        return Answer(end: end, output: text(output), errors: text(errors).trimmingCharacters(in: .newlines))
    }

    private static func memoryFile(_ name: String) throws -> Int32 {
        let descriptor = memfd_create(name, 1 /* MFD_CLOEXEC */)
        guard descriptor >= 0 else { throw ClusterError.system(.cannotStart, name, errno) }
        return descriptor
    }

    private static func text(_ descriptor: Int32) -> String {
        lseek(descriptor, 0, SEEK_SET)
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
