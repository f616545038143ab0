import Foundation
import Postgres
import TestSupport
import Testing

/// `system clone` with each of its options, from an index with lineage, archived datasets and archived locations.
@Suite(.enabled(if: TestDatabase.isAvailable)) struct CloneProgramTests {
    private let program: BuiltProgram
    private let full: ConnectionSettings
    private let copy: ConnectionSettings

    /// Three datasets: the second was made from the first and has an archived location, the third is archived and was made
    /// from both.
    init() throws {
        (program, full, copy) = (try BuiltProgram(), try TestDatabase.make(), try TestDatabase.make())
        let config = ["full": full, "copy": copy].map { name, database in
            """
            [\(name)]
            db_hostname: \(database.host ?? "")
            db_database: \(database.database ?? "")
            db_username: \(database.user ?? "")

            """
        }.joined()
        _ = try program.home.write(config, to: "odc.conf")
        _ = try program.home.write(TwinIndex.product, to: "p.yaml")
        let both = "lineage: {scene: [\(TwinIndex.id(1))], other: [\(TwinIndex.id(2))]}"
        let scenes = [
            TwinIndex.scene(1), TwinIndex.scene(2, source: 1), TwinIndex.scene(3).replacing("lineage: {}", with: both),
        ]
        for (number, scene) in scenes.enumerated() { _ = try program.home.write(scene, to: "s\(number + 1).yaml") }
        _ = try program.home.write(TwinIndex.scene(2, source: 1), to: "moved/s2.yaml")
        for line in [
            "system init", "product add ~/p.yaml", "dataset add ~/s1.yaml ~/s2.yaml ~/s3.yaml",
            "dataset update --location-policy archive ~/moved/s2.yaml", "dataset archive \(TwinIndex.id(3))",
        ] { try run(line, "full") }
        try run("system init", "copy")
    }

    /// Runs a line of `datacube` in one of both environments; `~` is the folder of files.
    @discardableResult
    private func run(_ line: String, _ environment: String, as name: String = "datacube") throws -> ShellResult {
        let words = line.replacing("~", with: program.home.path).split(separator: " ").map(String.init)
        let result = try program.run(["-C", program.home.path("odc.conf"), "-E", environment] + words, as: name)
        #expect(result.status == 0, "\(line)\n\(result.output)\(result.errors)")
        return result
    }

    private func rows(_ sql: String, _ database: ConnectionSettings) throws -> [[String]] {
        try Session(database).query(sql).map { row in row.columnNames.indices.map { row[$0] ?? "-" } }
    }

    private static let tables = [
        "SELECT name, definition FROM agdc.metadata_type ORDER BY 1",
        "SELECT name, metadata, definition FROM agdc.dataset_type ORDER BY 1",
        "SELECT id, dataset_type_ref, metadata_type_ref, metadata, archived FROM agdc.dataset ORDER BY 1",
        "SELECT dataset_ref, uri_scheme, uri_body, archived FROM agdc.dataset_location ORDER BY 1, 2, 3",
    ]
    private static let lineage = "SELECT * FROM agdc.dataset_source ORDER BY 1, 2"

    /// The rows of all tables but lineage are those of the source; of its three links there are so many.
    private func expectCopy(links: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        for sql in Self.tables {
            let (whole, copied) = (try rows(sql, full), try rows(sql, copy))
            #expect(whole == copied && !whole.isEmpty, "\(sql)", sourceLocation: sourceLocation)
        }
        let expected = try rows(Self.lineage, full)
        #expect(expected.count == 3)
        let copied = try rows(Self.lineage, copy)
        #expect(copied == (links == 3 ? expected : []), sourceLocation: sourceLocation)
    }

    @Test(arguments: ["", "--no-skip-lineage", "--no-skip-lineage --no-lineage-only --batch-size 2"])
    func `all is copied, lineage too, and what is archived stays archived`(_ options: String) throws {
        let report = try run("system clone \(options) full", "copy", as: "antares")
        #expect(
            report.output == "0 metadata types, 1 products, 3 datasets and 3 links of lineage copied\n",
            "\(report.output)"
        )
        try expectCopy(links: 3)
        let archived = "SELECT archived IS NOT NULL FROM agdc.%@ ORDER BY archived IS NOT NULL"
        for (table, expected) in [("dataset", "fft"), ("dataset_location", "ffft")] {
            let found = try rows(archived.replacing("%@", with: table), copy)
            #expect(found.map { $0[0] }.joined() == expected, "\(table)")
        }
    }

    @Test func `lineage that was skipped comes later, alone, and a second time nothing does`() throws {
        let first = try run("system clone --skip-lineage full", "copy", as: "antares")
        #expect(first.output == "0 metadata types, 1 products, 3 datasets and 0 links of lineage copied\n")
        try expectCopy(links: 0)
        let second = try run("system clone --lineage-only full", "copy", as: "antares")
        #expect(second.output == "0 metadata types, 0 products, 0 datasets and 3 links of lineage copied\n")
        try expectCopy(links: 3)
        let third = try run("system clone full", "copy", as: "antares")
        #expect(third.output == "0 metadata types, 0 products, 0 datasets and 0 links of lineage copied\n")
        try expectCopy(links: 3)
    }

    /// 1.9 has the option, too; it leaves out what is archived.
    @Test(.enabled(if: TestPython.isNewerAvailable), arguments: ["--skip-lineage", "--no-skip-lineage"])
    func `of what is active 1_9 copies the same`(_ option: String) throws {
        let other = try TestDatabase.make()
        let config = ["full": full, "other": other].map { "[\($0)]\ndb_url: \(TestPython.url($1))\n" }.joined()
        let file = try program.home.write(config, to: "python.conf")
        for line in ["system init", "system clone \(option) full"] {
            let words = ["-C", file, "-E", "other"] + line.split(separator: " ").map(String.init)
            let result = try TestPython.newer.datacube(words, database: nil)
            #expect(result.status == 0, "\(line)\n\(result.output)\(result.errors.suffix(3000))")
        }
        try run("system clone \(option) full", "copy")
        for sql in [
            "SELECT id, metadata FROM agdc.dataset WHERE archived IS NULL ORDER BY 1",
            """
            SELECT dataset_ref, uri_scheme, uri_body FROM agdc.dataset_location AS l JOIN agdc.dataset AS d ON d.id = dataset_ref
            WHERE d.archived IS NULL AND l.archived IS NULL ORDER BY 1, 2, 3
            """,
            """
            SELECT s.* FROM agdc.dataset_source AS s JOIN agdc.dataset AS d ON d.id = dataset_ref
            WHERE d.archived IS NULL ORDER BY 1, 2
            """,
        ] {
            let (ours, theirs) = (try rows(sql, copy), try rows(sql, other))
            #expect(ours == theirs && ours.isEmpty == (sql.contains("dataset_source") && option == "--skip-lineage"))
        }
    }
}
