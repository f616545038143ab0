import DatacubeIndex
import Documents
import Foundation
import Geo
import Logging
import Raster
import TestSupport
import Testing
import Workflows

@Suite("Ingestion")
struct IngestionTests {
    private func ramp(_ grid: GeoBox, from start: Int = 1000) -> [UInt16] {
        (0..<grid.pixelCount).map { UInt16(start + $0) }
    }

    private func scene(_ grid: GeoBox, time: String = "2017-01-15T17:20:00Z", from start: Int = 1000) -> TestCube.Scene
    {
        let pixels = ramp(grid, from: start)
        return TestCube.Scene(
            time: time,
            grid: grid,
            red: pixels,
            nir: pixels.map { $0 + 1 },
            qa: pixels.map { _ in 4 }
        )
    }

    /// Pixel (r, c) of cell (600, 2299) is ground pixel (r - 5, c - 10) of a scene 200 m right of and 100 m below its corner.
    @Test func `aligned scenes are pasted, every pixel in its place`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid()))
        let summary = try await cube.ingest(try cube.config())
        #expect(summary.written == 2 && summary.isComplete)
        let first = try #require(try await cube.datasets("tiles").first { $0.label?.contains("_600_2299_") == true })
        let file = try NetCDFFile(opening: try #require(first.localPath))
        #expect(file.shape(of: "red") == [1, 50, 50])
        let row = PixelWindow(column: 8, row: 5, width: 4, height: 1)
        #expect(try file.read(UInt16.self, variable: "red", window: row) == [0, 0, 1000, 1001])
        let inner = PixelWindow(column: 49, row: 6, width: 1, height: 1)
        #expect(try file.read(UInt16.self, variable: "nir", window: inner) == [UInt16(1000 + 60 + 39 + 1)])
        let below = PixelWindow(column: 10, row: 45, width: 1, height: 1)
        #expect(try file.read(UInt16.self, variable: "red", window: below) == [0])
    }

    @Test func `of two scenes of one time the first valid pixel counts`() async throws {
        let cube = try await TestCube()
        var west = scene(utmGrid(width: 20))
        west.id = UUID(uuidString: "00000000-0000-0000-0000-000000000001") ?? UUID()
        west.red[5] = 0
        var east = scene(utmGrid(column: 5, width: 20), from: 5000)
        east.id = UUID(uuidString: "00000000-0000-0000-0000-000000000002") ?? UUID()
        try await cube.add(east)
        try await cube.add(west)
        let summary = try await cube.ingest(try cube.config())
        #expect(summary.written == 1)
        let tile = try #require(try await cube.datasets("tiles").first)
        let file = try NetCDFFile(opening: try #require(tile.localPath))
        let window = PixelWindow(column: 13, row: 5, width: 4, height: 1)
        #expect(try file.read(UInt16.self, variable: "red", window: window) == [1003, 1004, 5000, 1006])
        #expect(tile.document.at("lineage", "source")?.array?.count == 2)
    }

    /// Filters as h5dump names them.
    @Test(.enabled(if: isInstalled("h5dump"), "SKIPPED: H5DUMP IS NOT INSTALLED"))
    func `fletcher32, contiguous, metadata_type and version do what they say`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid(width: 20)))
        let config = try cube.config { text in
            var text = text.replacing(
                "output_type: tiles",
                with: "output_type: tiles\nmetadata_type: eo3\ntaskfile_version: 7"
            )
            text = text.replacing("{start_time}.nc", with: "{start_time}_v{version}.nc")
            let band = "name: red, src_varname: red, dtype: uint16, nodata: 0, resampling_method: nearest, zlib: true"
            text = text.replacing(band, with: band + ", fletcher32: false")
            let other = band.replacing("red", with: "nir")
            return text.replacing(other, with: other.replacing("zlib: true", with: "contiguous: true"))
        }
        #expect(try await cube.ingest(config).isComplete)
        let tile = try #require(try await cube.datasets("tiles").first)
        let path = try #require(tile.localPath)
        #expect(path.hasSuffix("_v7.nc"))
        #expect(try await cube.index.product(named: "tiles").metadataType == "eo3")
        func filters(_ name: String) throws -> String {
            try run("h5dump", ["-p", "-H", "-d", "/\(name)", path]).output
        }
        let (red, nir, qa) = (try filters("red"), try filters("nir"), try filters("qa"))
        #expect(red.contains("DEFLATE") && red.contains("SHUFFLE") && !red.contains("FLETCHER32"), "\(red)")
        #expect(qa.contains("DEFLATE") && qa.contains("FLETCHER32"), "\(qa)")
        #expect(
            !nir.contains("DEFLATE") && !nir.contains("FLETCHER32") && nir.contains("CHUNKED ( 1, 50, 50 )"),
            "\(nir)"
        )
        let row = PixelWindow(column: 10, row: 5, width: 2, height: 1)
        #expect(try NetCDFFile(opening: path).read(UInt16.self, variable: "nir", window: row) == [1001, 1002])
        let error = #expect(throws: DocumentError.self) {
            _ = try Ingestion(
                cube.config { $0.replacing("zlib: true", with: "zlib: true, contiguous: true") },
                software: "antares test"
            )
        }
        #expect(error?.description.contains("cannot be true beside contiguous") == true)
        let field = #expect(throws: DocumentError.self) {
            _ = try Ingestion(cube.config { $0.replacing("{start_time}", with: "{start}") }, software: "antares test")
        }
        #expect(field?.description.contains("has the unknown field '{start}'") == true)
    }

    /// Expected: what netCDF4 of Python (under datacube 1.8's own class for files) writes of the same document, by ncdump.
    @Test(.enabled(if: isInstalled("ncdump"), "SKIPPED: NCDUMP IS NOT INSTALLED"))
    func `attributes are written in the type that they have in the configuration`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid(width: 20)))
        let given = """
            title: test, product_version: 2, large: 5000000000, ratio: 0.5, power: 1.0e+3, day: 2020-01-01, ints: [1, 2, 3],
                mixed: [1, 2.5], texts: [a, bc], one: [abc], lone: [7], none: [], both: [1, a]
            """
        let config = try cube.config { text in
            text.replacing("{title: test}", with: "{\(given)}")
                .replacing("src_varname: red,", with: "src_varname: red, attrs: {alias: b, valid_range: [0, 10000]},")
        }
        #expect(try await cube.ingest(config).isComplete)
        let path = try #require(try await cube.datasets("tiles").first?.localPath)
        let lines = try run("ncdump", ["-h", path]).output.split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        for line in [
            ":title = \"test\" ;", ":product_version = 2LL ;", ":large = 5000000000LL ;", ":ratio = 0.5 ;",
            ":power = 1000. ;", ":day = \"2020-01-01\" ;", ":ints = 1LL, 2LL, 3LL ;", ":mixed = 1., 2.5 ;",
            "string :texts = \"a\", \"bc\" ;", ":one = \"abc\" ;", ":lone = 7LL ;", ":none = \"\" ;",
            "string :both = \"1\", \"a\" ;", "red:alias = \"b\" ;", "red:valid_range = 0LL, 10000LL ;",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        for wrong in ["flag: true", "nothing: null", "nested: {a: 1}", "flags: [true, false]"] {
            let error = #expect(throws: DocumentError.self) {
                _ = try Ingestion(cube.config { $0.replacing("title: test", with: wrong) }, software: "antares test")
            }
            #expect(error?.description.contains("must be text, a number or a list of these") == true)
        }
    }

    /// Expected pixels come from gdalwarp.
    @Test(
        .enabled(if: isInstalled("gdalwarp"), "SKIPPED: GDALWARP IS NOT INSTALLED"),
        arguments: [("nearest", "near", 60.0), ("nearest", "near", 500.0), ("average", "average", 100.0)]
    )
    func `pixels of tiles much coarser than their scene are gdalwarp's`(
        resampling: String,
        method: String,
        size: Double
    ) async throws {
        let cube = try await TestCube()
        var scene = scene(utmGrid(width: 211, height: 193))
        scene.red = scene.red.map { UInt16(1000 + Int($0) * 7919 % 20_000) }
        try await cube.add(scene)
        let tileSize = 12 * size
        let config = try cube.config(tileSize: tileSize, resolution: size, resampling: resampling)
        let summary = try await cube.ingest(config)
        #expect(summary.isComplete && summary.written > 0)
        let red = try #require(cube.folder.files().first { $0.hasSuffix("_red.tif") })
        for tile in try await cube.datasets("tiles") {
            let box = try #require(tile.geoBox(of: "red"))
            let out = cube.folder.path("\(tile.idText).tif")
            let sides = [box.bounds.left, box.bounds.bottom, box.bounds.right, box.bounds.top].map { "\($0)" }
            let warped = try run(
                "gdalwarp",
                ["-q", "-r", method, "-et", "0", "-ovr", "NONE", "-srcnodata", "0", "-dstnodata", "0", "-te"] + sides
                    + ["-tr", "\(size)", "\(size)", cube.folder.path(red), out]
            )
            #expect(warped.status == 0, "\(warped.errors)")
            let whole = PixelWindow(column: 0, row: 0, width: box.width, height: box.height)
            let path = try #require(tile.localPath)
            let made = try NetCDFFile(opening: path).read(UInt16.self, variable: "red", window: whole)
            let expected = try RasterFile(opening: out).read(UInt16.self, band: 1)
            #expect(made == expected)
            #expect(made.contains { $0 != 0 })
        }
    }

    @Test func `saved tasks are made by another run, unless their scenes have changed`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid()))
        let file = cube.folder.path("tasks.yaml")
        let saved = try await Ingestion(try cube.config(), software: "antares test").save(
            tasksTo: file,
            on: cube.index,
            options: RunOptions(jobs: 1),
            log: Logger(label: "test")
        ) { _, _ in }
        #expect(saved.planned == 2 && saved.written == 0)
        // Half of the list is left, as for one of two machines.
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let last = try #require(text.split(separator: "\n").last { $0.contains("tile (") })
        try text.replacing("\(last)\n", with: "").write(toFile: file, atomically: true, encoding: .utf8)
        func load() async throws -> RunSummary {
            let tasks = try IngestionTasks(reading: file)
            var ingestion = try Ingestion(tasks.configuration, software: "antares test")
            ingestion.tasks = tasks
            return
                try await ingestion
                .run(on: cube.index, options: RunOptions(jobs: 1), log: Logger(label: "test")) { _, _ in }
        }
        let made = try await load()
        #expect(made.planned == 1 && made.written == 1 && made.isComplete)
        try await cube.add(scene(utmGrid(), from: 3000))
        let error = await #expect(throws: WorkflowError.self) { _ = try await load() }
        #expect(error?.description.contains("would be made of other scenes or settings now") == true)
    }

    /// As Python's datacube: safe changes alone, and only where they are allowed.
    @Test func `another definition of the tiles' product is refused, or updates it where that is safe`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid(width: 20)))
        _ = try await cube.ingest(try cube.config())
        func run(_ old: String, _ new: String, allows: Bool, isDryRun: Bool = false) async throws -> RunSummary {
            var ingestion = try Ingestion(
                cube.config { $0.replacing(old, with: new) },
                software: "antares test"
            )
            ingestion.allowsProductChanges = allows
            return try await ingestion.run(
                on: cube.index,
                options: RunOptions(jobs: 1, isDryRun: isDryRun),
                log: Logger(label: "test")
            ) { _, _ in }
        }
        let text = ("description: test tiles", "description: other tiles")
        let refused = await #expect(throws: WorkflowError.self) { _ = try await run(text.0, text.1, allows: false) }
        #expect(refused?.description.contains("product 'tiles' is in the index with another definition") == true)
        #expect(refused?.description.contains("--allow-product-changes") == true)
        func description() async throws -> String { try await cube.index.product(named: "tiles").description }
        #expect(try await run(text.0, text.1, allows: true, isDryRun: true).planned == 1)
        #expect(try await description() == "test tiles")
        #expect(try await run(text.0, text.1, allows: true).isComplete)
        #expect(try await description() == "other tiles")
        let unsafe = await #expect(throws: WorkflowError.self) {
            _ = try await run("dtype: uint16", "dtype: int32", allows: true)
        }
        #expect(unsafe?.description.contains("would no longer fit its tiles") == true, "\(String(describing: unsafe))")
        #expect(try await cube.index.product(named: "tiles").measurements.allSatisfy { $0.dtype != .int32 })
    }

    /// Sentinel-2 from baseline 04.00 stores reflectance * 10000 + 1000; tiles hold reflectance * 10000.
    @Test func `an offset of the dataset is taken off once, and no valid pixel becomes nodata`() async throws {
        let cube = try await TestCube()
        var scene = scene(utmGrid(width: 4, height: 1))
        (scene.red, scene.addOffset) = ([0, 900, 1000, 3500], -0.1)
        try await cube.add(scene)
        _ = try await cube.ingest(try cube.config())
        let tile = try #require(try await cube.datasets("tiles").first)
        let file = try NetCDFFile(opening: try #require(tile.localPath))
        let window = PixelWindow(column: 10, row: 5, width: 4, height: 1)
        #expect(try file.read(UInt16.self, variable: "red", window: window) == [0, 1, 1, 2500])
    }

    @Test(
        .enabled(if: isInstalled("gdalwarp"), "SKIPPED: GDALWARP IS NOT INSTALLED"),
        arguments: [("nearest", "near"), ("bilinear", "bilinear"), ("average", "average")]
    )
    func `scenes in another CRS are warped as gdalwarp does it`(method: String, gdal: String) async throws {
        let cube = try await TestCube()
        let grid = utmGrid()
        var scene = scene(grid)
        // Noise shows every misplaced neighbour; a slope shows what an interpolation is off by.
        scene.red = (0..<grid.pixelCount).map { pixel in
            let slope = 1000 + 10 * (pixel % grid.width) + 7 * (pixel / grid.width)
            return UInt16(method == "nearest" ? 1000 + (pixel * 7919) % 3000 : slope)
        }
        try await cube.add(scene)
        let summary = try await cube.ingest(
            try cube.config(crs: "EPSG:6372", tileSize: 3000, resolution: 30, resampling: method)
        )
        #expect(summary.isComplete && summary.written >= 1)
        var valid = 0
        for tile in try await cube.datasets("tiles") {
            let box = try #require(tile.geoBox(of: "red"))
            let expected = cube.folder.path("expected-\(tile.idText).tif")
            let b = box.bounds
            let warped = try run(
                "gdalwarp",
                [
                    "-q", "-t_srs", "EPSG:6372", "-te", "\(b.left)", "\(b.bottom)", "\(b.right)", "\(b.top)", "-tr",
                    "30", "30",
                    "-r", gdal, "-srcnodata", "0", "-dstnodata", "0",
                    cube.folder.path("\(scene.id.uuidString)_red.tif"), expected,
                ]
            )
            #expect(warped.status == 0, "\(warped.errors)")
            let theirs = try RasterFile(opening: expected).read(UInt16.self, band: 1)
            let whole = PixelWindow(column: 0, row: 0, width: box.width, height: box.height)
            let ours = try NetCDFFile(opening: try #require(tile.localPath))
                .read(UInt16.self, variable: "red", window: whole)
            // GDAL's transformer is exact to an eighth of a pixel and depends on the window it is made for, so that a
            // nearest neighbour at the edge between two pixels may differ: less than one in a hundred does.
            let different = zip(ours, theirs).count { abs(Int($0) - Int($1)) > (method == "nearest" ? 0 : 3) }
            #expect(different * 100 < ours.count, "\(different) of \(ours.count) differ")
            valid += ours.count { $0 != 0 }
        }
        #expect(valid > 800)
    }

    @Test func `a second run makes nothing, and a damaged tile is made again`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid()))
        let config = try cube.config()
        _ = try await cube.ingest(config)
        let again = try await cube.ingest(config)
        #expect(again.written == 0 && again.alreadyThere == 2)
        let path = try #require(try await cube.datasets("tiles").first?.localPath)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        try before.prefix(before.count / 2).write(to: URL(fileURLWithPath: path))
        let mended = try await cube.ingest(config)
        #expect(mended.written == 1 && mended.alreadyThere == 1)
        let after = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(after == before)
        #expect(try await cube.datasets("tiles").count == 2)
    }

    @Test func `damage within a netCDF tile of the right length is found by reading it`() async throws {
        let cube = try await TestCube()
        var noisy = scene(utmGrid())
        noisy.red = noisy.red.indices.map { UInt16(1000 + ($0 * 7919) % 30_000) }
        try await cube.add(noisy)
        let config = try cube.config()
        _ = try await cube.ingest(config)
        let name = try #require(cube.folder.files().first { $0.contains("t_600_2299") && $0.hasSuffix(".nc") })
        let url = URL(fileURLWithPath: cube.folder.path(name))
        let before = try Data(contentsOf: url)
        // The longest run of bytes that look compressed holds the pixels: a few of them are turned over.
        let middle = try longestDenseRun(in: before)
        var damaged = before
        for offset in middle..<middle + 16 { damaged[offset] ^= 0xFF }
        try damaged.write(to: url)
        #expect(try await cube.ingest(config).alreadyThere == 2)
        let mended = try await cube.ingest(config, options: RunOptions(jobs: 2, verifies: true))
        #expect(mended.written == 1 && mended.alreadyThere == 1)
        let after = try Data(contentsOf: url)
        #expect(after == before)
    }

    /// Where the middle of the longest run without four equal bytes in a row is.
    private func longestDenseRun(in data: Data) throws -> Int {
        let bytes = Array(data)
        var (best, start) = (0..<0, 0)
        for index in 3..<bytes.count where Set(bytes[index - 3...index]).count == 1 {
            if index - start > best.count { best = start..<index }
            start = index
        }
        if bytes.count - start > best.count { best = start..<bytes.count }
        try #require(best.count > 200)
        return best.lowerBound + best.count / 2
    }

    @Test func `new scenes make new tiles only, and replace what they change`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid(width: 20)))
        let config = try cube.config()
        _ = try await cube.ingest(config)
        try await cube.add(scene(utmGrid(width: 20), time: "2017-02-15T17:20:00Z"))
        #expect(try await cube.ingest(config).written == 1)
        try await cube.add(scene(utmGrid(column: 20, width: 10)))
        let third = try await cube.ingest(config)
        #expect(third.written == 1 && third.alreadyThere == 1)
        #expect(try await cube.datasets("tiles").count == 2)
    }

    @Test func `GeoTIFF tiles are one cloud-optimised file a measurement with a document beside them`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid(width: 20)))
        let config = try cube.config(driver: "GeoTIFF")
        #expect(try await cube.ingest(config).written == 1)
        let tile = try #require(try await cube.datasets("tiles").first)
        let source = try #require(tile.source(of: "red"))
        let file = try RasterFile(opening: source.name)
        let window = PixelWindow(column: 10, row: 5, width: 2, height: 1)
        #expect(try file.read(UInt16.self, band: 1, window: window) == [1000, 1001])
        #expect(try YAML.parse(file: try #require(tile.localPath)).first?.value["id"]?.string == tile.idText)
        #expect(try await cube.ingest(config).alreadyThere == 1)
    }

    @Test func `one broken scene costs its own tile and is named`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid(width: 20)))
        let broken = scene(utmGrid(width: 20), time: "2017-03-01T17:20:00Z")
        try await cube.add(broken)
        let file = cube.folder.path("\(broken.id.uuidString)_nir.tif")
        try Data("no raster".utf8).write(to: URL(fileURLWithPath: file))
        let summary = try await cube.ingest(try cube.config())
        #expect(summary.written == 1 && summary.failures.count == 1)
        #expect(summary.failures.first?.tile.contains("2017-03-01") == true)
        #expect(summary.failures.first?.reason.contains(file) == true)
        let left = cube.folder.files().filter { $0.hasPrefix("tiles/") }
        #expect(left.count == 1 && left.allSatisfy { !$0.contains("partial") })
    }

    @Test func `a dry run tells sizes and writes nothing`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid()))
        let summary = try await cube.ingest(try cube.config(), options: RunOptions(jobs: 2, isDryRun: true))
        #expect(summary.planned == 2 && summary.written == 0)
        #expect(summary.bytesAtMost > 5 * 60 * 40 && summary.peakMemory > 0)
        #expect(try await cube.datasets("tiles").isEmpty)
        #expect(!FileManager.default.fileExists(atPath: cube.folder.path("tiles")))
    }

    @Test(arguments: [
        (
            "tile_size:", "tile_sizee:",
            "config.yaml:10: 'storage.tile_sizee' is an unknown key. Did you mean 'tile_size'?"
        ),
        (
            "driver: NetCDF CF", "driver: NetCDF",
            "config.yaml:8: 'storage.driver' has the unknown value 'NetCDF'. Did you mean 'NetCDF CF'?"
        ),
        (
            "dtype: uint8", "dtype: uint",
            "config.yaml:19: 'measurements[2].dtype' has the unknown value 'uint'. Did you mean 'uint8'?"
        ),
        (
            "x: 1000.0, y: 1000.0", "x: 1010.0, y: 1010.0",
            "config.yaml:7: 'storage' has a tile_size.x of 50.5 pixels. Cells would leave gaps"
        ),
        (
            "src_varname: nir", "src_varname: nirr",
            "config.yaml:18: 'measurements[1].src_varname' names the measurement 'nirr', "
                + "which product 'scenes' lacks. Did you mean 'nir'?"
        ),
        (
            "source_type: scenes", "source_type: scene",
            "config.yaml:1: 'source_type' names the product 'scene', which is not in the index. Did you mean 'scenes'?"
        ),
    ])
    func `a mistake in the configuration is named with line and nearest word`(
        old: String,
        new: String,
        message: String
    ) async throws {
        let cube = try await TestCube()
        try await cube.add(scene(utmGrid()))
        do {
            _ = try await cube.ingest(try cube.config { $0.replacing(old, with: new) })
            Issue.record("no error")
        } catch {
            #expect("\(error)".hasPrefix(message), "\(error)")
        }
    }
}
