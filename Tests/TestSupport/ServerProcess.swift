import Foundation
import Spawn

/// A server on a port of its own on this machine's loopback, which runs until the value is closed.
final class ServerProcess: Sendable {
    /// Where it listens, without a slash at the end.
    let address: String
    private let process: pid_t

    /// Starts it and waits until it has told its port.
    ///
    /// - Parameters:
    ///   - words: The program's path and its arguments.
    ///   - variables: Variables that it gets besides those of this process.
    ///   - port: Finds the port in what it prints.
    /// - Throws: `SpawnError`, or `Failure` with what it printed where it ended or told no port.
    init(
        _ words: [String],
        variables: [String: String] = [:],
        port: Regex<(Substring, Substring)>
    ) throws {
        let log = try TemporaryFolder().path("server.log")
        process = try spawn(
            words,
            environment: ProcessInfo.processInfo.environment.merging(variables) { $1 },
            streams: [1: .file(log, O_WRONLY | O_CREAT | O_TRUNC), 2: .descriptor(1)]
        )
        // A server that loads many modules on a busy machine takes its time.
        for _ in 0..<1200 {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            if let number = text.firstMatch(of: port)?.1 {
                address = "http://127.0.0.1:\(number)"
                return
            }
            var status: Int32 = 0
            guard waitpid(process, &status, WNOHANG) == 0 else { throw Failure(program: words[0], said: text) }
            Thread.sleep(forTimeInterval: 0.1)
        }
        address = ""
        close()
        throw Failure(program: words[0], said: "nothing about its port")
    }

    /// Ends it.
    func close() {
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    struct Failure: Error, CustomStringConvertible {
        let program: String
        let said: String
        var description: String { "the server '\(program)' did not start: \(said)" }
    }
}
