import Foundation

/// The files of a folder by HTTP on this machine's loopback, served by Python until the value is closed.
public final class WebServer: Sendable {
    /// Where the folder is, without a slash at the end.
    public let address: String
    private let process: pid_t

    /// Starts it and waits until it has told its port.
    public init(serving folder: TemporaryFolder) throws {
        let log = try TemporaryFolder().path("server.log")
        let words = [
            "/usr/bin/env", "python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory",
            folder.path,
        ]
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
        for _ in 0..<200 where port == nil {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            port = text.firstMatch(of: #/port (\d+) /#)?.1
            if port == nil { Thread.sleep(forTimeInterval: 0.1) }
        }
        guard let port else {
            kill(process, SIGKILL)
            throw CocoaError(.fileReadUnknown)
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
