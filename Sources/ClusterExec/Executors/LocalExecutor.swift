import Foundation

/// Child processes on this machine.
public struct LocalExecutor: Executor {
    public let name = ExecutorName.local
    public let largestSubmission = 1_000_000
    public let pollInterval = Duration.milliseconds(50)
    private let pool: ProcessPool

    /// - Parameters:
    ///   - program: The path of antares.
    ///   - folder: Of the job.
    ///   - jobs: Tasks at once.
    ///   - memory: In bytes, for all tasks together; nil for nine tenths of what is free now.
    public init(program: String, folder: JobFolder, jobs: Int, memory: Int? = nil) {
        let limit = memory ?? Self.freeMemory().map { $0 / 10 * 9 } ?? Int.max
        pool = ProcessPool(slots: max(1, jobs), memory: limit) { task, submission, _ in
            [program] + WorkerCommand.words(folder: folder.path, task: "\(task)", submission) + ["--parent-pipe", "3"]
        }
    }

    public func submit(_ submission: Submission, of folder: JobFolder) async throws -> String {
        try await pool.add(submission)
        return "local"
    }

    public func poll(_ submissions: [Submission]) async throws -> [TaskKey: TaskSight] {
        try await pool.sights(submissions)
    }

    public func collect(_ tasks: [TaskKey], of submissions: [Submission]) async throws -> [TaskKey: TaskEnd] {
        try await pool.ends(of: tasks)
    }

    public func cancel(_ submissions: [Submission], tasks: Set<Int>?) async throws {
        try await pool.cancel(Set(submissions.map(\.name)), tasks: tasks)
    }

    public func find(prefix: String) async throws -> [(name: String, engineID: String)] { [] }

    /// Bytes that programs may still take, of the machine or of the control group that this program is in.
    static func freeMemory() -> Int? {
        let text = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let available = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
        func number(_ name: String) -> Int? {
            let text = try? String(contentsOfFile: "/sys/fs/cgroup/\(name)", encoding: .utf8)
            return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        guard let limit = number("memory.max"), let used = number("memory.current") else { return available }
        return min(available ?? Int.max, max(0, limit - used))
    }
}

extension ProcessPool {
    func ends(of keys: [TaskKey]) throws -> [TaskKey: TaskEnd] {
        var ends: [TaskKey: TaskEnd] = [:]
        for key in keys { ends[key] = end(of: key) }
        return ends
    }
}

/// The command line of a worker, the same for every engine.
enum WorkerCommand {
    static func words(folder: String, task: String, _ submission: Submission) -> [String] {
        var words = ["task", folder, task, "--attempt", "\(submission.attempt)"]
        let resources = submission.resources
        if resources.memory > 0 { words += ["--memory", "\(resources.memory)"] }
        if resources.seconds > 0 { words += ["--seconds", "\(resources.seconds)"] }
        return words + ["--cores", "\(resources.cores)"]
    }
}
