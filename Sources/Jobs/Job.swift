import Foundation

/// One piece of work, as IVOA UWS 1.1 describes it (section 2.1).
///
/// A value without input and output: what is stored is replaced by a changed copy, see `revision`.
public struct Job: Sendable, Equatable, Codable {
    /// Legal as one element of a path.
    public let id: String
    /// The name of the job's description: `ingest`, `apply_recipe`.
    public let kind: String
    /// The user's own word for it, given back as it came.
    public var runID: String?
    /// Who made it; nil for nobody.
    public let ownerID: String?
    public private(set) var phase: Phase
    /// When it is expected to end; nil while that is not known.
    public var quote: Instant?
    public let creationTime: Instant
    public private(set) var startTime: Instant?
    public private(set) var endTime: Instant?
    /// Seconds that it may run; 0 for no limit.
    public var executionDuration: Int
    /// When its results are removed; nil for never.
    public var destruction: Instant?
    public var parameters: [JobParameter]
    /// Who pays for its tasks on a cluster; nil for whom the cluster file names.
    public var account: String?
    /// Where its tasks, logs and results are; shown to nobody but the people of this machine.
    public var folder: String?
    /// True for a job that `antares jobs start` runs from its parameters alone, as those of the service.
    public var isSelfContained: Bool?
    /// What it may read and write, where others than the people of this machine made it; nil for all.
    public var places: JobPlaces?
    public var results: [JobResult]
    public private(set) var errorSummary: ErrorSummary?
    public var progress: JobProgress
    /// The same counted in tiles, where tasks make tiles.
    public var tiles: JobProgress?
    /// Counts the changes of the stored job: a change is stored only over the revision that it was made from.
    public var revision: Int

    public init(
        id: String = Job.makeID(),
        kind: String,
        runID: String? = nil,
        ownerID: String? = nil,
        creationTime: Instant = .now,
        executionDuration: Int = 0,
        destruction: Instant? = nil,
        parameters: [JobParameter] = [],
        folder: String? = nil
    ) {
        (self.id, self.kind, self.runID, self.ownerID) = (id, kind, runID, ownerID)
        (self.creationTime, self.executionDuration) = (creationTime, executionDuration)
        (self.destruction, self.parameters, self.folder) = (destruction, parameters, folder)
        (phase, results, progress, revision) = (.pending, [], JobProgress(), 0)
    }

    /// A new name that sorts by time: `20261121-104012-7f3a9c41`.
    ///
    /// - `random`: 32 bits that tell jobs of the same second apart.
    public static func makeID(at instant: Instant = .now, random: UInt32 = .random(in: 0...UInt32.max)) -> String {
        let digits = instant.description.prefix(19).filter(\.isNumber)
        let suffix = String(random, radix: 16)
        let padded = String(repeating: "0", count: 8 - suffix.count) + suffix
        return "\(digits.prefix(8))-\(digits.suffix(6))-\(padded)"
    }

    /// Changes the phase, and what goes with it.
    ///
    /// The first EXECUTING sets the start time, and a finished phase the end time.
    /// - Parameters:
    ///   - next: The new phase. ERROR is reached by `fail` alone.
    ///   - cause: Who wants it.
    ///   - now: When.
    /// - Throws: `JobError` where the phase may not follow the present one.
    public mutating func move(to next: Phase, by cause: PhaseCause, at now: Instant = .now) throws(JobError) {
        guard phase.followers(by: cause).contains(next) else {
            throw JobError(.illegalTransition(from: phase, to: next), job: id)
        }
        phase = next
        if next == .executing, startTime == nil { startTime = now }
        if next.isFinished {
            endTime = endTime ?? now
            progress.running = 0
            tiles?.running = 0
        }
        if next == .archived { results = [] }
    }

    /// Ends the job in ERROR.
    ///
    /// - Parameters:
    ///   - summary: What people read.
    ///   - now: When.
    /// - Throws: `JobError` for a job that has ended already.
    public mutating func fail(_ summary: ErrorSummary, at now: Instant = .now) throws(JobError) {
        try move(to: .error, by: .service, at: now)
        errorSummary = summary
    }

    /// When the job has to be stopped; nil without a limit or before the start.
    public var deadline: Instant? { executionDuration > 0 ? startTime.map { $0 + executionDuration } : nil }

    /// The value of a parameter by its name, in capitals or not.
    public func value(of name: String) -> String? {
        parameters.first { $0.id.lowercased() == name.lowercased() }?.value
    }

    /// Sets parameters of a job that is not asked to run yet; those it does not have are added.
    ///
    /// - Throws: `JobError` once the job has been asked to run (UWS 1.1, section 2.1.11).
    public mutating func set(_ changes: [JobParameter]) throws(JobError) {
        guard phase == .pending else { throw JobError(.parametersFixed(phase), job: id) }
        for change in changes {
            places?.release(change.id)
            if let index = parameters.firstIndex(where: { $0.id.lowercased() == change.id.lowercased() }) {
                parameters[index].value = change.value
                parameters[index].isByReference = change.isByReference
            } else {
                parameters.append(change)
            }
        }
    }
}

/// A value that a job works with.
public struct JobParameter: Sendable, Equatable, Codable {
    /// Unique within the job, whatever its capitals.
    public let id: String
    /// The value itself, or the address of it.
    public var value: String
    public var isByReference: Bool

    public init(_ id: String, _ value: String, isByReference: Bool = false) {
        (self.id, self.value, self.isByReference) = (id, value, isByReference)
    }

    /// The elements of a JSON list of texts, numbers and truth values; nil for a text that is none.
    public static func list(_ text: String) -> [String]? {
        guard let list = try? JSONDecoder().decode([Scalar].self, from: Data(text.utf8)) else { return nil }
        return list.map(\.text)
    }

    private struct Scalar: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else if let flag = try? container.decode(Bool.self) {
                text = "\(flag)"
            } else if let number = try? container.decode(Int.self) {
                text = "\(number)"
            } else {
                text = "\(try container.decode(Double.self))"
            }
        }
    }
}

/// Something that a job has made.
public struct JobResult: Sendable, Equatable, Codable {
    /// Unique within the job.
    public let id: String
    /// A path or an address.
    public let href: String
    public let contentType: String?
    /// In bytes.
    public let size: Int?

    public init(_ id: String, href: String, contentType: String? = nil, size: Int? = nil) {
        (self.id, self.href, self.contentType, self.size) = (id, href, contentType, size)
    }
}

/// Why a job failed, in short.
public struct ErrorSummary: Sendable, Equatable, Codable {
    public enum Kind: String, Sendable, Codable {
        /// Trying again may help.
        case transient
        case fatal
    }

    public let kind: Kind
    public let message: String
    /// True where a longer text can be read.
    public let hasDetail: Bool

    public init(_ message: String, kind: Kind = .fatal, hasDetail: Bool = false) {
        (self.message, self.kind, self.hasDetail) = (message, kind, hasDetail)
    }
}

/// How many of a job's tasks, or of their tiles, are where.
public struct JobProgress: Sendable, Equatable, Codable {
    public var planned: Int
    public var running: Int
    public var done: Int
    public var failed: Int

    public init(planned: Int = 0, running: Int = 0, done: Int = 0, failed: Int = 0) {
        (self.planned, self.running, self.done, self.failed) = (planned, running, done, failed)
    }
}
