import Foundation
import Geo
import Raster
import TestSupport
import Testing

/// `composite` and `apply_recipe` with what says when and where, on scenes of one tile.
@Suite(
    "Periods and areas, as a program",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: THE ENGINE'S COMMANDS NEED POSTGRESQL"),
    .enabled(if: isInstalled("gdal_rasterize") && isInstalled("ogr2ogr"), "SKIPPED: GDAL'S TOOLS ARE NOT INSTALLED")
)
struct AreaProgramTests {
    private static let days = ["2016-03-05", "2016-08-20", "2017-03-05", "2017-03-25", "2017-07-11"]
    private static let grid = GeoBox(
        crs: CRS("EPSG:32613"),
        affine: Affine(origin: Point(x: 600_000, y: 2_300_000), resolution: XY(x: 30, y: -30)),
        width: 100,
        height: 200
    )

    /// A pixel of the scene of a number.
    private static func pixel(_ column: Int, _ row: Int, scene: Int) -> Int { 100 << scene + column + 3 * row }

    private func cube() throws -> TestJob {
        let job = try TestJob()
        let (home, grid) = (job.program.home, Self.grid)
        _ = try home.write(TwinIndex.product, to: "p.yaml")
        for (number, day) in Self.days.enumerated() {
            let pixels = (0..<grid.pixelCount).map {
                UInt16(Self.pixel($0 % grid.width, $0 / grid.width, scene: number))
            }
            try RasterOutput.write(bands: [pixels], on: grid, to: home.path("a\(number).tif"), format: .geoTIFF)
            let text = TwinIndex.scene(number, time: "\(day)T17:20:00Z").replacing("a.tif", with: "a\(number).tif")
            _ = try home.write(text, to: "s\(number).yaml")
        }
        let scenes = Self.days.indices.map { "s\($0).yaml" }.joined(separator: " ")
        try run(job, "datacube system init")
        try run(job, "datacube product add p.yaml")
        try run(job, "datacube dataset add \(scenes)")
        return job
    }

    private func run(_ job: TestJob, _ line: String) throws {
        let result = try job.run(line)
        try #require(result.status == 0, "\(line): \(result.errors)")
    }

