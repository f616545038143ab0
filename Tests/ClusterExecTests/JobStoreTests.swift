import ClusterExec
import Foundation
import IndexSQL
import Jobs
import Postgres
import TestSupport
import Testing

/// The same claims for every store.
struct JobStoreTests {
    enum Kind: CaseIterable { case postgres, sqlite }

    /// Two connections to one fresh store, as two programs have them.
    private func makeStores(_ kind: Kind) async throws -> (folder: TemporaryFolder, any JobStore, any JobStore) {
        let folder = try TemporaryFolder()
        switch kind {
        case .postgres:
            let settings = try TestDatabase.make("uws", migrations: try SQLFiles.url("migrations/uws"))
            return (
                folder, PostgresJobStore(try await ConnectionPool(settings)),
                PostgresJobStore(try await ConnectionPool(settings))
            )
        case .sqlite:
            let file = URL(fileURLWithPath: folder.path("state/jobs.sqlite"))
            return (folder, try SQLiteJobStore(opening: file), try SQLiteJobStore(opening: file))
        }
    }

    private static var kinds: [Kind] { TestDatabase.isAvailable ? Kind.allCases : [.sqlite] }

    @Test(arguments: kinds) func `a job is there for other programs as it was made`(kind: Kind) async throws {
        let (_, one, other) = try await makeStores(kind)
        let job = Job(kind: "ingest", runID: "né", ownerID: "ann", parameters: [JobParameter("a", "'b\";")])
        try await one.add(job)
        #expect(try await other.job(job.id) == job)
        #expect(try await other.job("none") == nil)
        let error = await #expect(throws: JobStoreError.self) { try await other.add(job) }
        #expect(error?.code == .exists)
        #expect(try await other.remove(job.id))
        #expect(try await !one.remove(job.id))
        #expect(try await one.job(job.id) == nil)
    }

    @Test(arguments: kinds) func `a change over an old revision is refused`(kind: Kind) async throws {
        let (_, one, other) = try await makeStores(kind)
        var job = Job(kind: "ingest")
        try await one.add(job)
        let old = job
        job.runID = "new"
        let stored = try await one.replace(job)
        #expect(stored?.revision == 1)
        #expect(try await other.replace(old) == nil)
        #expect(try await other.job(job.id) == stored)
    }

    @Test(arguments: kinds) func `changes of many writers are all kept`(kind: Kind) async throws {
        let (_, one, other) = try await makeStores(kind)
        let job = Job(kind: "ingest")
        try await one.add(job)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                let store: any JobStore = number.isMultiple(of: 2) ? one : other
                group.addTask { try await store.change(job.id) { $0.progress.done += 1 } }
            }
            try await group.waitForAll()
        }
        let last = try #require(try await one.job(job.id))
        #expect(last.progress.done == 20 && last.revision == 20)
    }

    @Test(arguments: kinds) func `lists are filtered as the standard says, newest first`(kind: Kind) async throws {
        let (_, store, _) = try await makeStores(kind)
        let start = try #require(Instant("2024-01-01"))
        for number in 0..<6 {
            let owner = number.isMultiple(of: 2) ? "ann" : "bob"
            let kind = number < 3 ? "ingest" : "composite"
            var job = Job(id: "j\(number)", kind: kind, ownerID: owner, creationTime: start + number)
            if number == 4 { try job.move(to: .aborted, by: .abort) }
            if number == 5 {
                try job.move(to: .aborted, by: .abort)
                try job.move(to: .archived, by: .service)
            }
            try await store.add(job)
        }
        func names(_ change: (inout JobFilter) -> Void) async throws -> [String] {
            var filter = JobFilter()
            change(&filter)
            return try await store.jobs(matching: filter).map(\.id)
        }
        #expect(try await names { _ in } == ["j4", "j3", "j2", "j1", "j0"])
        #expect(try await names { $0.last = 2 } == ["j4", "j3"])
        #expect(try await names { $0.after = start + 2 } == ["j4", "j3"])
        #expect(try await names { $0.phases = [.aborted, .archived] } == ["j5", "j4"])
        #expect(try await names { $0.ownerID = "ann" } == ["j4", "j2", "j0"])
        #expect(try await names { ($0.kind, $0.last) = ("ingest", 1) } == ["j2"])
        #expect(try await names { ($0.phases, $0.ownerID) = ([.pending], "x' OR 1=1 --") } == [])
    }

    @Test(arguments: kinds) func `a list has jobs without what may be long, and nobody can store such a job`(
        kind: Kind
    ) async throws {
        let (_, store, _) = try await makeStores(kind)
        var job = Job(kind: "ingest", runID: "é", ownerID: "ann", parameters: [JobParameter("a", "'b\";")])
        job.results = [JobResult("map", href: "/x")]
        job.progress = JobProgress(planned: 4, running: 1, done: 2, failed: 1)
        try job.move(to: .queued, by: .run)
        try await store.add(job)
        try await store.add(Job(kind: "ingest", ownerID: "bob"))
        var filter = JobFilter()
        filter.ownerID = "ann"
        let listed = try await store.list(matching: filter)
        var bare = job
        (bare.parameters, bare.results, bare.revision) = ([], [], -1)
        #expect(listed == [bare])
        #expect(try await store.replace(listed[0]) == nil)
        #expect(try await store.job(job.id) == job)
        #expect(try await store.activeCount(of: "ann") == 1)
        #expect(try await store.activeCount(of: "bob") == 0)
        #expect(try await store.activeCount(of: nil) == 0)
    }

    @Test(arguments: kinds) func `one program runs a job, until it gives no sign of life`(kind: Kind) async throws {
        let (_, one, other) = try await makeStores(kind)
        let job = Job(kind: "ingest")
        try await one.add(job)
        let now = Instant.now
        #expect(try await one.holder(of: job.id) == nil)
        #expect(try await one.acquire(job.id, for: "a", until: now + 30, at: now))
        #expect(try await !other.acquire(job.id, for: "b", until: now + 30, at: now + 29))
        #expect(try await one.acquire(job.id, for: "a", until: now + 60, at: now + 29))
        #expect(try await other.holder(of: job.id) == JobHolder(master: "a", expiry: now + 60))
        #expect(try await other.acquire(job.id, for: "b", until: now + 99, at: now + 61))
        try await one.release(job.id, by: "a")
        #expect(try await one.holder(of: job.id)?.master == "b")
        try await other.release(job.id, by: "b")
        #expect(try await one.holder(of: job.id) == nil)
        #expect(try await !one.acquire("none", for: "a", until: now + 1, at: now))
    }

    @Test(arguments: kinds) func `of many programs that ask at once one gets the job`(kind: Kind) async throws {
        let (_, one, other) = try await makeStores(kind)
        let job = Job(kind: "ingest")
        try await one.add(job)
        let now = Instant.now
        let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<16 {
                let store: any JobStore = number.isMultiple(of: 2) ? one : other
                group.addTask { try await store.acquire(job.id, for: "m\(number)", until: now + 60, at: now) }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }
}
