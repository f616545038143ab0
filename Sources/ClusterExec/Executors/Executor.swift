public import Jobs

/// Where tasks run.
///
/// Each engine is one conformer; antares itself schedules nothing across machines.
public protocol Executor: Sendable {
    var name: ExecutorName { get }
    /// How many tasks one submission may have.
    var largestSubmission: Int { get }
    /// How long to wait between two questions.
    var pollInterval: Duration { get }

    /// Hands tasks to the engine.
    ///
    /// - Returns: The engine's own name of the submission.
    /// - Throws: `ClusterError` with code `refused` for what the engine will never take, others where trying again may
    ///   help.
    func submit(_ submission: Submission, of folder: JobFolder) async throws -> String

    /// What the engine says of all tasks of all submissions, asked at once; a task that it has forgotten is missing.
    func poll(_ submissions: [Submission]) async throws -> [TaskKey: TaskSight]

    /// Why tasks ended, from the engine's accounting; a task that it does not know (yet) is missing.
    func collect(_ tasks: [TaskKey], of submissions: [Submission]) async throws -> [TaskKey: TaskEnd]

    /// Stops submissions, or only these of their tasks; those that have ended are left alone.
    func cancel(_ submissions: [Submission], tasks: Set<Int>?) async throws

    /// The engine's names of submissions that are waiting or running under names that begin so.
    func find(prefix: String) async throws -> [(name: String, engineID: String)]
}

public enum ExecutorName: String, Sendable, Codable, CaseIterable { case local, slurm, sge, ssh }

/// Tasks that were handed to an engine together.
public struct Submission: Sendable, Equatable, Codable {
    /// Unique, and what the engine shows: `antares-<job>-<n>`.
    public let name: String
    /// Nil until the engine has answered.
    public var engineID: String?
    /// The same for all its tasks.
    public let attempt: Int
    public let resources: Resources
    /// In the order of the engine's elements.
    public let tasks: [Int]
    public let time: Instant

    public init(name: String, attempt: Int, resources: Resources, tasks: [Int], time: Instant = .now) {
        (self.name, self.attempt, self.resources, self.tasks) = (name, attempt, resources, tasks)
        self.time = time
    }

    private enum Key: String, CodingKey { case name, engineID, attempt, resources, tasks, time }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        name = try container.decode(String.self, forKey: .name)
        engineID = try container.decodeIfPresent(String.self, forKey: .engineID)
        attempt = try container.decode(Int.self, forKey: .attempt)
        resources = try container.decode(Resources.self, forKey: .resources)
        time = try container.decode(Instant.self, forKey: .time)
        let text = try container.decode(String.self, forKey: .tasks)
        guard let numbers = NumberRanges.parse(text) else {
            throw DecodingError.dataCorruptedError(forKey: .tasks, in: container, debugDescription: text)
        }
        tasks = numbers
    }

    /// Tasks are written as ranges: a million of them make a short line.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(engineID, forKey: .engineID)
        try container.encode(attempt, forKey: .attempt)
        try container.encode(resources, forKey: .resources)
        try container.encode(time, forKey: .time)
        try container.encode(NumberRanges.write(tasks), forKey: .tasks)
    }
}

/// A task as part of a submission.
public struct TaskKey: Sendable, Hashable {
    public let submission: String
    public let task: Int

    public init(submission: String, task: Int) { (self.submission, self.task) = (submission, task) }
}

/// What an engine says of a task now.
public enum TaskSight: Sendable, Equatable {
    case waiting(String?)
    case running(host: String?)
    case suspended
    /// Nil where the engine says no more than that it is over.
    case ended(TaskEnd?)

    var isRunning: Bool {
        if case .running = self { true } else { false }
    }
}

/// Why a task ended without success.
public enum TaskEnd: Sendable, Equatable {
    /// By itself, with this exit status.
    case exited(Int)
    case killed(signal: Int)
    case outOfMemory
    case timeout
    /// The machine failed, and what is known of it.
    case lost(String)
    case preempted
    /// By someone at the engine.
    case cancelled
    /// It never ran, or ended with the master: nobody's fault.
    case interrupted
    /// By what its status says.
    case failed(TaskFailure)

    public var text: String {
        switch self {
        case .exited(let code): "the program ended with \(code) and left no status"
        case .killed(let signal): "ended by signal \(signal)\(signal == 9 ? ", as when memory is short" : "")"
        case .outOfMemory: "needed more memory than it was given"
        case .timeout: "needed more time than it was given"
        case .lost(let reason): "its machine was lost (\(reason))"
        case .preempted: "had to make way for other work"
        case .cancelled: "cancelled at the engine"
        case .interrupted: "interrupted with the program that ran it"
        case .failed(let failure): failure.reason
        }
    }
}
