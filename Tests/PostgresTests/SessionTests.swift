import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.enabled(if: TestDatabase.isAvailable)) struct SessionTests {
    @Test func `parameters travel beside the text and null stays null`() throws {
        let session = try Session(try TestDatabase.make())
        let nasty = "a'b\"c\\d; DROP TABLE x; -- ü"
        let rows = try session.query("SELECT $1::text AS a, $2::text AS b, $3::int + 1 AS c", [nasty, nil, "41"])
        #expect(rows.count == 1)
        #expect(rows[0]["a"] == nasty)
        #expect(rows[0]["b"] == nil)
        #expect(rows[0].int("c") == 42)
    }

    @Test func `identifiers and literals are quoted`() throws {
        let session = try Session(try TestDatabase.make())
        let name = "odd \"name\" – ß"
        try session.execute("CREATE TABLE \(try session.quotedIdentifier(name)) (a int)")
        let found = try session.query("SELECT relname FROM pg_class WHERE relname = \(try session.quotedLiteral(name))")
        #expect(found.map { $0["relname"] } == [name])
    }

    @Test func `an array parameter keeps quotes, backslashes and nulls`() throws {
        let session = try Session(try TestDatabase.make())
        let values = ["a\"b", "c\\d", nil, "NULL", "", "{x,y}"]
        let rows = try session.query(
            "SELECT v FROM unnest($1::text[]) WITH ORDINALITY AS t(v, n) ORDER BY n",
            [SQLArray.text(values)]
        )
        #expect(rows.map { $0["v"] } == values)
    }

    @Test func `a failed statement says what, why and the state`() throws {
        let session = try Session(try TestDatabase.make())
        let error = try #require(throws: PostgresError.self) { try session.query("SELECT * FROM nowhere") }
        #expect(error.sqlState == "42P01")
        #expect(
            error.description
                == "cannot run statement 'SELECT * FROM nowhere': relation \"nowhere\" does not exist."
        )
    }

    @Test func `a table of antares that nobody made is named with what makes it`() throws {
        let settings = try TestDatabase.make()
        let session = try Session(settings)
        for (sql, name) in [("SELECT FROM antares.country", "table antares.country"), ("SELECT uws.f()", "schema uws")]
        {
            let error = try #require(throws: PostgresError.self) { try session.query(sql) }
            #expect(error.code == .tablesMissing && !error.isUnreachable)
            #expect(error.description.contains("'\(settings)': there is no \(name). Make them: antares init"))
        }
    }

    @Test func `a NUL character is refused before it cuts a text short`() throws {
        let session = try Session(try TestDatabase.make())
        let error = try #require(throws: PostgresError.self) { try session.query("SELECT $1::text", ["a\0b"]) }
        #expect(error.description.contains("NUL"))
    }

    @Test func `a transaction that throws leaves nothing`() throws {
        let session = try Session(try TestDatabase.make())
        try session.execute("CREATE TABLE t (a int PRIMARY KEY)")
        #expect(throws: PostgresError.self) {
            try session.transaction {
                try session.change("INSERT INTO t VALUES (1)")
                try session.change("INSERT INTO t VALUES (1)")
            }
        }
        #expect(try session.query("SELECT * FROM t").isEmpty)
        let changed = try session.transaction { try session.change("INSERT INTO t VALUES (2)") }
        #expect(changed == 1)
        #expect(try session.query("SELECT a FROM t").map { $0.int("a") } == [2])
    }

    @Test func `connections that wait do not hold the threads of other tasks`() async throws {
        let settings = try TestDatabase.make()
        // Each statement ends only when all eight run at the same time, more than there are threads in the pool.
        let barrier = """
            DO $$
            BEGIN
                FOR i IN 1..6000 LOOP
                    PERFORM pg_stat_clear_snapshot();
                    IF (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                        AND query LIKE 'DO %barrier%') >= 8 THEN RETURN; END IF;
                    PERFORM pg_sleep(0.01);
                END LOOP;
                RAISE 'the barrier was not reached';
            END $$
            """
        let connections = try await (0..<8).asyncMap { _ in try await Connection.open(settings) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in connections { group.addTask { try await connection.query(barrier) } }
            try await group.waitForAll()
        }
        for connection in connections { await connection.close() }
    }
}

extension Sequence {
    /// The results of a body that waits, one after another.
    fileprivate func asyncMap<T>(_ body: (Element) async throws -> T) async rethrows -> [T] {
        var results: [T] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}

@Suite(.enabled(if: TestDatabase.isAvailable)) struct ConnectionFailureTests {
    private func message(_ settings: ConnectionSettings) throws -> String {
        try #require(throws: PostgresError.self) { try Session(settings) }.description
    }

    @Test func `a missing database is named with the command that makes it`() throws {
        let settings = try TestDatabase.make().with(database: "atlantis")
        #expect(try message(settings).contains("Create it: createdb atlantis"))
    }

    @Test func `a server that is down is named with its address`() throws {
        let text = try message(
            ConnectionSettings(host: "127.0.0.1", port: 9, database: "x", user: "ann", password: "secret")
        )
        #expect(text.hasPrefix("cannot connect to database 'postgresql://ann:***@127.0.0.1:9/x'"))
        #expect(text.contains("Is the server running"))
        #expect(!text.contains("secret"))
    }

    @Test func `a missing socket is a server that is down`() throws {
        let error = try #require(throws: PostgresError.self) {
            try Session(ConnectionSettings(host: "/nowhere", database: "x"))
        }
        #expect(error.isUnreachable)
        #expect(error.description.contains("Is the server running"))
    }

    @Test func `an account that does not exist is named`() throws {
        var settings = try TestDatabase.make()
        settings.user = "nobody_here"
        #expect(try message(settings).contains("Create the account 'nobody_here'"))
    }

    @Test func `a wrong password says where to correct it`() throws {
        // A server of its own that asks for passwords, as the shared one trusts its socket.
        let folder = FileManager.default.temporaryDirectory.appending(path: "antares-password-\(getpid())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = PrivateServer(dataDirectory: folder, parameters: ["fsync": "off"])
        var settings = try server.ensureRunning()
        defer { _ = try? server.stop() }
        let session = try Session(settings)
        try session.execute("CREATE ROLE ann LOGIN PASSWORD 'right'")
        let access = server.dataDirectory.appending(path: "data/pg_hba.conf")
        try "local all ann scram-sha-256\nlocal all all trust\n".write(to: access, atomically: false, encoding: .utf8)
        try session.query("SELECT pg_reload_conf()")
        session.close()
        settings.user = "ann"
        settings.password = "wrong"
        var text = ""
        for _ in 0..<50 where !text.contains("password") {
            text = (try? Session(settings)) == nil ? try message(settings) : ""
            Thread.sleep(forTimeInterval: 0.05)
        }
        #expect(text.contains("The password of 'ann' is wrong"))
        #expect(!text.contains("wrong@"))
        settings.password = "right"
        #expect(try Session(settings).query("SELECT 1 AS one").count == 1)
    }
}
