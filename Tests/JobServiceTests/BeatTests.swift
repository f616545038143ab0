import ClusterExec
import Foundation
import Jobs
import Logging
import TestSupport
import Testing

@testable import JobService

/// Lets jobs wait for ever.
struct WaitingLauncher: JobLauncher {
    let root: String

    func start(_ job: Job, log: String) throws -> StartedJob { throw CancellationError() }
    func folder(of job: Job) -> String { newFolder(job.id) }
    func newFolder(_ id: String) -> String { "\(root)/jobs/\(id)" }
    func objection(toOutputsOf job: Job, _ places: JobPlaces) -> (parameter: String, path: String)? { nil }
}

/// Schedules without waiting for a clock.
///
/// The time is given; the jobs are made and wait, as nobody starts them here.
@Suite struct BeatTests {
    private let folder: TemporaryFolder
    private let type = JobDescription(name: "ingest", parameters: [ParameterDescription("product", isRequired: true)])

    init() throws { folder = try TemporaryFolder() }

    /// One service at the store; each call is another service.
    private func makeParts() async throws -> ServiceParts {
        var options = ServiceOptions()
        options.folder = folder.path
        let jobs = try SQLiteJobStore(opening: URL(fileURLWithPath: folder.path("jobs.sqlite")))
        let records = try SQLiteRecordStore(opening: URL(fileURLWithPath: folder.path("service.sqlite")))
        let (launcher, log, watch) = (WaitingLauncher(root: folder.path), Logger(label: "test"), JobWatch(jobs))
        let entities = EntityStore(jobs: jobs, records: records)
        return ServiceParts(
            options: options,
            jobs: jobs,
            records: records,
            accounts: Accounts(records),
            descriptions: try DescriptionStore(folder: folder.path("descriptions"), builtIn: [type]),
            entities: entities,
            launcher: launcher,
            watch: watch,
            scheduler: JobScheduler(
                options,
                jobs: jobs,
                entities: entities,
                launcher: launcher,
                watch: watch,
                log: log
            ),
            metrics: RequestMetrics(),
            spool: try Spool(folder.path("spool")),
            data: nil,
            log: log
        )
    }

    private func makeSchedule(_ parts: ServiceParts, cron: String = "0 * * * *") async throws -> Schedule {
        if try await parts.accounts.users().isEmpty { try await parts.accounts.add(User(name: "ana"), password: nil) }
        return try await ScheduleBook(parts.records).add(
            "hourly",
            of: "ana",
            type: type,
            parameters: [JobParameter("product", "ls8")],
            cron: cron
        )
    }

    private func jobs(_ parts: ServiceParts) async throws -> [Job] { try await parts.jobs.jobs(matching: JobFilter()) }

    @Test func `a slot makes one job, of its owner, and only when its time has come`() async throws {
        let parts = try await makeParts()
        let schedule = try await makeSchedule(parts)
        let slot = try #require(schedule.next)
        try await Beat(parts).step(at: slot + -1)
        #expect(try await jobs(parts).isEmpty)
        for second in [0, 1, 30, 3599] { try await Beat(parts).step(at: slot + second) }
        let made = try await jobs(parts)
        #expect(made.count == 1)
        let job = try #require(made.first)
        #expect(job.kind == "ingest" && job.ownerID == "ana" && job.runID == "hourly" && job.phase == .queued)
        #expect(job.value(of: "product") == "ls8")
        let after = try await ScheduleBook(parts.records).schedule(schedule.id)
        #expect(after.lastJob == job.id && after.since == slot && after.next == slot + 3600)
        try await Beat(parts).step(at: slot + 3600)
        #expect(try await jobs(parts).count == 2)
    }

    @Test func `of slots missed while no service ran, one is made up for`() async throws {
        let parts = try await makeParts()
        let schedule = try await makeSchedule(parts)
        let first = try #require(schedule.next)
        for second in [100_000, 100_001, 100_060] { try await Beat(parts).step(at: first + second) }
        #expect(try await jobs(parts).count == 1)
        // 27 slots later, the last until then.
        #expect(try await ScheduleBook(parts.records).schedule(schedule.id).since == first + 27 * 3600)
    }

    @Test func `many services on one store never make a slot's job twice`() async throws {
        let parts = try await makeParts()
        let first = try await makeSchedule(parts)
        let second = try await makeSchedule(parts)
        _ = try await ScheduleBook(parts.records).requestRun(second.id)
        let (a, b) = (try #require(first.next), try #require(second.next))
        let slot = max(a, b)
        var services: [ServiceParts] = []
        for _ in 0..<6 { services.append(try await makeParts()) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services {
                group.addTask { for hour in 0..<5 { try await Beat(service).step(at: slot + hour * 3600) } }
            }
            try await group.waitForAll()
        }
        // Those whose slot somebody else had just taken come back later.
        for hour in 0..<5 { try await Beat(parts).step(at: slot + hour * 3600 + 120) }
        let slots: [ScheduleSlot] = try await parts.records.all()
        #expect(slots.allSatisfy { $0.isDone })
        let made = try await jobs(parts)
        #expect(Set(made.map(\.id)) == Set(slots.map(\.job)) && made.count == slots.count)
        let requested = slots.filter { $0.id.contains("/run-") }
        #expect(requested.count == 1)
        #expect(slots.count - requested.count <= 10)
        #expect(slots.contains { $0.id == "\(first.id)/\((slot + 4 * 3600).milliseconds)" })
    }

    @Test func `what a killed service had taken is finished by another, with the same job`() async throws {
        let parts = try await makeParts()
        let schedule = try await makeSchedule(parts)
        let slot = try #require(schedule.next)
        let taken = ScheduleSlot(
            id: "\(schedule.id)/\(slot.milliseconds)",
            schedule: schedule.id,
            job: "the-job",
            taken: slot
        )
        try await parts.records.add(taken)
        try await Beat(parts).step(at: slot + 59)
        #expect(try await jobs(parts).isEmpty)
        try await Beat(parts).step(at: slot + 61)
        #expect(try await jobs(parts).map(\.id) == ["the-job"])
        #expect(try await parts.records.find(taken.id, ScheduleSlot.self)?.isDone == true)
    }

    @Test func `a paused schedule makes nothing, and nothing for its pause when it goes on`() async throws {
        let parts = try await makeParts()
        let schedule = try await makeSchedule(parts, cron: "* * * * *")
        let book = ScheduleBook(parts.records)
        try await book.setPaused(true, schedule.id)
        try await Beat(parts).step(at: .now + 3600)
        #expect(try await jobs(parts).isEmpty)
        let resumed = try await book.setPaused(false, schedule.id)
        #expect(try #require(resumed.next) > .now)
        try await book.remove(schedule.id)
        try await Beat(parts).step(at: .now + 3600)
        #expect(try await jobs(parts).isEmpty)
    }

    @Test func `a request for a run is done once, and an owner who may not log in is named`() async throws {
        let parts = try await makeParts()
        let schedule = try await makeSchedule(parts, cron: "@yearly")
        let book = ScheduleBook(parts.records)
        try await book.requestRun(schedule.id)
        for _ in 0..<3 { try await Beat(parts).step(at: .now) }
        #expect(try await jobs(parts).count == 1)
        try await parts.accounts.change("ana") { $0.isActive = false }
        try await book.requestRun(schedule.id)
        for _ in 0..<3 { try await Beat(parts).step(at: .now) }
        #expect(try await jobs(parts).count == 1)
        let after = try await book.schedule(schedule.id)
        #expect(after.lastError == "the user 'ana' may not log in any more." && after.requestsDone == 2)
    }
}
