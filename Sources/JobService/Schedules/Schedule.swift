import Foundation
public import Jobs

/// A job that is made again and again.
public struct Schedule: Record, Equatable {
    public static let recordKind = "schedule"
    public let id: String
    /// Whose jobs these are.
    public let owner: String
    /// What people call it.
    public var name: String
    /// The job type.
    public var kind: String
    public var parameters: [JobParameter]
    /// See `CronExpression`.
    public var cron: String
    /// The name of a time zone: `UTC`, `America/Mexico_City`.
    public var zone: String
    public var isPaused: Bool
    public let created: Instant
    /// Only slots after this are taken: those before are done, or were left out on purpose.
    public var since: Instant
    /// How often somebody has asked for a run besides, and how many of these are done.
    public var requests = 0
    public var requestsDone = 0
    /// The job that was made last, and why none was.
    public var lastJob: String?
    public var lastError: String?
    public var revision = 0

    public var key: String? { owner }

    init(
        id: String = Job.makeID(),
        owner: String,
        name: String,
        kind: String,
        parameters: [JobParameter],
        cron: String,
        zone: String,
        created: Instant = .now
    ) {
        (self.id, self.owner, self.name, self.kind) = (id, owner, name, kind)
        (self.parameters, self.cron, self.zone, self.created) = (parameters, cron, zone, created)
        (isPaused, since) = (false, created)
    }

    /// The next slot, nil while it is paused.
    public var next: Instant? {
        guard !isPaused, let cron = try? CronExpression(cron), let zone = TimeZone(identifier: zone) else { return nil }
        return cron.next(after: since.date, in: zone).map { Instant($0) }
    }

    /// The slot that is due: of several that were missed the last.
    func due(at now: Instant) -> Instant? {
        guard !isPaused, let cron = try? CronExpression(cron), let zone = TimeZone(identifier: zone) else { return nil }
        return cron.last(after: since.date, upTo: now.date, in: zone).map { Instant($0) }
    }
}

/// That a slot is taken: it is stored once, by one service, and says which job it makes.
struct ScheduleSlot: Record {
    static let recordKind = "schedule-slot"
    let id: String
    let schedule: String
    let job: String
    let taken: Instant
    var isDone = false
    var revision = 0

    var key: String? { schedule }
}

/// The schedules of a store.
public struct ScheduleBook: Sendable {
    let records: any RecordStore

    public init(_ records: any RecordStore) { self.records = records }

    /// A job type by its name.
    ///
    /// - Parameters:
    ///   - name: The type.
    ///   - folder: The service's own one, with what its users have described.
    ///   - builtIn: The types that the program has itself.
    /// - Returns: Its description.
    /// - Throws: `ServiceError` (not found) that names those that are there.
    public static func jobType(
        _ name: String,
        in folder: String,
        builtIn: [JobDescription]
    ) async throws -> JobDescription {
        let store = try DescriptionStore(folder: folder + "/descriptions", builtIn: builtIn)
        if let type = await store[name] { return type }
        let names = await store.names.joined(separator: ", ")
        throw ServiceError(.notFound, "there is no job type '\(name)'. There are: \(names).", field: "kind")
    }

    /// All, or those of a user, oldest first.
    public func all(of owner: String? = nil) async throws -> [Schedule] { try await records.all(of: owner) }

    /// - Throws: `ServiceError` (not found).
    public func schedule(_ id: String) async throws -> Schedule {
        guard let schedule: Schedule = try await records.find(id) else {
            throw ServiceError(.notFound, "there is no schedule '\(id)'.")
        }
        return schedule
    }

    /// Makes a schedule; its first slot is after now.
    ///
    /// - Parameters:
    ///   - name: What people call it.
    ///   - owner: Whose jobs it makes.
    ///   - type: The job type.
    ///   - parameters: Of each job.
    ///   - cron: See `CronExpression`.
    ///   - zone: The name of a time zone.
    /// - Returns: The schedule as stored.
    /// - Throws: `ServiceError` for what is no cron expression or zone; `JobError` for wrong parameters.
    public func add(
        _ name: String,
        of owner: String,
        type: JobDescription,
        parameters: [JobParameter],
        cron: String,
        zone: String = "UTC"
    ) async throws -> Schedule {
        try Self.check(zone: zone)
        let schedule = Schedule(
            owner: owner,
            name: name,
            kind: type.name,
            parameters: try type.checked(parameters),
            cron: try CronExpression(cron).description,
            zone: zone
        )
        guard schedule.next != nil else {
            throw ServiceError(
                .badRequest,
                "the cron expression '\(cron)' has no slot in the years to come.",
                field: "cron"
            )
        }
        try await records.add(schedule)
        return schedule
    }

    static func check(zone: String) throws(ServiceError) {
        guard TimeZone(identifier: zone) != nil else {
            throw ServiceError(.badRequest, "'\(zone)' is no time zone such as UTC or Europe/Berlin.", field: "zone")
        }
    }

    /// Stops a schedule, or lets it go on; slots that pass meanwhile are left out.
    @discardableResult
    public func setPaused(_ isPaused: Bool, _ id: String) async throws -> Schedule {
        try await change(id) { $0.isPaused = isPaused }
    }

    /// Changes a schedule; slots until now are left out where its times have changed.
    @discardableResult
    func change(_ id: String, _ body: (inout Schedule) throws -> Void) async throws -> Schedule {
        try await records.change(id) { (schedule: inout Schedule) in
            let old = schedule
            try body(&schedule)
            _ = try CronExpression(schedule.cron)
            try Self.check(zone: schedule.zone)
            let isNew = old.cron != schedule.cron || old.zone != schedule.zone || old.isPaused != schedule.isPaused
            if isNew { schedule.since = max(schedule.since, .now) }
        }
    }

    /// Asks for a run now, besides the slots; a service does it within some seconds.
    @discardableResult
    public func requestRun(_ id: String) async throws -> Schedule {
        try await records.change(id) { (schedule: inout Schedule) in schedule.requests += 1 }
    }

    /// Removes a schedule; its jobs stay.
    public func remove(_ id: String) async throws {
        guard try await records.remove(id, Schedule.self) else {
            throw ServiceError(.notFound, "there is no schedule '\(id)'.")
        }
        for slot in try await records.all(ScheduleSlot.self, of: id) {
            try await records.remove(slot.id, ScheduleSlot.self)
        }
    }
}
