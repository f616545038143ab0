import Foundation
import Glibc
import Spawn

/// A server on a port of its own on this machine's loopback, which runs until the value is closed, or this process ends.
final class ServerProcess: Sendable {
    /// Where it listens, without a slash at the end.
    let address: String
    private let process: pid_t
    /// The end of a pipe; the server lives as long as it is open.
    private let line: Int32

    /// Runs a server, and ends it when the standard input of the shell is at its end, however this process went away.
    private static let keeper = """
        exec 3<&0
        "$@" </dev/null 3<&- & server=$!
        (cat <&3 >/dev/null; kill -9 $server) 2>/dev/null &
        wait $server
        """

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
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(program: words[0], said: "no pipe") }
        line = ends[1]
        _ = fcntl(line, F_SETFD, FD_CLOEXEC)
        defer { Glibc.close(ends[0]) }
        process = try spawn(
            ["/bin/sh", "-c", Self.keeper, "sh"] + words,
            environment: ProcessInfo.processInfo.environment.merging(variables) { $1 },
            streams: [0: .descriptor(ends[0]), 1: .file(log, O_WRONLY | O_CREAT | O_TRUNC), 2: .descriptor(1)]
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

    /// Asks the server to end, as an administrator does.
    ///
    /// - `name`: Of the program, for the processes below this one's shell.
    func terminate(_ name: String) throws {
        for child in try children(name) { kill(child, SIGTERM) }
    }

    /// The most bytes of memory that the program has had.
    func peakMemory(_ name: String) throws -> Int {
        guard let child = try children(name).first else { throw Failure(program: name, said: "that it is gone") }
        let status = try String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8)
        return status.firstMatch(of: #/VmHWM:\s*([0-9]+) kB/#).flatMap { Int($0.1) }.map { $0 * 1024 } ?? 0
    }

    private func children(_ name: String) throws -> [pid_t] {
        let children = try String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return try children.split(separator: " ").compactMap { pid_t($0) }.filter { child in
            try String(contentsOfFile: "/proc/\(child)/comm", encoding: .utf8) == "\(name)\n"
        }
    }

    /// Ends it; to be called once.
    func close() {
        Glibc.close(line)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }

    struct Failure: Error, CustomStringConvertible {
        let program: String
        let said: String
        var description: String { "the server '\(program)' did not start: \(said)" }
    }
}
