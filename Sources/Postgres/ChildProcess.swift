import Foundation

/// Runs one program to its end and keeps what it prints.
///
/// Foundation's `Process` waits for everyone who inherits a socket of its own, and so would wait for a server that the
/// program leaves running.
enum ChildProcess {
    struct Output {
        /// The exit status, or 128 and the signal that ended the program.
        let status: Int32
        /// Standard output and error together.
        let text: String
    }

    /// Runs `program` to its end; `account` names another account to run as, which only root may ask for.
    ///
    /// - Throws: `PostgresError` when the program cannot be started.
    static func run(_ program: URL, _ arguments: [String], as account: String?) throws -> Output {
        var words = [program.path] + arguments
        // The other account may not be allowed to stay in the current folder.
        if let account { words = ["/usr/bin/env", "-C", "/", runuser, "-u", account, "--"] + words }
        // A file and no pipe: a pipe would stay open in the server that the program leaves running.
        let output = FileManager.default.temporaryDirectory.appending(path: "antares-\(UUID().uuidString).out")
        defer { try? FileManager.default.removeItem(at: output) }
        let process = try spawn(words, output: output.path)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        let text = (try? Data(contentsOf: output)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return Output(status: code, text: text)
    }

    private static func spawn(_ words: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
        environment["LC_ALL"] = "C"
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var process: pid_t = 0
        let error = posix_spawn(&process, words[0], &actions, nil, &arguments, &variables)
        guard error == 0 else { throw failure(program: words[0], error) }
        return process
    }

    private static func failure(program: String, _ code: Int32) -> PostgresError {
        PostgresError(.serverFailed, program, ["cannot start it: \(String(cString: strerror(code)))"])
    }

    private static let runuser =
        ["/usr/sbin/runuser", "/sbin/runuser", "/usr/bin/runuser"]
        .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "/usr/sbin/runuser"
}
