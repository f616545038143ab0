import Foundation

/// Hosts behind SSH that share no file system: each task travels there and back in a stream.
///
/// One `antares ssh-task` on this machine carries each task, so the master stays small.
public struct SSHExecutor: Executor {
    public let name = ExecutorName.ssh
    public let largestSubmission = 1_000_000
    public let pollInterval = Duration.milliseconds(100)
    private let pool: ProcessPool

    /// - Parameters:
    ///   - options: Of the cluster file.
    ///   - program: The path of antares on this machine.
    ///   - folder: Of the job.
    ///   - jobs: Tasks at once, if fewer than there are slots.
    public init(options: SSHOptions, program: String, folder: JobFolder, jobs: Int?) {
        let slots = Self.slots(options.hosts)
        let count = min(jobs ?? slots.count, slots.count)
        pool = ProcessPool(slots: max(1, count), memory: nil) { task, submission, slot in
            var words = WorkerCommand.words(folder: folder.path, task: "\(task)", submission)
            words[0] = "ssh-task"
            return [program] + words + ["--parent-pipe", "3", "--"] + options.connection(to: slots[slot])
        }
    }

    /// Turn by turn, so that few tasks spread over many hosts.
    static func slots(_ hosts: [SSHOptions.Host]) -> [String] {
        let turns = hosts.map(\.slots).max() ?? 0
        return (0..<turns).flatMap { turn in hosts.filter { $0.slots > turn }.map(\.name) }
    }

    public func submit(_ submission: Submission, of folder: JobFolder) async throws -> String {
        try await pool.add(submission)
        return "ssh"
    }

    public func poll(_ submissions: [Submission]) async throws -> [TaskKey: TaskSight] {
        try await pool.sights(submissions)
    }

    public func collect(_ tasks: [TaskKey], of submissions: [Submission]) async throws -> [TaskKey: TaskEnd] {
        try await pool.ends(of: tasks).mapValues { end in
            // What carries the task says by these codes that the host or the way to it failed.
            switch end {
            case .exited(75), .exited(255): .lost("no answer over SSH")
            default: end
            }
        }
    }

    public func cancel(_ submissions: [Submission], tasks: Set<Int>?) async throws {
        try await pool.cancel(Set(submissions.map(\.name)), tasks: tasks)
    }

    public func find(prefix: String) async throws -> [(name: String, engineID: String)] { [] }
}

extension SSHOptions {
    /// The command that opens a connection to a host; what runs there is up to the host's forced command.
    public func connection(to host: String) -> [String] {
        var words = ["ssh", "-x", "-T", "-a", "-o", "BatchMode=yes"]
        words += ["-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=4"]
        if let key { words += ["-i", key, "-o", "IdentitiesOnly=yes"] }
        if let port { words += ["-p", "\(port)"] }
        words += options
        if let user { words += ["-l", user] }
        return words + ["--", host, "antares", "ssh-worker"]
    }
}
