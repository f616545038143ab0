/// Which jobs a list shows (UWS 1.1, section 2.2.2.1).
public struct JobFilter: Sendable, Equatable {
    /// Any of these; without one, all but the archived.
    public var phases: Set<Phase> = []
    /// Only jobs made later than this.
    public var after: Instant?
    /// At most this many, the newest, newest first; applied after the rest.
    public var last: Int?
    public var ownerID: String?
    /// True for the jobs of nobody alone.
    public var isWithoutOwner = false
    public var kind: String?
    /// Only jobs whose destruction is due by then.
    public var destroyedBy: Instant?
    /// Only jobs that a list from the newest shows behind this one.
    public var before: JobPosition?

    public init() {}

    /// Reads the parts of a query, names in any capitals; others than PHASE, AFTER and LAST are left alone.
    ///
    /// - Throws: `JobError` for a word, time or number that cannot be one.
    public init(query: [(name: String, value: String)]) throws(JobError) {
        for (name, value) in query {
            switch name.uppercased() {
            case "PHASE":
                guard let phase = Phase(rawValue: value) else {
                    throw JobError(.badFilter("PHASE '\(value)' is none of UWS 1.1."), job: "")
                }
                phases.insert(phase)
            case "AFTER":
                guard let instant = Instant(value) else {
                    throw JobError(.badFilter("AFTER '\(value)' is no time such as 2015-10-26T09:00:00Z."), job: "")
                }
                after = instant
            case "LAST":
                guard let count = Int(value), count > 0 else {
                    throw JobError(.badFilter("LAST '\(value)' is no number above 0."), job: "")
                }
                last = count
            default: break
            }
        }
    }

    /// True for a job that the list shows, apart from `last`.
    public func contains(_ job: Job) -> Bool {
        (phases.isEmpty ? job.phase != .archived : phases.contains(job.phase))
            && after.map { job.creationTime > $0 } ?? true
            && ownerID.map { job.ownerID == $0 } ?? true
            && (!isWithoutOwner || job.ownerID == nil)
            && destroyedBy.map { end in job.destruction.map { $0 <= end } ?? false } ?? true
            && before.map { JobPosition(job) < $0 } ?? true
            && kind.map { job.kind == $0 } ?? true
    }
}

/// Where a job stands in a list by time.
public struct JobPosition: Sendable, Equatable, Comparable {
    public let creationTime: Instant
    public let id: String

    public init(creationTime: Instant, id: String) { (self.creationTime, self.id) = (creationTime, id) }

    public init(_ job: Job) { self.init(creationTime: job.creationTime, id: job.id) }

    public static func < (a: JobPosition, b: JobPosition) -> Bool { (a.creationTime, a.id) < (b.creationTime, b.id) }
}
