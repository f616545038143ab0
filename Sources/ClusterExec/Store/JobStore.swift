public import Jobs

/// Where jobs are kept, so that they outlive every program that works on them.
///
/// Several programs use one store at the same time: a change is stored only over the revision that it was made from, and
/// a job is run by the one program that holds it.
public protocol JobStore: Sendable {
    /// Keeps a new job.
    ///
    /// - Throws: `JobStoreError` where a job of that name is there.
    func add(_ job: Job) async throws

    /// The job of a name, nil where there is none.
    func job(_ id: String) async throws -> Job?

    /// The jobs that a filter lets through, newest first.
    func jobs(matching filter: JobFilter) async throws -> [Job]

    /// The same jobs for a list: without parameters and results, however many these are, and not to be stored.
    func list(matching filter: JobFilter) async throws -> [Job]

    /// The phases of some jobs; one that does not exist is not among them.
    func phases(of ids: [String]) async throws -> [String: Phase]

    /// How many jobs there are in each phase.
    func counts() async throws -> [Phase: Int]

    /// How many jobs of somebody wait for their turn or run; of nobody with nil.
    func activeCount(of owner: String?) async throws -> Int

    /// The jobs that wait for their turn or run, oldest first.
    func active() async throws -> [ActiveJob]

    /// Stores a changed job if nobody has changed it since it was read.
    ///
    /// - Returns: The job with its new revision; nil where it was changed or removed meanwhile.
    func replace(_ job: Job) async throws -> Job?

    /// Forgets a job.
    ///
    /// - Returns: False where there was none.
    func remove(_ id: String) async throws -> Bool

    /// Takes a job to run it.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - master: The program that asks, a name that no other program has.
    ///   - expiry: Until when no other may take it.
    ///   - now: When this is asked.
    /// - Returns: False where another program holds it, or the job does not exist.
    /// - Throws: What the database says.
    func acquire(_ id: String, for master: String, until expiry: Instant, at now: Instant) async throws -> Bool

    /// Gives a job back; does nothing where another program holds it.
    func release(_ id: String, by master: String) async throws

    /// Who holds a job and until when; nil for a job that nobody runs.
    func holder(of id: String) async throws -> JobHolder?
}

/// The program that runs a job.
public struct JobHolder: Sendable, Equatable {
    public let master: String
    public let expiry: Instant

    public init(master: String, expiry: Instant) { (self.master, self.expiry) = (master, expiry) }
}

/// A job that waits for its turn or runs.
public struct ActiveJob: Sendable, Equatable {
    public let id: String
    public let kind: String
    public let ownerID: String?
    public let phase: Phase
    /// Who runs it; nil for nobody.
    public let holder: JobHolder?

    static let phases = [Phase.queued, .executing, .suspended, .unknown]
}

extension JobStore {
    /// Reads a job, changes it and stores it, again and again until nobody came between.
    ///
    /// - Returns: The job as stored.
    /// - Throws: `JobStoreError` where the job does not exist; what `body` throws.
    @discardableResult
    public func change(_ id: String, _ body: @Sendable (inout Job) throws -> Void) async throws -> Job {
        while true {
            guard var job = try await job(id) else { throw JobStoreError(.noSuchJob, id) }
            try body(&job)
            if let stored = try await replace(job) { return stored }
            try Task.checkCancellation()
        }
    }
}

/// A failure of the store.
public struct JobStoreError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case noSuchJob = "there is no job"
        case exists = "there is already a job"
        case unreadable = "cannot read job"
    }

    public let code: Code
    public let job: String
    public let reason: String?

    init(_ code: Code, _ job: String, reason: String? = nil) {
        (self.code, self.job, self.reason) = (code, job, reason)
    }

    public var description: String {
        let hint = code == .noSuchJob ? " `antares jobs list` shows those that are there." : ""
        return "\(code.rawValue) '\(job)'" + (reason.map { ": \($0)" } ?? "") + "." + hint
    }
}
