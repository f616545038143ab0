import Foundation
import Postgres
import TestSupport
import Testing

/// The block engine by its commands, against sudden ends.
@Suite(
    "Block engine, as a program",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: THE ENGINE'S COMMANDS NEED POSTGRESQL"),
    .serialized
)
struct EngineProgramTests {
    /// The bytes of all tiles of a product, by file.
    private func contents(_ cube: BadInputCube) throws -> [String: Data] {
        try cube.files().reduce(into: [:]) { contents, name in
            let url = URL(fileURLWithPath: cube.job.program.home.path("tiles/\(name)"))
            contents[name] = try Data(contentsOf: url)
        }
    }

    @Test(arguments: ["NetCDF CF", "GeoTIFF"])
    func `killed at any moment and run again, ingest gives the bytes of an undisturbed run`(driver: String) throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000, changes: [#"driver: "NetCDF CF""#: #"driver: "\#(driver)""#])
        let expected = try expectSame(cube, "antares ingest -c ingestion.yaml --jobs 2", attempts: 5)
        #expect(expected.count > 10)
        #expect(try cube.indexedCount("s2_l2a_20m_mexico") == expected.count { !$0.hasSuffix(".tif") })
    }

    private static let scenes = "s2_l2a_20m_granule"
    private static let commands = [
        "apply_recipe -recipe reds.yaml -b 2017-01-01 -e 2017-12-31 -lat 20.5 20.7 -long -103.5 -103.3 --tile-size 2000 "
            + "--name reds",
        "composite -p \(scenes) -b red nir --reduce median -o tiles/out.tif",
        // That of May on top.
        "export -n \(scenes) -b red nir --time 2017-05 2017-12 --earliest-first -o tiles/out.tif",
    ]

    /// Scenes, a recipe on them, and the folder that commands write to.
    private func cubeOfScenes() throws -> BadInputCube {
        let cube = try BadInputCube.indexed()
        let recipe = """
            name: reds
            inputs: {s2: {product: \(Self.scenes), measurements: [red, nir]}}
            output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
            outputs: [{name: "{band}_mean", value: [red, nir], reduce: mean}]
            """
        _ = try cube.job.program.home.write(recipe, to: "reds.yaml")
        try FileManager.default.createDirectory(atPath: cube.tiles, withIntermediateDirectories: true)
        return cube
    }

    @Test(arguments: zip(commands, [4, 3, 3]))
    func `killed at any moment and run again, other commands do so too`(line: String, attempts: Int) throws {
        let cube = try cubeOfScenes()
        let expected = try expectSame(cube, "antares \(line) --jobs 2", attempts: attempts)
        #expect(!expected.isEmpty)
        if line.hasPrefix("apply_recipe") { #expect(try cube.indexedCount("reds") == expected.count) }
    }

    /// Runs a line undisturbed, then kills it some times and runs it again: the files are to be the same, byte for byte.
    ///
    /// - Returns: Their names.
    private func expectSame(_ cube: BadInputCube, _ line: String, attempts: Int) throws -> [String] {
        try cube.expectDone(line)
        let expected = try contents(cube)
        for attempt in 0..<attempts {
            try FileManager.default.removeItem(atPath: cube.tiles)
            try FileManager.default.createDirectory(atPath: cube.tiles, withIntermediateDirectories: true)
            let run = try cube.job.start(line)
            // A moment that depends on nothing: between the start and, on most machines, the end.
            usleep(UInt32.random(in: 0...900_000))
            run.send(signal: SIGKILL)
            _ = try run.wait()
            try cube.expectDone(line)
            let left = try contents(cube)
            // The whole dictionaries would be megabytes of message.
            let other = Set(left.keys).union(expected.keys).filter { left[$0] != expected[$0] }.sorted()
            #expect(other.isEmpty, "attempt \(attempt): other bytes than undisturbed: \(other)")
        }
        return expected.keys.sorted()
    }

    @Test(arguments: commands, [true, false])
    func `a scene that vanished or was cut off is named, nothing is left half written, and others can do without it`(
        line: String,
        isGone: Bool
    ) throws {
        let cube = try cubeOfScenes()
        let file = try cube.band("B04", ofScene: 1)
        if isGone { try FileManager.default.removeItem(atPath: file) } else { try cutOff(file, at: 20_000) }
        let failed = try cube.job.antares(line)
        #expect(failed.status == 1 && failed.errors.contains(file), "\(failed.errors)")
        #expect(cube.files().isEmpty, "\(cube.files())")
        let made = try cube.job.antares("\(line) --skip-broken")
        #expect(made.status == 0 && made.output.contains("left out"), "\(made.output)\(made.errors)")
        let files = cube.files()
        #expect(!files.isEmpty && files.allSatisfy { !$0.contains("partial") }, "\(files)")
        // The document says which scene: that of May.
        let scenes = try cube.job.antares("dataset search -f csv product=\(Self.scenes) time in 2017-05").output
        let id = try #require(scenes.firstMatch(of: #/[0-9a-f]{8}-[0-9a-f-]{27}/#)).output
        let document =
            try line.hasPrefix("apply_recipe")
            ? documents(cube, of: "reds") : TestSupport.run("gdalinfo", ["\(cube.tiles)/out.tif"]).output
        let left = try #require(document.firstMatch(of: #/antares:left_out\W+([0-9a-f-]{36})/#), "\(document)")
        #expect(left.1 == id)
    }

    /// What the index holds of a product's datasets.
    private func documents(_ cube: BadInputCube, of product: String) throws -> String {
        let session = try Session(cube.job.database)
        defer { session.close() }
        let rows = try session.query(
            """
            SELECT d.metadata::text FROM agdc.dataset d JOIN agdc.dataset_type t ON t.id = d.dataset_type_ref
            WHERE t.name = $1
            """,
            [product]
        )
        return rows.compactMap { $0[0] }.joined(separator: "\n")
    }

    @Test func `the tiles' product is updated in the index only where that is allowed`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion()
        try cube.expectDone("antares ingest -c ingestion.yaml")
        let text = try String(contentsOfFile: cube.job.program.home.path("ingestion.yaml"), encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("description:") })
        _ = try cube.job.program.home.write(text.replacing(line, with: "description: other words"), to: "other.yaml")
        let refused = try cube.job.antares("ingest -c other.yaml")
        #expect(refused.status != 0 && refused.errors.contains("--allow-product-changes"), "\(refused.errors)")
        let allowed = try cube.job.antares("ingest -c other.yaml --allow-product-changes")
        #expect(allowed.status == 0, "\(allowed.errors)")
        let shown = try cube.job.antares("product show s2_l2a_20m_mexico")
        #expect(shown.output.contains("other words"), "\(shown.output)")
    }

    @Test func `a file that vanished costs the tiles that need it, and is named`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(cell: 2000)
        let gone = try cube.band("B03", ofScene: 1)
        try FileManager.default.removeItem(atPath: gone)
        let result = try cube.job.run("antares ingest -c ingestion.yaml")
        #expect(result.status == 1 && result.errors.contains(gone), "\(result.errors)")
        let written = cube.files()
        #expect(!written.isEmpty && !written.contains { $0.contains("20170515") || $0.contains("partial") })
        let skipping = try cube.job.run("antares ingest -c ingestion.yaml --skip-broken")
        #expect(skipping.status == 0 && skipping.output.contains("left out"), "\(skipping.output)\(skipping.errors)")
    }
}
