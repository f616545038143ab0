import Foundation
import Postgres
import TestSupport
import Testing

/// Accounts, copies of indexes, and the program `datacube-search`, beside Python's datacube 1.8.20.
@Suite(.enabled(if: TestDatabase.isAvailable && TestPython.isAvailable)) struct IndexUsersTests {
    @Test func `accounts are made, granted and deleted, and their passwords show nowhere`() throws {
        let twin = try TwinIndex()
        let name = "Reader \(UUID().uuidString.prefix(8))"
        let other = "other_\(UUID().uuidString.prefix(8))"
        let made = try twin.program.run(
            ["--log-queries", "-vv", "user", "create", "user", name, "--description", "reads, only"],
            as: "datacube",
            environment: twin.environment
        )
        let parts = made.output.trimmingCharacters(in: .newlines).split(separator: ":").map(String.init)
        #expect(Array(parts.dropLast()) == [twin.ours.host ?? "localhost", "None", "*", name], "\(made.errors)")
        let password = try #require(parts.last)
        #expect(password.count == 12 && !made.errors.contains(password) && !made.errors.contains("SCRAM"))
        let stored = try Session(twin.ours).query("SELECT rolpassword FROM pg_authid WHERE rolname = $1", [name])
        #expect(stored.first?["rolpassword"]?.hasPrefix("SCRAM-SHA-256$") == true)
        _ = try twin.datacube(["user", "create", "manage", other])
        // Python lists the accounts of the whole server, ours among them.
        try twin.run("user list")
        try twin.run("user list -f csv")
        #expect(try twin.datacube(["user", "list", "-f", "csv"]).output.contains("user,\(name),\"reads, only\"\r\n"))
        #expect(try twin.datacube(["user", "grant", "ingest", name, other]).status == 0)
        let rows = try twin.datacube(["user", "list", "-f", "csv"]).output
        #expect(rows.contains("ingest,\(other),\r\n") && !rows.contains("manage,\(other)"))
        #expect(try twin.datacube(["user", "grant", "user", "nobody_here"]).status == 1)
        #expect(try twin.datacube(["user", "delete", name, other]).status == 0)
        #expect(try !twin.datacube(["user", "list"]).output.contains(other))
        try twin.run("user list")
        // Click's code for a wrong command line.
        #expect(try twin.datacube(["user", "grant", "king", name]).status == 2)
        #expect(try twin.datacube(["user", "grant", "king", name], as: "antares").status == 64)
    }

    @Test func `a copy has every row, lineage and archived datasets included`() throws {
        let twin = try TwinIndex([TwinIndex.scene(1), TwinIndex.scene(2, source: 1), TwinIndex.scene(3)])
        _ = try twin.datacube(["dataset", "archive", TwinIndex.id(3)])
        let copy = try TestDatabase.make()
        let text = """
            [full]
            db_hostname: \(twin.ours.host ?? "")
            db_database: \(twin.ours.database ?? "")
            db_username: \(twin.ours.user ?? "")
            [copy]
            db_hostname: \(copy.host ?? "")
            db_database: \(copy.database ?? "")
            db_username: \(copy.user ?? "")
            """
        let file = try twin.write(text, "odc.conf")
        func copied(_ line: String) throws -> ShellResult {
            try twin.program.run(["-C", file, "-E", "copy"] + line.split(separator: " ").map(String.init))
        }
        #expect(try copied("system init").status == 0)
        let first = try copied("system clone full --batch-size 2")
        #expect(
            first.output == "0 metadata types, 1 products, 3 datasets and 1 links of lineage copied\n",
            "\(first.errors)"
        )
        #expect(
            try copied("system clone full").output.hasPrefix("0 metadata types, 0 products, 0 datasets and 0 links")
        )
        for sql in [
            "SELECT id, dataset_type_ref, metadata_type_ref, metadata, archived FROM agdc.dataset ORDER BY 1",
            "SELECT dataset_ref, uri_scheme, uri_body, archived FROM agdc.dataset_location ORDER BY 1, 2, 3",
            "SELECT * FROM agdc.dataset_source",
        ] {
            let rows = try [twin.ours, copy].map { settings in
                try Session(settings).query(sql).map { row in row.columnNames.indices.map { row[$0] ?? "-" } }
            }
            #expect(rows[0] == rows[1] && !rows[0].isEmpty)
        }
        let check = try twin.program.run(["-C", file, "-E", "copy", "system", "check"], as: "datacube")
        #expect(check.output.contains("Environment:   copy\n"))
        #expect(try twin.datacube(["system", "check"]).output.contains("Environment:   None\n"))
    }

    @Test func `datacube-search prints what Python's prints`() throws {
        let twin = try TwinIndex([TwinIndex.scene(1)])
        func both(_ words: [String]) throws -> (own: ShellResult, python: ShellResult) {
            let script = "import sys; from datacube.scripts.search_tool import cli; cli()"
            return (
                try twin.datacube(words, as: "datacube-search"),
                try TestPython.run(script, words, database: twin.ours)
            )
        }
        for words in [
            ["-f", "csv", "datasets", "product=demo"], ["datasets", "time in 2017"],
            ["-f", "csv", "datasets", "lat in [0,1]"],
            ["product-counts", "1 month", "time in [2017-02, 2017-05]"],
            ["product-counts", "1 year", "time in [2016, 2018]", "product=demo"],
        ] {
            let (own, python) = try both(words)
            #expect(own.output == python.output, "\(words) \(own.errors) \(python.errors.suffix(500))")
            #expect(own.status == python.status)
        }
    }
}
