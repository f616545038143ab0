import DatacubeIndex
import Documents
import Foundation
import Geo
import Raster
import TestSupport
import Testing
import Workflows

/// What must not depend on luck: which scenes a tile was made without, and how many threads made it.
@Suite("Faults and threads")
struct EngineFaultTests {
    private func scene(_ day: String, _ grid: GeoBox, seed: Int) -> TestCube.Scene {
        let red = (0..<grid.pixelCount).map { UInt16(1 + ($0 * 31 + seed * 7919) % 5000) }
        return TestCube.Scene(
            time: "2017-\(day)T17:20:00Z",
            grid: grid,
            red: red,
            nir: red.map { 9000 - $0 },
            qa: (0..<grid.pixelCount).map { ($0 / 7 + seed) % 5 == 0 ? 9 : 4 }
        )
    }

    private let recipe = """
        name: medians
        inputs:
          s2:
            product: scenes
            measurements: [red, nir]
            mask: {qa: {scl: [vegetation]}}
            mask_steps: [{dilate: 3}]
        grid: {tile_size: 1000, origin: {x: 0, y: 0}}
        output_defaults: {dtype: int16, nodata: -9999, scale_factor: 0.0001}
        outputs:
          - {name: "{band}_median", value: [red, nir], reduce: median}
          - {name: "{band}_mean", value: [red, nir], reduce: geomedian}
        """

    @Test func `only the tiles of a broken scene say that it was left out`() async throws {
        let cube = try await TestCube()
        let broken = scene("02-15", utmGrid(width: 20), seed: 2)
        try await cube.add(scene("01-15", utmGrid(), seed: 1))
        try await cube.add(broken)
        try FileManager.default.removeItem(atPath: cube.folder.path("\(broken.id.uuidString)_red.tif"))
        let summary = try await cube.apply(recipe, options: RunOptions(jobs: 2, skipsBroken: true))
        #expect(summary.written == 2 && summary.isComplete && summary.skipped.map(\.dataset) == [broken.id])
        let made = try await cube.datasets("features")
        let named = made.map { dataset in
            let left = dataset.document.at("properties", "antares:left_out")?.array?.compactMap(\.string) ?? []
            return "\(dataset.label ?? "") \(left.joined())"
        }
        #expect(named.count == 2, "\(named)")
        #expect(
            named.count { $0.contains("_600_") && $0.hasSuffix(broken.id.uuidString.lowercased()) } == 1,
            "\(named)"
        )
        #expect(named.count { $0.contains("_601_") && $0.hasSuffix(" ") } == 1, "\(named)")
    }

    @Test(arguments: ["NetCDF CF", "GeoTIFF"]) func `tiles have the same bytes whatever the number of threads`(
        driver: String
    ) async throws {
        let cube = try await largeCube()
        let config = try cube.config(tileSize: 20_000, driver: driver) {
            $0.replacing("x: 16, y: 16", with: "x: 256, y: 256")
        }
        var contents: [[String: Data]] = []
        for jobs in [1, 2, 5] {
            _ = try await cube.ingest(config, options: RunOptions(jobs: jobs, overwrites: true))
            contents.append(try files(cube, "tiles"))
        }
        #expect(contents[0].count >= 4 && contents[0] == contents[1] && contents[0] == contents[2])
    }

    @Test func `features have the same bytes whatever the number of threads and the memory`() async throws {
        let cube = try await largeCube()
        let large = recipe.replacing("tile_size: 1000", with: "tile_size: 20000")
        var contents: [[String: Data]] = []
        for (jobs, memory) in [(1, 1 << 30), (2, 1 << 30), (5, 60 << 20)] {
            _ = try await cube.apply(large, options: RunOptions(jobs: jobs, memory: memory, overwrites: true))
            contents.append(try files(cube, "out"))
        }
        #expect(contents[0].count >= 2 && contents[0] == contents[1] && contents[0] == contents[2])
    }

    /// Three scenes of more than a block each.
    private func largeCube() async throws -> TestCube {
        let cube = try await TestCube()
        for number in 0..<3 {
            let grid = utmGrid(column: number * 150, width: 900, height: 700)
            try await cube.add(scene("0\(number + 1)-15", grid, seed: number))
        }
        return cube
    }

    private func files(_ cube: TestCube, _ folder: String) throws -> [String: Data] {
        let root = cube.folder.path(folder)
        return try TemporaryFolder.files(below: root).reduce(into: [:]) { contents, name in
            contents[name] = try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(name)"))
        }
    }

    @Test func `what a process that is gone left behind is removed, what another one writes is not`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene("01-15", utmGrid(), seed: 1))
        _ = try await cube.ingest(try cube.config())
        let folder = cube.folder.path("tiles")
        // A process that has ended, and this one.
        let gone = try TestSupport.run("/bin/sh", ["-c", "echo $$"])
        let number = try #require(Int32(gone.output.trimmingCharacters(in: .whitespacesAndNewlines)))
        let name = try TestSupport.run("hostname", []).output.trimmingCharacters(in: .whitespacesAndNewlines)
        let host = String(name.prefix(32).map { $0.isLetter || $0.isNumber ? $0 : "_" })
        let left = [
            ".partial-\(host)-\(number)-7-t.nc", ".partial-\(host)-\(ProcessInfo.processInfo.processIdentifier)-7-t.nc",
            ".partial-another-\(number)-7-t.nc", ".partial-another-\(number)-8-t.nc",
        ]
        for name in left { try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        let old: [FileAttributeKey: Any] = [.modificationDate: Date(timeIntervalSinceNow: -100_000)]
        try FileManager.default.setAttributes(old, ofItemAtPath: "\(folder)/\(left[3])")
        #expect(try await cube.ingest(try cube.config()).alreadyThere == 2)
        let names = TemporaryFolder.files(below: folder).filter { $0.hasPrefix(".partial") }
        #expect(Set(names) == [left[1], left[2]])
    }
}
