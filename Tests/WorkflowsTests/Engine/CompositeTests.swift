import DatacubeIndex
import Foundation
import Geo
import Logging
import Raster
import TestSupport
import Testing
import Workflows

@Suite("Composites and exports without ingestion")
struct CompositeTests {
    private static let everywhere = RecipeApplication.Region(
        name: "test",
        polygon: MultiPolygon(BoundingBox(left: -105, bottom: 19, right: -103, top: 22)),
        isEverywhere: true
    )

    private func scene(_ day: String, _ grid: GeoBox, seed: Int) -> TestCube.Scene {
        let red = (0..<grid.pixelCount).map { UInt16(($0 * 31 + seed * 7919) % 5000) }
        return TestCube.Scene(
            time: "2017-\(day)T17:20:00Z",
            grid: grid,
            red: red,
            nir: red.map { $0 == 0 ? 0 : 9000 - $0 },
            qa: (0..<grid.pixelCount).map { ($0 + seed) % 5 == 0 ? 9 : 4 }
        )
    }

    private func composite(
        _ cube: TestCube,
        _ path: String,
        time: String = "2017",
        period: String? = nil
    ) throws
        -> Composite
    {
        Composite(
            product: "scenes",
            bands: ["red", "nir"],
            reducer: "median",
            time: try #require(TimeRange(period: time)),
            period: period.flatMap { PeriodLength($0) },
            region: Self.everywhere,
            target: MosaicTarget(path: path),
            software: "antares test"
        )
    }

    private func run(_ composite: Composite, on cube: TestCube, jobs: Int = 2) async throws -> RunSummary {
        try await composite.run(on: cube.index, options: RunOptions(jobs: jobs), log: Logger(label: "test")) { _, _ in }
    }

    /// By hand: the median of those valid samples whose class is 4, an even number gives the mean, rounded half up.
    @Test func `the median of scenes is taken pixel by pixel, masked by flags`() async throws {
        let cube = try await TestCube()
        let grid = utmGrid()
        let scenes = (0..<5).map { scene("0\($0 + 1)-15", grid, seed: $0) }
        for scene in scenes { try await cube.add(scene) }
        let path = cube.folder.path("out.tif")
        var composite = try composite(cube, path)
        composite.masks = [("qa", "scl", ["vegetation"])]
        #expect(try await run(composite, on: cube).written == 1)
        let file = try RasterFile(opening: path)
        #expect(file.bandCount == 2 && file.geoBox?.affine == grid.affine && file.width == 60 && file.height == 40)
        let expected = (0..<grid.pixelCount).map { pixel -> UInt16 in
            let values = scenes.filter { $0.qa[pixel] == 4 && $0.red[pixel] != 0 }.map { $0.red[pixel] }.sorted()
            guard !values.isEmpty else { return 0 }
            let (low, high) = (values[(values.count - 1) / 2], values[values.count / 2])
            return UInt16((Int(low) + Int(high) + 1) / 2)
        }
        #expect(try file.read(UInt16.self, band: 1) == expected)
        let info = try TestSupport.run("gdalinfo", [path]).output
        for text in ["Description = red", "Description = nir", "Offset: 0,   Scale:0.0001"] {
            #expect(info.contains(text), "\(info)")
        }
        #expect(try await run(composite, on: cube).alreadyThere == 1)
    }

    @Test func `threads change no byte`() async throws {
        let cube = try await TestCube()
        for number in 0..<4 { try await cube.add(scene("0\(number + 1)-15", utmGrid(column: number), seed: number)) }
        let (one, two) = (cube.folder.path("one.tif"), cube.folder.path("two.tif"))
        _ = try await run(try composite(cube, one), on: cube, jobs: 1)
        _ = try await run(try composite(cube, two), on: cube, jobs: 2)
        let (a, b) = (try Data(contentsOf: URL(fileURLWithPath: one)), try Data(contentsOf: URL(fileURLWithPath: two)))
        #expect(a == b)
    }

    @Test func `each period has a file of its own, and one without scenes none`() async throws {
        let cube = try await TestCube()
        for day in ["01-15", "02-10", "04-20"] { try await cube.add(scene(day, utmGrid(), seed: 1)) }
        let summary = try await run(try composite(cube, cube.folder.path("q.tif"), period: "P1M"), on: cube)
        #expect(summary.written == 3 && summary.notes.count == 9)
        let files = cube.folder.files().filter { $0.hasPrefix("q_") }
        #expect(files == ["q_2017-01-01.tif", "q_2017-02-01.tif", "q_2017-04-01.tif"])
    }

