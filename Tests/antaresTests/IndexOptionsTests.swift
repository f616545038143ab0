import Foundation
import Postgres
import TestSupport
import Testing

/// Options of the Open Data Cube's commands that change what is made or found, with ours and with Python's datacube 1.8.20.
@Suite(.enabled(if: TestDatabase.isAvailable && TestPython.isAvailable)) struct IndexOptionsTests {
    /// The same line by both programs, each in a database of its own.
    private func both(_ lines: [String]) throws -> (ours: ConnectionSettings, theirs: ConnectionSettings) {
        let (program, ours, theirs) = (try BuiltProgram(), try TestDatabase.make(), try TestDatabase.make())
        for line in lines {
            let words = line.split(separator: " ").map(String.init)
            let environment = TestPython.current.environment(ours)
            let own = try program.run(words, as: "datacube", environment: environment)
            let python = try TestPython.datacube(words, database: theirs)
            #expect(own.status == 0 && python.status == 0, "\(line)\n\(own.errors)\(python.errors.suffix(800))")
            #expect(own.output == python.output, "\(line)")
        }
        return (ours, theirs)
    }

    private func rows(_ sql: String, _ database: ConnectionSettings) throws -> [[String]] {
        try Session(database).query(sql).map { row in row.columnNames.indices.map { row[$0] ?? "-" } }
    }

    private static let objects = """
        SELECT relname, relkind, relowner::regrole, relacl FROM pg_class
        WHERE relnamespace = 'agdc'::regnamespace AND relkind <> 'v' ORDER BY 1
        """
    private static let views =
        "SELECT relname FROM pg_class WHERE relnamespace = 'agdc'::regnamespace AND relkind = 'v'"
    private static let types = "SELECT name FROM agdc.metadata_type ORDER BY 1"

    @Test(arguments: [
        "", "--no-default-types", "--no-init-users", "--no-recreate-views", "--rebuild", "--lock-table",
        "--no-default-types --no-init-users --no-recreate-views --rebuild --lock-table",
    ])
    func `init makes what Python's makes with each option, owners and rights included`(_ options: String) throws {
        let (ours, theirs) = try both(["system init \(options)", "system init \(options)"])
        for sql in [Self.objects, Self.views + " ORDER BY 1", Self.types] {
            #expect(try rows(sql, ours) == rows(sql, theirs), "\(sql)")
        }
        #expect(try rows(Self.types, ours).isEmpty == options.contains("--no-default-types"))
        if options.contains("--no-init-users") {
            let owners = try rows(
                "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relnamespace = 'agdc'::regnamespace",
                ours
            )
            #expect(owners == [[ours.user ?? ""]])
        }
    }

    @Test func `views are made anew by init, and not with --no-recreate-views`() throws {
        let (ours, theirs) = try both(["system init"])
        let program = try BuiltProgram()
        let sql =
            "SELECT relname, oid FROM pg_class WHERE relnamespace = 'agdc'::regnamespace AND relkind = 'v' ORDER BY 1"
        func afterInit(_ option: String) throws -> (own: Bool, python: Bool) {
            let before = (try rows(sql, ours), try rows(sql, theirs))
            let words = ["system", "init", option]
            let own = try program.run(words, as: "datacube", environment: TestPython.current.environment(ours))
            let python = try TestPython.datacube(words, database: theirs)
            #expect(own.status == 0 && python.status == 0)
            return (try rows(sql, ours) == before.0, try rows(sql, theirs) == before.1)
        }
        let kept = try afterInit("--no-recreate-views")
        #expect(kept.own && kept.python)
        let made = try afterInit("--recreate-views")
        #expect(!made.own && !made.python)
    }

    @Test func `a product that is left out is not matched`() throws {
        let twin = try TwinIndex()
        // Documents of the first product match the second too.
        let wide = TwinIndex.product.replacing("name: demo\nd", with: "name: wide\nd")
        try twin.write(wide, "wide.yaml")
        try twin.write(TwinIndex.scene(1), "s1.yaml")
        try twin.run("product add ~/wide.yaml")
        try twin.run("dataset add ~/s1.yaml")
        try twin.expectEqualRows()
        try twin.run("dataset add --exclude-product wide ~/s1.yaml")
        try twin.run("dataset search -f csv")
        try twin.expectEqualRows()
        #expect(try rows("SELECT id FROM agdc.dataset", twin.ours) == [[TwinIndex.id(1)]])
    }

    @Test func `derived datasets are restored with theirs, as far as they were archived about the same time`() throws {
        let twin = try TwinIndex([TwinIndex.scene(1), TwinIndex.scene(2, source: 1), TwinIndex.scene(3, source: 1)])
        for tolerance in ["10", "3600", nil] {
            for database in [twin.ours, twin.theirs] {
                try Session(database).execute(
                    """
                    UPDATE agdc.dataset SET archived = '2020-01-01 00:00:00+00';
                    UPDATE agdc.dataset SET archived = '2020-01-01 00:05:00+00' WHERE id = '\(TwinIndex.id(3))'
                    """
                )
            }
            let option = tolerance.map { " --derived-tolerance-seconds \($0)" } ?? ""
            let line = "dataset restore -d\(option) \(TwinIndex.id(1))"
            let words = line.split(separator: " ").map(String.init)
            #expect(try twin.datacube(words).status == 0)
            #expect(try TestPython.datacube(words, database: twin.theirs).status == 0)
            let active = "SELECT id FROM agdc.dataset WHERE archived IS NULL ORDER BY 1"
            let expected = (tolerance == "10" ? [1, 2] : [1, 2, 3]).map { [TwinIndex.id($0)] }
            #expect(try rows(active, twin.ours) == expected && rows(active, twin.theirs) == expected, "\(line)")
        }
    }

    @Test func `sources are shown as deep as is asked for`() throws {
        let twin = try TwinIndex([
            TwinIndex.scene(1), TwinIndex.scene(2, source: 1), TwinIndex.scene(3, source: 2),
        ])
        for depth in ["0", "1", "2", "99"] {
            for (option, number) in [("--show-sources", 3), ("--show-derived", 1)] {
                // Locations and times differ between the two.
                let words = ["dataset", "info", option, "--max-depth", depth, TwinIndex.id(number)]
                let found = try [twin.datacube(words), TestPython.datacube(words, database: twin.theirs)].map {
                    result in
                    result.output.split(separator: "\n").filter { $0.contains("id: ") }.map(String.init)
                }
                #expect(found[0] == found[1] && !found[0].isEmpty, "\(words)")
            }
        }
    }
}
