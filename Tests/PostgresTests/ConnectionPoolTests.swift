import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable)) struct ConnectionPoolTests {
    @Test func `more callers than connections are served one after another`() async throws {
        let pool = try await ConnectionPool(try TestDatabase.make(), limit: 2)
        let processes = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 {
                group.addTask { try await pool.query("SELECT pg_backend_pid() AS pid").first?["pid"] ?? "" }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(!processes.isEmpty && processes.count <= 2)
        #expect(await pool.openConnections <= 2)
    }

    @Test func `a connection that the server ended is replaced`() async throws {
        let settings = try TestDatabase.make()
        let pool = try await ConnectionPool(settings, limit: 1)
        let pid = try #require(try await pool.query("SELECT pg_backend_pid() AS pid").first?["pid"])
        // Waits until the process is gone.
        let killer = try Session(settings)
        #expect(try killer.query("SELECT pg_terminate_backend($1, 10000) AS done", [pid]).first?.bool("done") == true)
        #expect(try await pool.query("SELECT 1 AS one").first?["one"] == "1")
        // One that dies under a statement costs that statement alone.
        await #expect(throws: PostgresError.self) {
            try await pool.query("SELECT pg_terminate_backend(pg_backend_pid())")
        }
        #expect(try await pool.query("SELECT 1 AS one").first?["one"] == "1")
        #expect(await pool.openConnections == 1)
    }

    @Test func `a transaction that was left open is not lent again`() async throws {
        let pool = try await ConnectionPool(try TestDatabase.make(), limit: 1)
        try await pool.perform { try $0.execute("BEGIN; CREATE TABLE left_open (a int)") }
        #expect(try await pool.query("SELECT to_regclass('left_open') AS found").first?["found"] == nil)
    }

    @Test func `who waits can give up, and the others go on`() async throws {
        let pool = try await ConnectionPool(try TestDatabase.make(), limit: 1)
        let (started, signal) = AsyncStream<Void>.makeStream()
        let release = DispatchSemaphore(value: 0)
        let holder = Task {
            try await pool.perform { _ in
                signal.yield()
                release.wait()
            }
        }
        for await _ in started { break }
        let waiter = Task { try await pool.query("SELECT 1") }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        release.signal()
        try await holder.value
        #expect(try await pool.query("SELECT 1 AS one").count == 1)
    }
}
