import Foundation
import Geo
import Raster
import TestSupport
import Testing

/// Small scenes made with the names and metadata of sensors of which there is no real sample: described, indexed and
/// exported by the program; the pixels are compared with those that `gdallocationinfo` finds in the files.
@Suite(
    "Made scenes",
    .enabled(if: TestDatabase.isAvailable, "SKIPPED: THEY NEED POSTGRESQL"),
    .enabled(if: isInstalled("gdallocationinfo"), "SKIPPED: GDAL'S TOOLS ARE NOT INSTALLED")
)
struct MadeScenesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A grid of 40 columns and 30 rows.
    private static func grid(_ crs: String, _ left: Double, _ top: Double, _ size: Double, columns: Int = 40) -> GeoBox
    {
        GeoBox(
            crs: CRS(crs),
            affine: Affine(origin: Point(x: left, y: top), resolution: XY(x: size, y: -size)),
            width: columns,
            height: 30
        )
    }

    /// Values that differ from pixel to pixel and from band to band.
    private func write<Element: PixelElement>(
        _: Element.Type,
        _ name: String,
        _ grid: GeoBox,
        band: Int,
        format: RasterFormat = .geoTIFF,
        nodata: Double? = nil
    ) throws {
        let pixels = (0..<grid.pixelCount).map { Element(nearest: Double(($0 * 7 + band * 31) % 211 + 20)) }
        try RasterOutput.write(bands: [pixels], on: grid, to: folder.path(name), format: format, nodata: nodata)
    }

    /// Indexes the folder, exports a band, and compares some pixels with those of a file.
    private func check(
        _ product: String,
        _ band: String,
        file: String,
        _ grid: GeoBox,
        factor: Double = 1,
        job: TestJob,
        options: [String] = []
    ) throws {
        let out = job.program.home.path("\(product)_\(band).tif")
        let line = ["export", "-n", product, "-b", band, "-o", out] + options
        let result = try job.program.run(line, environment: job.environment)
        try #require(result.status == 0, "\(product) \(band): \(result.errors)")
        for (column, row) in [(0, 0), (17, 11), (grid.width - 1, grid.height - 1)] {
            let place = grid.affine.apply(column: Double(column) + 0.5, row: Double(row) + 0.5)
            func value(_ path: String) throws -> Double? {
                let words = ["-valonly", "-geoloc", path, "\(place.x)", "\(place.y)"]
                return Double(try run("gdallocationinfo", words).output.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            let (found, expected) = (try value(out), try value(file))
            #expect(found != nil && found == expected.map { $0 * factor }, "\(product) \(band) at \(column), \(row)")
        }
    }

    private func indexed(_ product: String, count: Int = 1, options: [String] = []) throws -> TestJob {
        let job = try TestJob()
        try #require(try job.antares("init --no-conf-setup").status == 0)
        let result = try job.program.run(["index", folder.path] + options, environment: job.environment)
        try #require(result.status == 0, "\(result.errors)")
        #expect(result.output == "products added: \(product)\ndatasets: \(count) added\n")
        return job
    }

    @Test func `CBERS-4 wide field images`() throws {
        let grid = Self.grid("EPSG:32722", 300_000, 7_800_000, 64)
        let scene = "CBERS_4_AWFI_20180815_157_132_L4"
        for band in 13...16 { try write(Int16.self, "\(scene)/\(scene)_BAND\(band).tif", grid, band: band) }
        let job = try indexed("cbers4_awfi")
        for (band, number) in [("blue", 13), ("nir", 16)] {
            let file = folder.path("\(scene)/\(scene)_BAND\(number).tif")
            try check("cbers4_awfi", band, file: file, grid, job: job)
        }
    }

    @Test(arguments: [
        // What SNAP's chain of antares3 writes, and RTC products of HyP3 and of OPERA.
        ("20170103T004512", "20170103T004512_%_grd_mli_norm_geo_db_filtered.tif", "EPSG:4326", 0.0001),
        (
            "S1A_IW_20200105T004512_DVP_RTC30_G_gpuned_1A2B", "S1A_IW_20200105T004512_DVP_RTC30_G_gpuned_1A2B_%.tif",
            "EPSG:32613", 30
        ),
        (
            "OPERA_L2_RTC-S1_T020-041121-IW1_20231101T014905Z_20231101T104905Z_S1A_30_v1.0",
            "OPERA_L2_RTC-S1_T020-041121-IW1_20231101T014905Z_20231101T104905Z_S1A_30_v1.0_%.tif", "EPSG:32613", 30
        ),
    ]) func `Sentinel-1 backscatter`(scene: String, name: String, crs: String, size: Double) throws {
        let isDegrees = crs == "EPSG:4326"
        let grid = Self.grid(crs, isDegrees ? -103 : 500_000, isDegrees ? 20 : 2_200_000, size)
        for (number, band) in ["VH", "VV"].enumerated() {
            try write(Float.self, "\(scene)/\(name.replacing("%", with: band))", grid, band: number, nodata: 0)
        }
        let job = try indexed("s1_esa_scene")
        for band in ["VH", "VV"] {
            let file = folder.path("\(scene)/\(name.replacing("%", with: band))")
            try check("s1_esa_scene", "polarisation_\(band)", file: file, grid, job: job)
        }
    }

    @Test func `WorldClim's climates`() throws {
        let grid = Self.grid("EPSG:4326", -104, 21, 1.0 / 6)
        let missing = -3.4e38
        for number in 1...19 {
            try write(Float.self, "bio/wc2.1_10m_bio_\(number).tif", grid, band: number, nodata: missing)
        }
        var job = try indexed("worldclim_bio")
        for number in [1, 19] {
            let file = folder.path("bio/wc2.1_10m_bio_\(number).tif")
            try check("worldclim_bio", "bio_\(number)", file: file, grid, job: job)
        }
        try FileManager.default.removeItem(atPath: folder.path("bio"))
        for (kind, name) in ["tmax", "tavg", "tmin"].enumerated() {
            for month in 1...12 {
                let file = "wc2.1_10m/wc2.1_10m_\(name)_\(month < 10 ? "0" : "")\(month).tif"
                try write(Float.self, file, grid, band: kind * 12 + month, nodata: missing)
            }
        }
        job = try indexed("worldclim")
        let file = folder.path("wc2.1_10m/wc2.1_10m_tavg_06.tif")
        try check("worldclim", "tmean_jun", file: file, grid, job: job)
    }

    @Test func `tiles of Copernicus DEM become one elevation with its slope`() throws {
        let names = ["W104", "W103"].map { "dem/Copernicus_DSM_COG_10_N20_00_\($0)_00_DEM.tif" }
        let grids = [-104.0, -103].map { Self.grid("EPSG:4326", $0, 21, 1.0 / 40) }
        for (number, name) in names.enumerated() { try write(Float.self, name, grids[number], band: number) }
        let job = try indexed("elevation")
        for (name, grid) in zip(names, grids) {
            try check("elevation", "elevation", file: folder.path(name), grid, job: job)
        }
        // gdaldem by itself, on the same mosaic.
        let (whole, slope) = (folder.path("dem/terrain/elevation.vrt"), job.program.home.path("slope.tif"))
        #expect(try run("gdaldem", ["slope", whole, slope, "-s", "111120"]).status == 0)
        let inner = GeoBox(
            crs: grids[0].crs,
            affine: Affine(origin: Point(x: -103.9, y: 20.9), resolution: XY(x: 1.0 / 40, y: -1.0 / 40)),
            width: 60,
            height: 20
        )
        try check("elevation", "slope", file: slope, inner, job: job)
    }

    @Test func `Sentinel-2 at 60 m`() throws {
        let job = try TestJob()
        let line = "simulate --size-km 4.8 --tiles 1 --dates 2017-01-15 --points 0 --resolutions 60 --lon -103.4"
        let words = (line + " --lat 20.6 --out").split(separator: " ").map(String.init) + [folder.path("s")]
        try #require(try job.program.run(words).status == 0)
        try #require(try job.antares("init --no-conf-setup").status == 0)
        let result = try job.program.run(
            ["index", folder.path("s/scenes"), "-d", "s2_l2a_60m"],
            environment: job.environment
        )
        try #require(result.status == 0, "\(result.errors)")
        let files = TemporaryFolder.files(below: folder.path("s/scenes"))
        for (band, code) in [("coastal", "B01"), ("swir2", "B12"), ("pixel_qa", "SCL")] {
            let file = folder.path("s/scenes/" + (try #require(files.first { $0.contains("_\(code)_60m.jp2") })))
            let grid = try #require(try RasterFile(opening: file).geoBox)
            try check("s2_l2a_60m_granule", band, file: file, grid, job: job)
        }
    }

    @Test(.enabled(if: RealScenes.isHere, "SKIPPED: no folder of real scenes, see ANTARES_TEST_DATA"))
    func `Sentinel-2 level 1C, with metadata of a real scene`() throws {
        let scene = "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE"
        let granule = "\(scene)/GRANULE/L1C_T46RER_A032448_20210908T043714"
        for name in ["\(scene)/MTD_MSIL1C.xml", "\(granule)/MTD_TL.xml"] {
            var text = try String(contentsOfFile: RealScenes.path("s2-metadata/\(name)"), encoding: .utf8)
            // The same tile with larger pixels: 180, 90 and 30 of them.
            for (true_, small) in [(10_980, 180), (5490, 90), (1830, 30)] {
                for key in ["NROWS", "NCOLS"] {
                    text = text.replacing("<\(key)>\(true_)</\(key)>", with: "<\(key)>\(small)</\(key)>")
                }
            }
            for (meters, large) in [(10, 610), (20, 1220), (60, 3660)] {
                text = text.replacing("<XDIM>\(meters)</XDIM>", with: "<XDIM>\(large)</XDIM>")
                    .replacing("<YDIM>-\(meters)</YDIM>", with: "<YDIM>-\(large)</YDIM>")
            }
            _ = try folder.write(text, to: name)
        }
        let sizes = [
            "B01": 30, "B02": 180, "B03": 180, "B04": 180, "B05": 90, "B06": 90, "B07": 90, "B08": 180, "B8A": 90,
            "B09": 30, "B10": 30, "B11": 90, "B12": 90,
        ]
        var grids: [String: GeoBox] = [:]
        for (number, (code, size)) in sizes.sorted(by: { $0.key < $1.key }).enumerated() {
            let pixel = 109_800 / Double(size)
            let grid = GeoBox(
                crs: CRS("EPSG:32646"),
                // Of the granule's metadata: ULX and ULY.
                affine: Affine(origin: Point(x: 499_980, y: 3_100_020), resolution: XY(x: pixel, y: -pixel)),
                width: size,
                height: size
            )
            grids[code] = grid
            let name = "\(granule)/IMG_DATA/T46RER_20210908T042701_\(code).jp2"
            try write(UInt16.self, name, grid, band: number, format: .jpeg2000)
        }
        let job = try indexed("s2_l1c")
        for (band, code) in [("blue", "B02"), ("swir1", "B11"), ("cirrus", "B10")] {
            let file = folder.path("\(granule)/IMG_DATA/T46RER_20210908T042701_\(code).jp2")
            let grid = try #require(grids[code])
            let resolution = "\(grid.resolution.x)"
            try check(
                "s2_l1c",
                band,
                file: file,
                grid,
                job: job,
                options: ["--resolution", resolution, "--origin", "499980,3100020"]
            )
        }
    }
}
