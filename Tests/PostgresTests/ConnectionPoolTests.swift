import Foundation
import Postgres
import Synchronization
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

    /// Keeps the only connection of a pool until the body is done.
    private func holding<T>(_ pool: ConnectionPool, _ body: () async throws -> T) async throws -> T {
        let (started, signal) = AsyncStream<Void>.makeStream()
        let release = DispatchSemaphore(value: 0)
        let holder = Task {
            try await pool.perform { _ in
                signal.yield()
                release.wait()
            }
        }
        for await _ in started { break }
        defer { release.signal() }
        let result = try await body()
        release.signal()
        try await holder.value
        return result
    }

    @Test func `who waits longer than the limit is told how many connections are in use, and the next is served`()
        async throws
    {
        let settings = try TestDatabase.make()
        let pool = try await ConnectionPool(settings, limit: 1, waitTimeout: .milliseconds(200))
        let error = try await holding(pool) {
            await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        }
        let text = try #require(error).description
        #expect(
            text.hasPrefix("cannot get a connection to database '\(settings)': all 1 stayed in use for 0.2 seconds")
        )
        #expect(error?.isUnreachable == true)
        #expect(try await pool.query("SELECT 1 AS one").count == 1)
        #expect(await pool.openConnections == 1)
    }
}

/// A server that is restarted, that takes too long, and that does not answer any more.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct ServerFaultTests {
    @Test func `a restart of the server costs the calls meanwhile and no other, on all connections of a pool`()
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appending(path: "antares-pool-\(getpid())")
        let server = PrivateServer(dataDirectory: folder, parameters: ["fsync": "off"])
        defer {
            _ = try? server.stop()
            try? FileManager.default.removeItem(at: folder)
        }
        let pool = try await ConnectionPool(try server.ensureRunning(), limit: 3)
        /// Three statements that need three connections at once: each waits until all have begun.
        func useAll() async throws -> Set<String> {
            let gate = Gate(3)
            return try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await pool.perform { session in
                            gate.pass()
                            return try session.query("SELECT pg_backend_pid() AS pid").first?["pid"] ?? ""
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.insert($1) }
            }
        }
        #expect(try await useAll().count == 3)
        #expect(try server.stop())
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        #expect(error?.isUnreachable == true && error?.description.contains("Is the server running") == true)
        _ = try server.ensureRunning()
        #expect(try await useAll().count == 3)
        #expect(await pool.openConnections == 3)
        await pool.close()
    }

    @Test func `a limit of the server's, given in a URL, ends a statement and not the connection`() async throws {
        let settings = try TestDatabase.make()
        let url = "\(TestPython.url(settings))&options=-c%20statement_timeout%3D5000"
        let pool = try await ConnectionPool(try ConnectionSettings(url: url), limit: 1)
        #expect(try await pool.query("SHOW statement_timeout").first?["statement_timeout"] == "5s")
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT pg_sleep(60)") }
        #expect(error?.sqlState == "57014" && error?.isUnreachable == false)
        #expect(error?.description.contains("db_query_timeout") == true, "\(error?.description ?? "")")
        #expect(try await pool.query("SELECT 1 AS one").count == 1)
    }

    @Test(arguments: ["SELECT 1", "COPY stopped FROM STDIN"])
    func `a server that stops answering is given up after its own limit and the time it has to answer`(
        _ statement: String
    ) async throws {
        var settings = try TestDatabase.make()
        try Session(settings).execute("CREATE TABLE stopped (a int)")
        settings.connectTimeout = 5
        settings.parameters["options"] = "-c statement_timeout=5s"
        let pool = try await ConnectionPool(settings, limit: 1)
        let process = try #require(try await pool.query("SELECT pg_backend_pid() AS pid").first?.int("pid"))
        // The process of the server that serves this connection stands still, as on a machine that swaps or hangs.
        #expect(kill(pid_t(process), SIGSTOP) == 0)
        defer { kill(pid_t(process), SIGCONT) }
        let error = await #expect(throws: PostgresError.self) {
            try await pool.perform { session in
                if statement.hasPrefix("COPY") {
                    _ = try session.copy(statement) { nil }
                } else {
                    try session.query(statement)
                }
            }
        }
        #expect(error?.isUnreachable == true)
        #expect(error?.description.contains("the server has not answered for 10.0 seconds") == true, "\(error!)")
        // The pool goes on with a new connection.
        #expect(try await pool.query("SELECT 1 AS one").count == 1)
        #expect(await pool.openConnections == 1)
    }

    @Test func `a server that stops answering while it is connected to is given up`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "antares-frozen-\(getpid())")
        let server = PrivateServer(dataDirectory: folder, parameters: ["fsync": "off"])
        defer {
            _ = try? server.stop()
            try? FileManager.default.removeItem(at: folder)
        }
        var settings = try server.ensureRunning()
        settings.connectTimeout = 2
        let process = try #require(server.status().processID)
        #expect(kill(process, SIGSTOP) == 0)
        defer { kill(process, SIGCONT) }
        let error = #expect(throws: PostgresError.self) { try Session(settings) }
        #expect(error?.isUnreachable == true && error?.description.contains("timeout expired") == true, "\(error!)")
    }
}

/// Lets nobody through until as many have come as it was made for.
private final class Gate: Sendable {
    private let count: Mutex<Int>
    init(_ count: Int) { self.count = Mutex(count) }

    func pass() {
        count.withLock { $0 -= 1 }
        while count.withLock({ $0 > 0 }) { usleep(1000) }
    }
}
