import Foundation
import Spawn

/// Starts the programs that run jobs of the store, beside this one: they go on when it has ended.
public struct JobStarter: Sendable {
    private let program: String
    private let options: [String]

    /// - Parameters:
    ///   - program: The path of antares.
    ///   - options: Words that every such program gets: the configuration (`-C FILE`, `-E NAME`), and with `start` where
    ///     tasks run (`-sc FILE`).
    public init(program: String, options: [String]) { (self.program, self.options) = (program, options) }

    /// Starts a program for a job.
    ///
    /// - Parameters:
    ///   - command: `start` for a job of the service, `resume` for one whose tasks are there.
    ///   - id: The job.
    ///   - log: Where the program's output goes, at the end of what is there.
    /// - Returns: The program, for which somebody has to wait who does not end himself.
    /// - Throws: `ClusterError` where it cannot be started.
    @discardableResult
    public func begin(_ command: String, _ id: String, log: String) throws -> StartedJob {
        do throws(SpawnError) {
            let pid = try spawn(
                [program, "jobs", command, id, "--verbose"] + options,
                streams: [1: .file(log, O_WRONLY | O_CREAT | O_APPEND, mode: 0o644), 2: .descriptor(1)],
                group: .session
            )
            return StartedJob(child: ChildProgram(pid: pid))
        } catch {
            throw ClusterError.system(.cannotStart, error.program, error.code)
        }
    }
}

/// A program that runs a job.
public struct StartedJob: Sendable {
    let child: ChildProgram

    /// How it ended, nil while it runs.
    ///
    /// To be asked until it has ended; what became of the job is in the store.
    ///
    /// - Returns: The program's status; the negative number of a signal that ended it.
    public func end() throws -> Int? {
        switch try child.poll() {
        case .exited(let code): code
        case .killed(let signal): -signal
        case nil: nil
        }
    }

    /// Asks it to end and to leave the job to another.
    public func interrupt() { send(SIGTERM, to: child.pid) }

    /// Ends it, and what it has started.
    public func kill() { send(SIGKILL, to: -child.pid) }
}

private func send(_ signal: Int32, to process: pid_t) { kill(process, signal) }
