import Foundation
import TestSupport
import Testing

/// Scenes and tiles that are damaged: the rest is made, the bad one is named, and the exit code says so.
@Suite("Bad input: scenes", .enabled(if: TestDatabase.isAvailable))
struct BadInputScenesTests {
    @Test func `prepare_metadata names each bad scene with its reason and writes the others`() throws {
        let cube = try BadInputCube.withScenes()
        let files = FileManager.default
        let names = try cube.sceneNames()
        // Copies of the first scene, each spoiled in its own way; the three scenes themselves stay whole.
        func spoil(_ name: String, _ change: (_ scene: String) throws -> Void) throws {
            let scene = "\(cube.scenes)/\(name)"
            try files.copyItem(atPath: "\(cube.scenes)/\(names[0])", toPath: scene)
            try change(scene)
        }
        func band(_ code: String, _ scene: String) throws -> String {
            let found = TemporaryFolder.files(below: scene).first { $0.hasSuffix("_\(code)_20m.jp2") }
            return "\(scene)/\(try #require(found))"
        }
        try spoil("bare.SAFE") { try files.removeItem(atPath: "\($0)/MTD_MSIL2A.xml") }
        try spoil("cut.SAFE") { try cutOff(try band("B04", $0), at: 20_000) }
        try spoil("lame.SAFE") { try files.removeItem(atPath: try band("B11", $0)) }
        try spoil("torn.SAFE") { try cutOff("\($0)/MTD_MSIL2A.xml", at: 400) }

        let result = try cube.job.antares("prepare_metadata --path scenes --dataset_name s2_l2a_20m --outfile s2.yaml")
        #expect(result.status == 1)
        #expect(result.output == "3 scenes written to s2.yaml, 4 left out\n")
        let lines = result.errors.split(separator: "\n").map(String.init)
        for (scene, file, reason, hint) in [
            ("bare.SAFE", "bare.SAFE/MTD_MSIL2A.xml", "is missing", "fetch the scene again"),
            (
                "cut.SAFE", "_B04_20m.jp2", "is cut off: it has 20000 bytes where its header says",
                "fetch the file again"
            ),
            ("lame.SAFE", "IMG_DATA/R20m/*_B11_20m.jp2", "is missing", "Fetch the scene again, with all bands of 20 m"),
            ("torn.SAFE", "torn.SAFE/MTD_MSIL2A.xml", "is no valid XML", "fetch the file again"),
        ] {
            let line = lines.first { $0.hasPrefix("error: scene '\(scene)' left out: ") }
            #expect(line?.contains("\(file)' \(reason)") == true && line?.contains(hint) == true, "\(result.errors)")
        }
        let text = try String(contentsOfFile: cube.job.program.home.path("s2.yaml"), encoding: .utf8)
        for name in names { #expect(text.contains("label: \(name.replacing(".SAFE", with: ""))\n")) }
    }

    @Test func `a scene that went bad after indexing costs its own tiles only`() throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion()
        let band = try cube.band("B04", ofScene: 1)
        let whole = try Data(contentsOf: URL(fileURLWithPath: band))
        try cutOff(band, at: 20_000)

        let first = try cube.job.antares("ingest -c ingestion.yaml")
        #expect(first.status == 1)
        #expect(first.output == "product s2_l2a_20m_mexico: 2 tiles written, 0 already there, 1 failed\n")
        #expect(first.errors.contains("of 2017-05-15T17:26:55.108137Z: cannot read '\(band)': "), "\(first.errors)")
        #expect(first.errors.contains("The file may be truncated or damaged: fetch it again."))
        #expect(cube.files().count == 2)
        #expect(try cube.indexedCount("s2_l2a_20m_mexico") == 2)

        // Fetched again, the same command makes the missing tile.
        try whole.write(to: URL(fileURLWithPath: band))
        let second = try cube.job.antares("ingest -c ingestion.yaml")
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.output == "product s2_l2a_20m_mexico: 1 tile written, 2 already there\n")
        #expect(try cube.indexedCount("s2_l2a_20m_mexico") == 3)
    }

    @Test(arguments: ["NetCDF CF", "GeoTIFF"])
    func `a damaged tile is made again`(driver: String) throws {
        let cube = try BadInputCube.indexed()
        try cube.writeIngestion(changes: [#"driver: "NetCDF CF""#: #"driver: "\#(driver)""#])
        try cube.expectDone("antares ingest -c ingestion.yaml")
        let names = cube.files()
        let name = try #require(names.first { $0.hasSuffix(".nc") || $0.hasSuffix("_red.tif") })
        let tile = "\(cube.tiles)/\(name)"
        let whole = try Data(contentsOf: URL(fileURLWithPath: tile))

        func expectMadeAgain() throws {
            let result = try cube.job.antares("ingest -c ingestion.yaml")
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "product s2_l2a_20m_mexico: 1 tile written, 2 already there\n")
            #expect(try Data(contentsOf: URL(fileURLWithPath: tile)) == whole)
            #expect(cube.files() == names)
        }
        try cutOff(tile, at: UInt64(whole.count / 2))
        try expectMadeAgain()
        try FileManager.default.removeItem(atPath: tile)
        try expectMadeAgain()
        try Data("no raster".utf8).write(to: URL(fileURLWithPath: tile))
        try expectMadeAgain()
        #expect(try cube.indexedCount("s2_l2a_20m_mexico") == 3)
    }
}