    @Test(arguments: [
        ("P1Y", "2016-05-01", ["2016-05-01", "2017-01-01"]), ("P3M", "2016-11-20", ["2016-11-20", "2017-01-01"]),
        ("P16D", "2017-02-01", ["2017-02-01", "2017-02-17", "2017-03-05"]),
    ])
    func `periods follow the calendar, days the beginning`(text: String, begin: String, expected: [String]) throws {
        let period = try #require(PeriodLength(text))
        let first = try #require(TimeRange(period: begin)).begin
        let last = try #require(TimeRange(period: "2017-03-10")).end
        let starts = period.ranges(of: TimeRange(begin: first, end: last)).map { Timestamp.day($0.begin) }
        #expect(starts == expected)
    }

    /// By gdalwarp of the whole at once: a strip of its own at the edge of a block would be blurred by kernels many times too
    /// wide, and be off by hundreds.
    @Test(.enabled(if: isInstalled("gdalwarp"), "SKIPPED: GDAL'S TOOLS ARE NOT INSTALLED"))
    func `narrow blocks at the edge of a warp are as sharp as those beside them`() async throws {
        let cube = try await TestCube()
        let grid = utmGrid(width: 640, height: 580)
        var noise = scene("03-01", grid, seed: 1)
        noise.red = noise.red.map { $0 + 1000 }
        try await cube.add(noise)
        let path = cube.folder.path("cubic.tif")
        var export = Export(
            product: "scenes",
            bands: ["red"],
            time: nil,
            region: nil,
            target: MosaicTarget(path: path),
            software: "antares test"
        )
        export.resampling = ResamplingChoice(try #require(Resampling(name: "cubic")))
        export.gridding = GridOptions(crs: CRS("EPSG:6372"), resolution: XY(x: 23, y: -23))
        _ = try await export.run(on: cube.index, options: RunOptions(jobs: 1), log: Logger(label: "t")) { _, _ in }
        let file = try RasterFile(opening: path)
        let made = file.geoBox
        let b = try #require(made).bounds
        #expect((513..<640).contains(file.width), "\(file.width) columns: a block of 512 and a strip")
        let warped = cube.folder.path("warped.tif")
        let result = try TestSupport.run(
            "gdalwarp",
            [
                "-q", "-t_srs", "EPSG:6372", "-r", "cubic", "-srcnodata", "0", "-dstnodata", "0", "-te", "\(b.left)",
                "\(b.bottom)", "\(b.right)", "\(b.top)", "-tr", "23", "23",
                cube.folder.path("\(noise.id.uuidString)_red.tif"), warped,
            ]
        )
        #expect(result.status == 0, "\(result.errors)")
        let strip = PixelWindow(column: 512, row: 60, width: file.width - 512, height: 400)
        let ours = try file.read(UInt16.self, band: 1, window: strip)
        let theirs = try RasterFile(opening: warped).read(UInt16.self, band: 1, window: strip)
        let off = zip(ours, theirs).filter { $0 != 0 && $1 != 0 }.map { abs(Double($0) - Double($1)) }
        #expect(off.count > 5000 && off.reduce(0, +) / Double(max(off.count, 1)) < 60, "\(off.max() ?? 0)")
    }

    /// The numbers are those of gdaltransform.
    @Test func `an export of a time or place without data says when and where there are some`() async throws {
        let cube = try await TestCube()
        try await cube.add(scene("03-01", utmGrid(), seed: 1))
        let export = Export(
            product: "scenes",
            bands: [],
            time: TimeRange(period: "2018"),
            region: Self.everywhere,
            target: MosaicTarget(path: cube.folder.path("none.tif")),
            software: "antares test"
        )
        let error = await #expect(throws: WorkflowError.self) {
            _ = try await export.run(on: cube.index, options: RunOptions(jobs: 1), log: Logger(label: "t")) { _, _ in }
        }
        #expect(
            error?.description
                == "product 'scenes' has no data between 2018-01-01 and 2018-12-31 in the region. The product "
                + "has data from 2017-03-01 to 2017-03-01, longitudes -104.04 to -104.03, latitudes 20.79 to 20.80."
        )
    }

    @Test(
        .enabled(if: isInstalled("gdalwarp"), "SKIPPED: GDAL'S TOOLS ARE NOT INSTALLED"),
        arguments: ["bilinear", "near"]
    )
    func `an export onto another CRS equals gdalwarp, newest on top, clipped as gdal_rasterize`(
        method: String
    ) async throws {
        let cube = try await TestCube()
        let grid = utmGrid(width: 300, height: 200)
        func ground(_ seed: Int) -> TestCube.Scene {
            var scene = scene("0\(seed)-01", grid, seed: seed)
            scene.red = (0..<grid.pixelCount).map { pixel in
                let (row, column) = (pixel / grid.width, pixel % grid.width)
                return row > 100 && column > 200 && seed == 2 ? 0 : UInt16(1000 + 10 * column + 7 * row + 500 * seed)
            }
            return scene
        }
        let (old, new) = (ground(1), ground(2))
        for scene in [old, new] { try await cube.add(scene) }
        let shape = """
            {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": {"type": "Polygon",
            "coordinates": [[[-104.03, 20.79], [-103.99, 20.795], [-103.985, 20.76], [-104.02, 20.765], [-104.03, 20.79]]]}}]}
            """
        let border = try cube.folder.write(shape, to: "border.geojson")
        let path = cube.folder.path("export.tif")
        var export = Export(
            product: "scenes",
            bands: ["red"],
            time: nil,
            region: try RecipeApplication.Region(file: border),
            target: MosaicTarget(path: path, compression: .zstd),
            software: "antares test"
        )
        export.resampling = ResamplingChoice(try #require(Resampling(name: method)))
        export.clips = true
        export.gridding = GridOptions(crs: CRS("EPSG:6372"), resolution: XY(x: 20, y: -20))
        let summary = try await export.run(on: cube.index, options: RunOptions(jobs: 2), log: Logger(label: "t")) {
            _,
            _ in
        }
        #expect(summary.written == 1)
        let file = try RasterFile(opening: path)
        let made = file.geoBox
        let box = try #require(made)
        let b = box.bounds
        func red(_ scene: TestCube.Scene) -> String { cube.folder.path("\(scene.id.uuidString)_red.tif") }
        let extent = ["-te", "\(b.left)", "\(b.bottom)", "\(b.right)", "\(b.top)", "-tr", "20", "20"]
        let warped = cube.folder.path("warped.tif")
        let result = try TestSupport.run(
            "gdalwarp",
            ["-q", "-t_srs", "EPSG:6372", "-r", method, "-srcnodata", "0", "-dstnodata", "0", "-et", "0"] + extent
                + [red(old), red(new), warped]
        )
        #expect(result.status == 0, "\(result.errors)")
        let cut = try TestSupport.run(
            "gdalwarp",
            ["-q", "-t_srs", "EPSG:6372", "-cutline", border, "-dstnodata", "0"] + extent + [
                warped, warped + ".cut.tif",
            ]
        )
        #expect(cut.status == 0, "\(cut.errors)")
        let theirs = try RasterFile(opening: warped + ".cut.tif").read(UInt16.self, band: 1)
        let ours = try file.read(UInt16.self, band: 1)
        #expect(ours.count == theirs.count && ours.count { $0 != 0 } > 5000)
        // GDAL cuts by an edge that it carries over itself; a slope of 10 shows a shift of a twentieth of a pixel as 1.
        let edge = zip(ours, theirs).count { ($0 == 0) != ($1 == 0) }
        let inner = zip(ours, theirs).count { $0 != 0 && $1 != 0 && abs(Int($0) - Int($1)) > 1 }
        #expect(edge * 100 < ours.count, "\(edge) of \(ours.count) at the edge")
        #expect(inner * 200 < ours.count, "\(inner) of \(ours.count) differ")
    }

    @Test func `a scene that breaks in the middle fails its tile, or is left out and named`() async throws {
        let cube = try await TestCube()
        let grid = utmGrid(width: 400, height: 600)
        let good = scene("01-15", grid, seed: 1)
        let broken = scene("02-15", grid, seed: 2)
        for scene in [good, broken] { try await cube.add(scene) }
        let file = cube.folder.path("\(broken.id.uuidString)_nir.tif")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        // The second half of the pixels is noise; tables and the first blocks are whole.
        var damaged = bytes
        for index in damaged.count / 2..<damaged.count * 3 / 4 {
            damaged[index] = UInt8(truncatingIfNeeded: index * 7919)
        }
        try damaged.write(to: URL(fileURLWithPath: file))
        let path = cube.folder.path("out.tif")
        let failed = try await run(try composite(cube, path), on: cube)
        #expect(failed.failures.count == 1 && failed.failures[0].reason.contains(file))
        #expect(!cube.folder.files().contains { $0.contains("partial") || $0 == "out.tif" })
        let options = RunOptions(jobs: 2, skipsBroken: true)
        let made = try await composite(cube, path).run(on: cube.index, options: options, log: Logger(label: "t")) {
            _,
            _ in
        }
        #expect(made.written == 1 && made.isComplete && made.skipped.map(\.dataset) == [broken.id])
        // What is left is the median of one scene: itself.
        #expect(try RasterFile(opening: path).read(UInt16.self, band: 1) == good.red)
    }
}