    private func read(_ path: String) throws -> (grid: GeoBox, pixels: [UInt16]) {
        let file = try RasterFile(opening: path)
        let box = file.geoBox
        return (try #require(box), try file.read(UInt16.self, band: 1))
    }

    /// Means by hand: 100 · 2^n is what tells scenes apart.
    @Test func `a composite has a file for each year or month that has scenes`() throws {
        let job = try cube()
        try run(job, "antares composite -p demo -b red --reduce mean --time 2016 2017 --period P1Y -o year.tif")
        try run(job, "antares composite -p demo -b red --reduce max --time 2016 2017 --period P1M -o month.tif")
        try run(job, "antares composite -p demo -b red --reduce sum --time 2016-08 2017-03 -o all.tif")
        let slope = (0..<Self.grid.pixelCount).map { $0 % Self.grid.width + 3 * ($0 / Self.grid.width) }
        let expected: [(String, (Int) -> Int)] = [
            ("year_2016-01-01.tif", { 150 + $0 }),
            // (400 + 800 + 1600) / 3 = 933.3.
            ("year_2017-01-01.tif", { 933 + $0 }), ("month_2016-03-01.tif", { 100 + $0 }),
            ("month_2016-08-01.tif", { 200 + $0 }), ("month_2017-03-01.tif", { 800 + $0 }),
            ("month_2017-07-01.tif", { 1600 + $0 }), ("all.tif", { 200 + 400 + 800 + 3 * $0 }),
        ]
        for (name, value) in expected {
            let made = try read(job.program.home.path(name))
            #expect(made.grid == Self.grid && made.pixels.map { Int($0) } == slope.map(value), "\(name)")
        }
        let files = job.program.home.files().filter { $0.hasPrefix("month") || $0.hasPrefix("year") }
        #expect(files.sorted() == expected.map(\.0).filter { $0 != "all.tif" }.sorted())
    }

    @Test func `export lays the newest on top, or the earliest, and db_to_raster does the same`() throws {
        let job = try cube()
        try run(job, "antares export -n demo -b red --time 2016 2017-03 -o newest.tif")
        try run(job, "antares export -n demo -b red --time 2016 2017-03 --earliest-first -o earliest.tif")
        try run(job, "antares db_to_raster -n demo -f old.tif")
        for (name, scene) in [("newest.tif", 3), ("earliest.tif", 0), ("old.tif", 4)] {
            let made = try read(job.program.home.path(name))
            let expected = (0..<Self.grid.pixelCount).map {
                Self.pixel($0 % Self.grid.width, $0 / Self.grid.width, scene: scene)
            }
            #expect(made.grid == Self.grid && made.pixels.map { Int($0) } == expected, "\(name)")
        }
    }

    private static func shape(_ ring: [(Double, Double)]) -> String {
        let corners = ring.map { "[\($0.0), \($0.1)]" }.joined(separator: ", ")
        return """
            {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},
            "geometry": {"type": "Polygon", "coordinates": [[\(corners)]]}}]}
            """
    }

    /// Which pixels of a grid have their centres in a polygon of longitudes and latitudes, by gdal_rasterize; or all those
    /// that it touches.
    private func inside(_ job: TestJob, _ shape: String, _ grid: GeoBox, touched: Bool = false) throws -> [Bool] {
        let (moved, mask, b) = (job.program.home.path("moved.geojson"), job.program.home.path("mask.tif"), grid.bounds)
        for path in [moved, mask] { try? FileManager.default.removeItem(atPath: path) }
        let carried = try TestSupport.run(
            "ogr2ogr",
            ["-t_srs", "EPSG:32613", "-segmentize", "0.001", "-lco", "RFC7946=NO", moved, shape]
        )
        #expect(carried.status == 0, "\(carried.errors)")
        let burnt = try TestSupport.run(
            "gdal_rasterize",
            ["-q", "-burn", "1", "-ot", "Byte", "-te", "\(b.left)", "\(b.bottom)", "\(b.right)", "\(b.top)"]
                + ["-ts", "\(grid.width)", "\(grid.height)"] + (touched ? ["-at"] : []) + [moved, mask]
        )
        #expect(burnt.status == 0, "\(burnt.errors)")
        return try RasterFile(opening: mask).read(UInt8.self, band: 1).map { $0 == 1 }
    }

    private static let triangle = shape([
        (-104.0345, 20.7620), (-104.0160, 20.7700), (-104.0300, 20.7910), (-104.0345, 20.7620),
    ])
    private static let box = shape([
        (-104.033, 20.765), (-104.018, 20.765), (-104.018, 20.785), (-104.033, 20.785), (-104.033, 20.765),
    ])

    @Test(arguments: [
        ("--geometry area.geojson", triangle), ("-lat 20.765 20.785 -long -104.033 -104.018", box),
    ]) func `with clip the pixels are those inside, without it all around them`(option: String, shape: String) throws {
        let job = try cube()
        let area = try job.program.home.write(shape, to: "area.geojson")
        let line = "antares composite -p demo -b red --reduce max --time 2016 \(option)"
        try run(job, "\(line) -o whole.tif")
        try run(job, "\(line) --clip -o clipped.tif")
        let (whole, clipped) = (
            try read(job.program.home.path("whole.tif")), try read(job.program.home.path("clipped.tif"))
        )
        #expect(whole.grid == clipped.grid && whole.grid.width < 80 && whole.grid.height < 130, "\(whole.grid)")
        let left = Int((whole.grid.bounds.left - 600_000) / 30), top = Int((2_300_000 - whole.grid.bounds.top) / 30)
        let expected = (0..<whole.grid.pixelCount).map {
            Self.pixel(left + $0 % whole.grid.width, top + $0 / whole.grid.width, scene: 1)
        }
        #expect(whole.pixels.map { Int($0) } == expected)
        let inside = try inside(job, area, whole.grid)
        #expect(clipped.pixels.map { Int($0) } == zip(expected, inside).map { $1 ? $0 : 0 })
        #expect(inside.contains(true) && inside.contains(false))
    }

    @Test func `cells begin at the origin, those that meet the area are made, whole without clip`() throws {
        let job = try cube()
        let area = try job.program.home.write(Self.triangle, to: "area.geojson")
        let recipe = """
            name: means
            inputs: {s: {product: demo, measurements: [red]}}
            output_defaults: {dtype: uint16, nodata: 0}
            outputs: [{name: red, value: red, reduce: max}]
            """
        _ = try job.program.home.write(recipe, to: "means.yaml")
        let line =
            "antares apply_recipe -recipe means.yaml -b 2016-01-01 -e 2016-12-31 --geometry area.geojson --resolution 30 "
            + "--tile-size 600 --origin 600090,2299400"
        try run(job, "\(line) --name whole")
        try run(job, "\(line) --name clipped --clip")
        // Cells of the grid with that origin, around the scenes.
        let cells = GeoBox(
            crs: Self.grid.crs,
            affine: Affine(origin: Point(x: 599_490, y: 2_300_600), resolution: XY(x: 600, y: -600)),
            width: 7,
            height: 12
        )
        let met = try inside(job, area, cells, touched: true).count { $0 }
        for product in ["whole", "clipped"] {
            let files = job.program.home.files().filter { $0.contains("recipes/\(product)/") && $0.hasSuffix(".nc") }
            #expect(files.count == met && met > 8, "\(product): \(files.count) of \(met)")
            for name in files {
                let path = job.program.home.path(name)
                let tile = try read("NETCDF:\"\(path)\":red")
                let corner = tile.grid.bounds
                #expect((corner.left - 600_090).remainder(dividingBy: 600) == 0 && tile.grid.width == 20)
                #expect((corner.top - 2_299_400).remainder(dividingBy: 600) == 0 && tile.grid.height == 20)
                let inside = product == "clipped" ? try inside(job, area, tile.grid) : tile.pixels.map { _ in true }
                let (left, top) = (Int((corner.left - 600_000) / 30), Int((2_300_000 - corner.top) / 30))
                let expected = tile.pixels.indices.map { pixel -> Int in
                    let (column, row) = (left + pixel % 20, top + pixel / 20)
                    guard inside[pixel], (0..<100).contains(column), (0..<200).contains(row) else { return 0 }
                    return Self.pixel(column, row, scene: 1)
                }
                #expect(tile.pixels.map { Int($0) } == expected, "\(name)")
            }
        }
    }
}
