import Documents
import Foundation
import Postgres
import TestSupport
import Testing

/// `config grid`, `--lineage`, and items whose files lie in an object store.
@Suite struct CatalogueOptionsTests {
    @Test func `a configuration for another zone differs in CRS and names alone`() throws {
        let program = try BuiltProgram()
        let names = try program.run("config grid").output.split(separator: "\n")
        #expect(names == ["landsat_c2_utm_13n", "s2_l2a_20m_utm_13n"])
        for name in names {
            let own = try program.run("config grid \(name) --utm 13N").output
            let lines = own.split(separator: "\n")
            #expect(lines.contains("  crs: EPSG:32613"))
            let result = try program.run("config grid \(name) --utm 33S -o zone.yaml")
            #expect(result.status == 0, "\(result.errors)")
            let written = try String(contentsOfFile: program.home.path("zone.yaml"), encoding: .utf8)
            let made = written.split(separator: "\n")
            #expect(made.count == lines.count)
            for (before, after) in zip(lines, made) where before != after {
                let expected = before.replacing("EPSG:32613", with: "EPSG:32733").replacing("utm_13n", with: "utm_33s")
                    .replacing("zone 13 north", with: "zone 33 south")
                #expect(after == expected)
            }
            let document = try #require(try YAML.parse(written, origin: "zone.yaml").first?.value)
            #expect(document.at("storage", "crs") == "EPSG:32733")
            #expect(document["output_type"]?.string == String(name).replacing("13n", with: "33s"))
        }
        let unknown = try program.run("config grid landsat_c2_utm --utm 33S")
        #expect(unknown.status == 66 && unknown.errors.contains("no configuration 'landsat_c2_utm'"))
        for zone in ["61N", "0S", "13", "N"] {
            let wrong = try program.run("config grid landsat_c2_utm_13n --utm \(zone)")
            #expect(wrong.status == 64 && wrong.errors.contains("'\(zone)' is no zone"), "\(zone)")
        }
    }

    @Test(
        .enabled(if: TestDatabase.isAvailable),
        .enabled(if: RealScenes.isHere, "SKIPPED: no folder of real scenes, see ANTARES_TEST_DATA")
    )
    func `documents name the sources that are asked for, and a source that is in the index by default`() throws {
        let job = try TestJob()
        let scene = RealScenes.path("landsat8-c2l2")
        func antares(_ line: String) throws -> ShellResult { try job.antares(line.replacing("@", with: scene)) }
        func prepared(_ lineage: String) throws -> DocumentValue? {
            let made = try antares("prepare_metadata -p @ -d landsat_c2 --check none --lineage \(lineage) -o d.yaml")
            #expect(made.status == 0, "\(made.errors)")
            let text = try String(contentsOfFile: job.program.home.path("d.yaml"), encoding: .utf8)
            return try YAML.parse(text, origin: "d.yaml").first?.value["lineage"]
        }
        #expect(try prepared("none") == [:] && prepared("known") == [:])
        let source = try #require(try prepared("all")?.at("level1")?.array?.first?.string)
        #expect(UUID(uuidString: source) != nil)
        #expect(try job.datacube("system init").status == 0)
        let refused = try antares("index @ -d landsat_c2 --check none --lineage all")
        #expect(refused.status == 1 && refused.errors.contains("source \(source) ('level1') is not in the index"))
        // What stands for the scene of Level 1.
        _ = try job.program.home.write(TwinIndex.product, to: "p.yaml")
        _ = try job.program.home.write(TwinIndex.scene(1).replacing(TwinIndex.id(1), with: source), to: "l1.yaml")
        for line in ["product add p.yaml", "dataset add l1.yaml"] { #expect(try job.datacube(line).status == 0) }
        let indexed = try antares("index @ -d landsat_c2 --check none")
        #expect(indexed.status == 0 && indexed.output.contains("1 added"), "\(indexed.output)\(indexed.errors)")
        let links = try Session(job.database).query(
            "SELECT classifier, source_dataset_ref AS source FROM agdc.dataset_source"
        )
        #expect(links.map { [$0["classifier"], $0["source"]] } == [["level1", source]])
    }

    @Test(.enabled(if: S3Server.isAvailable)) func `files of items in an object store are downloaded`() throws {
        let server = try S3Server()
        defer { server.close() }
        let (folder, program) = (try TemporaryFolder(), try BuiltProgram())
        let bytes = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try bytes.write(to: URL(fileURLWithPath: folder.path("red.tif")))
        try server.makeBucket("archive", of: folder)
        // MD5 as a multihash: its code d5 01, its length 10.
        let sum = try run("md5sum", [folder.path("red.tif")]).output.prefix(32)
        func item(_ id: String, _ key: String, _ checksum: Substring) -> String {
            """
            {"type": "Feature", "stac_version": "1.0.0", "id": "\(id)", "collection": "c", "links": [], "bbox": [0, 0, 1, 1],
             "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]},
             "properties": {"datetime": "2020-01-01T00:00:00Z"},
             "assets": {"red": {"href": "s3://archive/\(key)", "type": "image/tiff", "roles": ["data"],
                                "file:checksum": "d50110\(checksum)"}}}
            """
        }
        let items = [
            ("whole", "red.tif", sum), ("missing", "none.tif", sum), ("other", "red.tif", "0" + sum.dropFirst()),
        ]
        for (id, key, checksum) in items { _ = try program.home.write(item(id, key, checksum), to: "\(id).json") }
        func download(_ id: String) throws -> ShellResult {
            try program.run("stac download \(id).json -o out", environment: server.environment)
        }
        let whole = try download("whole")
        #expect(whole.status == 0, "\(whole.output)\(whole.errors)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: program.home.path("out/c/whole/red.tif"))) == bytes)
        let missing = try download("missing")
        #expect(missing.status == 1 && missing.errors.contains("s3://archive/none.tif"), "\(missing.errors)")
        let other = try download("other")
        #expect(other.status == 1 && other.errors.contains("checksum"), "\(other.errors)")
        #expect(program.home.files().filter { $0.hasPrefix("out/") && $0.hasSuffix(".tif") } == ["out/c/whole/red.tif"])
    }
}
