import Foundation

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
    init(
        _ words: [String],
        variables: [String: String] = [:],
        port: Regex<(Substring, Substring)>
    ) throws {
        let log = try TemporaryFolder().path("server.log")
        process = try Self.spawn(words, variables, log: log)
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

    private static func spawn(_ words: [String], _ variables: [String: String], log: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let all = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = all.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var process: pid_t = 0
        guard posix_spawn(&process, words[0], &actions, nil, &arguments, &environment) == 0 else {
            throw Failure(program: words[0], said: "cannot be run")
        }
        return process
    }
}
