import DatacubeIndex
import Documents
import Foundation
import Geo
import TestSupport
import Testing

@testable import Ingest

/// One pixel of a real file, as an independent program reads it.
struct KnownPixel: Sendable, CustomTestStringConvertible {
    let reader: any SceneReader
    let path: String
    /// Which of the scene's documents, counted from 0.
    let part: Int
    let measurement: String
    let column: Int, row: Int
    let value: Double
    var options = SceneOptions()

    var testDescription: String { "\(path) \(measurement)" }

    init(
        _ reader: any SceneReader,
        _ path: String,
        part: Int = 0,
        _ measurement: String,
        column: Int,
        row: Int,
        _ value: Double,
        options: (inout SceneOptions) -> Void = { _ in }
    ) {
        (self.reader, self.path, self.part, self.measurement) = (reader, path, part, measurement)
        (self.column, self.row, self.value) = (column, row, value)
        options(&self.options)
    }
}

@Suite(.enabled(if: RealScenes.isHere, "SKIPPED: no folder of real scenes, see ANTARES_TEST_DATA"))
struct RealValuesTests {
    /// Values by `gdallocationinfo -valonly FILE column row`, those of netCDF files by `ncdump -v`.
    static let pixels = [
        KnownPixel(LandsatCollection2(), "landsat8-c2l2", "red", column: 200, row: 300, 9623),
        KnownPixel(LandsatLevel1(), "lt5-para-1988", "red", column: 100, row: 100, 14),
        KnownPixel(LandsatLevel1(), "lt5-para-1988", "nir", column: 200, row: 50, 72),
        KnownPixel(Sentinel2L2A(), "s2-l2a-33T/S2A_33TWL_20230815_0_L2A", "nir", column: 400, row: 500, 2892),
        KnownPixel(
            MODIS(),
            "modis-sinop/h12v10/TERRA_MODIS_h12v10_EVI_2013-09-14.jp2",
            "evi",
            column: 100,
            row: 70,
            2208
        ),
        // Band 5 is the fifth date.
        KnownPixel(
            GeoTIFFFiles(),
            "modis-sinop/stacks/sinop_ndvi_2014.tif",
            part: 4,
            "sinop_ndvi_2014",
            column: 20,
            row: 30,
            7422
        ) { options in
            options.dates = (0..<23).map { Date(timeIntervalSince1970: 1_379_116_800 + Double($0) * 16 * 86_400) }
        },
        KnownPixel(
            GeoTIFFFiles(),
            "modis-sinop/evi-float32-50x50/MODIS_Sinop_EVI_2013-11-17.tif",
            "evi",
            column: 20,
            row: 30,
            7422
        ),
        KnownPixel(
            GeoTIFFFiles(),
            "l8-ny18/LC08_L1TP_013032_20180131_20180207_01_T1/LC08_L1TP_013032_20180131_B1.TIF",
            "b5",
            column: 40,
            row: 40,
            5309
        ),
        KnownPixel(
            GeoTIFFFiles(),
            "le7-chiapas/LE70220492002106EDC00_stack.gtif",
            "nir",
            column: 120,
            row: 130,
            2667
        ) { $0.bands = ["blue", "green", "red", "nir", "swir1", "swir2", "bt", "fmask"] },
        KnownPixel(GeoTIFFFiles(), "netcdf-cf/L7_ETMs.tif", "band_3", column: 100, row: 200, 53) { options in
            options.time = TimeRange(period: "2000-06-01")
        },
        KnownPixel(NetCDFCube(), "netcdf-cf/tos_O1_2001-2002.nc", part: 1, "tos", column: 90, row: 80, 299.380493),
        KnownPixel(NetCDFCube(), "netcdf-cf/bcsd_obs_1999.nc", part: 6, "tas", column: 20, row: 10, 26.3843555),
        KnownPixel(NetCDFCube(), "netcdf-cf/reduced.nc", "sst", column: 100, row: 45, 2657),
        KnownPixel(
            NetCDFCube(),
            "s2-eopatch-slovenia/eopatch_s2_ndvi_2015_2017.nc",
            part: 9,
            "ndvi",
            column: 60,
            row: 50,
            0.407926619
        ),
    ]

    @Test(arguments: pixels) func `a pixel of a real scene has the value that its file has`(pixel: KnownPixel) throws {
        let documents = try pixel.reader.prepare(RealScenes.path(pixel.path), options: pixel.options)
        let document = documents[pixel.part]
        let product = try ProductDraft.definition(for: document, nodata: -32_768)
        let entries = product["measurements"]?.array ?? []
        let entry = try #require(entries.first { $0["name"]?.string == pixel.measurement })
        let dataset = Dataset(
            id: UUID(),
            productName: "test",
            document: document,
            locations: ["file:///elsewhere/document.yaml"]
        )
        let type = try #require(entry["dtype"]?.string.flatMap { PixelType(rawValue: $0) })
        let measurement = Measurement(
            name: pixel.measurement,
            dtype: type,
            nodata: entry["nodata"]?.double ?? .nan,
            scaleFactor: entry["scale_factor"]?.double,
            addOffset: entry["add_offset"]?.double
        )
        let grid = try #require(dataset.geoBox(of: pixel.measurement))
        let window = PixelWindow(column: pixel.column, row: pixel.row, width: 1, height: 1)
        let reader = GridReader(measurement, cache: SourceCache())
        let values = try reader.readFused(Float.self, [dataset], onto: grid.cropped(to: window))
        let value = Double(try #require(values?.first))
        #expect(abs(value - pixel.value) <= abs(pixel.value) * 1e-6)
    }
}
