import Foundation
import Postgres
import TestSupport
import Testing

/// Two indexes on which the same command lines run: ours under the name `datacube`, and Python's datacube 1.8.20.
struct TwinIndex {
    static let product = """
        name: demo
        description: One band
        metadata_type: eo3
        metadata:
          product: {name: demo}
        measurements:
        - {name: red, dtype: uint16, nodata: 0, units: "1"}

        """

    static func id(_ number: Int) -> String { "6d4894ed-3368-47cb-a8f4-00000000000\(number)" }

    /// A scene of the product in UTM zone 13 north.
    static func scene(
        _ number: Int,
        time: String = "2017-03-05T17:20:00Z",
        maturity: String = "final",
        source: Int? = nil,
        more: String = ""
    ) -> String {
        """
        $schema: https://schemas.opendatacube.org/dataset
        id: \(id(number))
        product: {name: demo}
        crs: EPSG:32613
        grids:
          default: {shape: [200, 100], transform: [30.0, 0.0, 600000.0, 0.0, -30.0, 2300000.0]}
        properties:
          datetime: \(time)
          eo:cloud_cover: 12.5
          odc:file_format: GeoTIFF
          odc:region_code: a29046
          dea:dataset_maturity: \(maturity)
        measurements: {red: {path: a.tif}}
        lineage: {\(source.map { "scene: [\(id($0))]" } ?? "")}
        \(more)

        """
    }

    let program: BuiltProgram
    let ours: ConnectionSettings
    let theirs: ConnectionSettings

    /// - `scenes`: Added to both, after the product.
    init(_ scenes: [String] = []) throws {
        program = try BuiltProgram()
        (ours, theirs) = (try TestDatabase.make(), try TestDatabase.make())
        try run("system init")
        try run("product add \(try write(Self.product, "p.yaml"))")
        let files = try scenes.enumerated().map { try write($1, "s\($0 + 1).yaml") }
        if !files.isEmpty { try run("dataset add \(files.joined(separator: " "))") }
    }

    @discardableResult
    func write(_ text: String, _ name: String) throws -> String { try program.home.write(text, to: name) }

    /// Runs a line with both and expects the same standard output and exit code; `~` stands for the folder of files.
    @discardableResult
    func run(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> ShellResult {
        let words = line.replacing("~", with: program.home.path).split(separator: " ").map(String.init)
        let own = try datacube(words)
        let python = try TestPython.datacube(words, database: theirs)
        #expect(own.output == python.output, "\(line)\n\(own.errors.suffix(500))", sourceLocation: sourceLocation)
        #expect(
            own.status == python.status,
            "\(line)\n\(own.errors.suffix(500))\n\(python.errors.suffix(800))",
            sourceLocation: sourceLocation
        )
        return own
    }

    /// Runs a line that lacks its arguments; the help of both programs differs, but for its beginning.
    func runBare(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let words = line.split(separator: " ").map(String.init)
        let results = [try datacube(words), try TestPython.datacube(words, database: theirs)]
        #expect(results[0].status == results[1].status, sourceLocation: sourceLocation)
        let beginnings = results.map { $0.output.prefix(while: { $0 != "[" }) }
        #expect(beginnings[0] == beginnings[1], sourceLocation: sourceLocation)
    }

    /// Runs our program alone.
    func datacube(_ words: [String], as name: String = "datacube") throws -> ShellResult {
        try program.run(words, as: name, environment: environment)
    }

    var environment: [String: String] {
        ["DB_HOSTNAME": ours.host ?? "", "DB_DATABASE": ours.database ?? "", "DB_USERNAME": ours.user ?? ""]
    }

    /// Expects equal rows in all tables and equal names of indexes and views, apart from times, numbers and user.
    func expectEqualRows(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let tables = [
            "SELECT name, definition, updated IS NULL FROM agdc.metadata_type ORDER BY 1",
            "SELECT name, metadata, definition, updated IS NULL FROM agdc.dataset_type ORDER BY 1",
            """
            SELECT id, dataset_type_ref, metadata - 'extent', archived IS NULL, updated IS NULL
            FROM agdc.dataset ORDER BY 1
            """,
            "SELECT dataset_ref, uri_scheme, uri_body, archived IS NULL FROM agdc.dataset_location ORDER BY 1, 2, 3",
            "SELECT * FROM agdc.dataset_source ORDER BY 1, 2",
            "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'agdc'::regnamespace ORDER BY 1",
        ]
        for sql in tables {
            let rows = try [ours, theirs].map { settings in
                try Session(settings).query(sql).map { row in row.columnNames.indices.map { row[$0] ?? "-" } }
            }
            #expect(rows[0] == rows[1], "\(sql)", sourceLocation: sourceLocation)
        }
    }
}
