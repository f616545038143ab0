import Foundation

/// A server by HTTP on this machine's loopback, run by Python until the value is closed.
public final class WebServer: Sendable {
    /// Where it answers, without a slash at the end.
    public let address: String
    private let process: pid_t

    /// The files of a folder.
    public convenience init(serving folder: TemporaryFolder) throws {
        try self.init(
            python: "python3",
            ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.path]
        )
    }

    /// Starts Python with arguments and waits until it has told its port: `port N` and a blank on stdout.
    ///
    /// - `environment`: Further variables.
    public init(python: String, _ words: [String], environment: [String: String] = [:]) throws {
        let log = try TemporaryFolder().path("server.log")
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let words = ["/usr/bin/env"] + variables + [python] + words
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for text in arguments { free(text) } }
        var process: pid_t = 0
        guard posix_spawn(&process, words[0], &actions, nil, &arguments, environ) == 0 else {
            throw CocoaError(.fileNoSuchFile)
        }
        var port: Substring?
        for _ in 0..<1200 where port == nil {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            port = text.firstMatch(of: #/port (\d+) /#)?.1
            if port != nil || waitpid(process, nil, WNOHANG) == process { break }
            Thread.sleep(forTimeInterval: 0.1)
        }
        guard let port else {
            kill(process, SIGKILL)
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw ServerFailure(description: "the server did not start: \(said.suffix(2000))")
        }
        (self.process, address) = (process, "http://127.0.0.1:\(port)")
    }

    /// Ends it.
    public func close() {
        // The thread that started it may have blocked all other signals.
        kill(process, SIGKILL)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }
}

private struct ServerFailure: Error, CustomStringConvertible { let description: String }
