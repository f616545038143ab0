import Jobs
import Testing

struct PhaseTests {
    /// The table of UWS 1.1, section 2.1.3: what a client may cause, and what the service may cause.
    @Test(arguments: [
        (Phase.pending, "QUEUED EXECUTING HELD", "ABORTED", "ERROR"),
        (.queued, "", "ABORTED", "EXECUTING ERROR ABORTED UNKNOWN"),
        (.held, "QUEUED EXECUTING HELD", "ABORTED", "QUEUED EXECUTING ERROR ABORTED"),
        (.executing, "", "ABORTED", "COMPLETED ERROR ABORTED HELD SUSPENDED UNKNOWN"),
        (.suspended, "", "ABORTED", "EXECUTING ERROR ABORTED UNKNOWN"),
        (.unknown, "", "ABORTED", "QUEUED EXECUTING HELD SUSPENDED COMPLETED ERROR ABORTED"),
        (.completed, "", "", "ARCHIVED"), (.error, "", "", "ARCHIVED"), (.aborted, "", "", "ARCHIVED"),
        (.archived, "", "", ""),
    ])
    func `each phase is followed by what the standard allows`(phase: Phase, run: String, abort: String, service: String)
    {
        func phases(_ words: String) -> Set<Phase> {
            Set(words.split(separator: " ").compactMap { Phase(rawValue: "\($0)") })
        }
        #expect(phase.followers(by: .run) == phases(run))
        #expect(phase.followers(by: .abort) == phases(abort))
        #expect(phase.followers(by: .service) == phases(service))
    }

    @Test func `a job that runs through has its times`() throws {
        let made = try #require(Instant("2024-05-06T07:08:09.123Z"))
        var job = Job(kind: "ingest", creationTime: made, executionDuration: 60)
        #expect(job.phase == .pending && job.startTime == nil && job.deadline == nil)
        try job.move(to: .queued, by: .run, at: made + 1)
        try job.move(to: .executing, by: .service, at: made + 2)
        try job.move(to: .suspended, by: .service, at: made + 3)
        try job.move(to: .executing, by: .service, at: made + 4)
        #expect(job.startTime == made + 2 && job.deadline == made + 62)
        try job.move(to: .completed, by: .service, at: made + 5)
        #expect(job.endTime == made + 5 && job.errorSummary == nil)
        job.results = [JobResult("log", href: "log.txt")]
        try job.move(to: .archived, by: .service, at: made + 9)
        #expect(job.results.isEmpty && job.endTime == made + 5)
    }

    @Test func `an ended job cannot be run or aborted, and says so`() throws {
        var job = Job(id: "j1", kind: "ingest")
        try job.move(to: .aborted, by: .abort)
        let refusal = JobError(.illegalTransition(from: .aborted, to: .queued), job: "j1")
        #expect(throws: refusal) { try job.move(to: .queued, by: .run) }
        #expect(refusal.description == "job 'j1' is ABORTED and cannot become QUEUED.")
        #expect(throws: JobError.self) { try job.move(to: .aborted, by: .abort) }
    }

    @Test(arguments: [Phase.completed, .error, .aborted])
    func `nothing of a job that has ended is running, however it ended`(end: Phase) throws {
        var job = Job(kind: "ingest")
        try job.move(to: .executing, by: .run)
        job.progress = JobProgress(planned: 5, running: 3, done: 1, failed: 1)
        job.tiles = JobProgress(planned: 50, running: 30, done: 11, failed: 9)
        if end == .error { try job.fail(ErrorSummary("no space left")) } else { try job.move(to: end, by: .service) }
        #expect(job.progress == JobProgress(planned: 5, running: 0, done: 1, failed: 1))
        #expect(job.tiles == JobProgress(planned: 50, running: 0, done: 11, failed: 9))
    }

    @Test func `a failed job says why`() throws {
        var job = Job(kind: "ingest")
        try job.move(to: .executing, by: .run)
        try job.fail(ErrorSummary("tile (1, 2): no space left", kind: .transient))
        #expect(job.phase == .error && job.endTime != nil)
        #expect(job.errorSummary == ErrorSummary("tile (1, 2): no space left", kind: .transient))
    }

    @Test func `parameters change until the job is asked to run`() throws {
        var job = Job(kind: "ingest", parameters: [JobParameter("Product", "a")])
        try job.set([JobParameter("PRODUCT", "b"), JobParameter("year", "2017")])
        #expect(job.parameters == [JobParameter("Product", "b"), JobParameter("year", "2017")])
        #expect(job.value(of: "product") == "b")
        try job.move(to: .queued, by: .run)
        #expect(throws: JobError(.parametersFixed(.queued), job: job.id)) { try job.set([JobParameter("year", "1")]) }
    }
}
