import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable)) struct MigratorTests {
    private let first = Migration(version: 1, name: "create", sql: "CREATE SCHEMA demo; CREATE TABLE demo.t (a int);")
    private let second = Migration(version: 2, name: "fill", sql: "INSERT INTO demo.t VALUES (7);")

    private func migrate(_ session: Session, _ migrations: [Migration]) throws -> [Int] {
        try Migrator.withLock(session) { try Migrator(component: "demo", migrations: migrations).migrate(session) }
    }

    @Test func `what is missing is applied once, in order`() throws {
        let session = try Session(try TestDatabase.make())
        #expect(try migrate(session, [first]) == [1])
        #expect(try migrate(session, [first, second]) == [2])
        #expect(try migrate(session, [first, second]).isEmpty)
        #expect(try session.query("SELECT a FROM demo.t").map { $0.int("a") } == [7])
    }

    @Test func `a migration that was edited after it landed is refused`() throws {
        let session = try Session(try TestDatabase.make())
        _ = try migrate(session, [first])
        let edited = Migration(version: 1, name: "create", sql: first.sql + " -- better")
        let error = try #require(throws: PostgresError.self) { try migrate(session, [edited]) }
        #expect(error.description.contains("demo V1 create"))
        #expect(error.description.contains("a change needs a new migration"))
    }

    @Test func `a migration that fails half-way leaves nothing and no record`() throws {
        let session = try Session(try TestDatabase.make())
        let broken = Migration(version: 2, name: "broken", sql: "CREATE TABLE demo.half (a int); SELECT 1/0;")
        let error = try #require(throws: PostgresError.self) { try migrate(session, [first, broken]) }
        #expect(error.description.contains("demo V2 broken"))
        #expect(error.description.contains("division by zero"))
        #expect(try session.query("SELECT to_regclass('demo.half') AS half")[0]["half"] == nil)
        #expect(try Migrator(component: "demo", migrations: []).currentVersion(session) == 1)
    }

    @Test func `a database that is newer than the program is left alone`() throws {
        let session = try Session(try TestDatabase.make())
        _ = try migrate(session, [first, second])
        let error = try #require(throws: PostgresError.self) { try migrate(session, [first]) }
        #expect(error.description.contains("Use a newer version of the program"))
    }

    @Test func `eight programs at once apply it once`() async throws {
        let settings = try TestDatabase.make()
        let slow = Migration(version: 1, name: "slow", sql: first.sql + " SELECT pg_sleep(0.1);")
        let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let connection = try await Connection.open(settings)
                    return try await connection.perform { session in
                        try Migrator.withLock(session) {
                            try Migrator(component: "demo", migrations: [slow]).migrate(session)
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == [1])
    }

    @Test func `a gap between the files of a folder is refused`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["V0001_a.sql", "V0003_c.sql"] {
            try "SELECT 1".write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        let error = try #require(throws: PostgresError.self) { try Migration.load(folder: folder) }
        #expect(error.description.contains("version 2 is missing"))
    }
}
