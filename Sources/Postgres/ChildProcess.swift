import Foundation
import Spawn

/// Runs one program to its end and keeps what it prints.
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
        let process = try start(words, output: output.path)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        let code = signal == 0 ? (status >> 8) & 0xff : 128 + signal
        let text = (try? Data(contentsOf: output)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return Output(status: code, text: text)
    }

    private static func start(_ words: [String], output: String) throws -> pid_t {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("PG") }
        environment["LC_ALL"] = "C"
        do throws(SpawnError) {
            let streams: [Int32: SpawnStream] = [1: .file(output, O_WRONLY | O_CREAT | O_EXCL), 2: .descriptor(1)]
            return try spawn(words, environment: environment, streams: streams)
        } catch {
            throw PostgresError(.serverFailed, error.program, ["cannot start it: \(error.reason)"])
        }
    }

    private static let runuser =
        ["/usr/sbin/runuser", "/sbin/runuser", "/usr/bin/runuser"]
        .first { FileManager.default.isExecutableFile(atPath: $0) } ?? "/usr/sbin/runuser"
}
