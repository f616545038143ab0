/// Where a job is in its life; the ten words of IVOA UWS 1.1, section 2.1.3.
public enum Phase: String, Sendable, Codable, CaseIterable {
    /// Made, and not asked to run.
    case pending = "PENDING"
    /// Asked to run; waits for its turn.
    case queued = "QUEUED"
    case executing = "EXECUTING"
    case completed = "COMPLETED"
    /// Ended without what was asked for; its results must not be trusted.
    case error = "ERROR"
    case aborted = "ABORTED"
    /// Asked to run, and cannot be queued now; another RUN is needed.
    case held = "HELD"
    /// Stopped by the machine it runs on; goes on without anybody's help.
    case suspended = "SUSPENDED"
    /// The machine it runs on does not answer; ask again.
    case unknown = "UNKNOWN"
    /// Its time is over: the results are gone, the description is kept.
    case archived = "ARCHIVED"

    /// True where nothing more will be computed.
    public var isFinished: Bool {
        switch self {
        case .completed, .error, .aborted, .archived: true
        case .pending, .queued, .executing, .held, .suspended, .unknown: false
        }
    }

    /// True where a request with WAIT blocks (section 2.2.1.2).
    public var canBlock: Bool { self == .pending || self == .queued || self == .executing }
}

/// Who wants a change of phase.
public enum PhaseCause: Sendable, Equatable {
    /// The job's user, by PHASE=RUN.
    case run
    /// The job's user, by PHASE=ABORT.
    case abort
    /// What runs the job, or the end of one of its limits.
    case service
}

extension Phase {
    /// The phases that may follow this one (section 2.1.3 and its diagram; "illegal for the current state" is 403).
    public func followers(by cause: PhaseCause) -> Set<Phase> {
        switch cause {
        case .run: self == .pending || self == .held ? [.queued, .executing, .held] : []
        case .abort: isFinished ? [] : [.aborted]
        case .service: servedFollowers
        }
    }

    private var servedFollowers: Set<Phase> {
        switch self {
        case .pending: [.error]
        case .queued: [.executing, .error, .aborted, .unknown]
        case .held: [.queued, .executing, .error, .aborted]
        case .executing: [.completed, .error, .aborted, .held, .suspended, .unknown]
        case .suspended: [.executing, .error, .aborted, .unknown]
        case .unknown: Set(Phase.allCases).subtracting([.unknown, .pending, .archived])
        case .completed, .error, .aborted: [.archived]
        case .archived: []
        }
    }
}
