import DatacubeIndex
import Documents
import Foundation
import Geo
import TestSupport
import Testing

@Suite struct DatasetTests {
    private func dataset(_ text: String, _ locations: [String] = ["file:///data/s%20cenes/a.yaml"]) throws -> Dataset {
        Dataset(id: UUID(), productName: "p", document: try Samples.document(text).value, locations: locations)
    }

    @Test func `an EO3 document gives grids, by 9 numbers and by 6`() throws {
        let scene = try dataset(
            Samples.scene(measurements: "red: {path: red.tif}, temperature: {path: t.tif, grid: thermal}")
        )
        let red = try #require(scene.geoBox(of: "red"))
        #expect((red.width, red.height) == (100, 200))
        #expect(red.bounds == BoundingBox(left: 600000, bottom: 2294000, right: 603000, top: 2300000))
        let thermal = try #require(scene.geoBox(of: "temperature"))
        #expect((thermal.width, thermal.height) == (30, 60))
        #expect(thermal.resolution == XY(x: 100, y: -100))
        #expect(scene.footprint?.bounds == red.bounds)
        #expect(scene.crs == CRS("EPSG:32613"))
    }

    @Test func `time spans what the document names`() throws {
        let instant = try dataset(Samples.scene())
        #expect(instant.time?.begin == Timestamp.parse("2017-03-05T17:20:00Z"))
        #expect(instant.time?.end == instant.time?.begin)
        let text = """
            grids: {}
            properties:
              datetime: 2020-05-25 23:35:47.745731Z
              dtr:end_datetime: 2020-05-25 23:36:02.557719Z
              dtr:start_datetime: 2020-05-25 23:35:32.815426Z
            """
        let range = try #require(try dataset(text).time)
        #expect(Timestamp.iso(range.begin) == "2020-05-25T23:35:32.815426Z")
        #expect(Timestamp.iso(range.end) == "2020-05-25T23:36:02.557719Z")
    }

    // What datacube 1.8.20's measurement_paths and rasterio sources make of such locations.
    @Test(arguments: [
        ("file:///data/s%20cenes/a.yaml", "red.tif", "/data/s cenes/red.tif"),
        ("file:///data/x/a.yaml", "../y/./red.tif", "/data/y/red.tif"),
        ("file:///data/x/a.yaml", "/abs/red.tif", "/abs/red.tif"),
        ("file:///data/x/a.yaml#part=3", "red.tif", "/data/x/red.tif"),
        ("s3://bucket/k/a.yaml", "b/red.tif", "/vsis3/bucket/k/b/red.tif"),
        ("https://host/k/a.json", "red.tif", "/vsicurl/https://host/k/red.tif"),
        ("file:///data/x/a.yaml", "s3://other/red.tif", "/vsis3/other/red.tif"),
        ("file:///data/x/a.yaml", "/vsizip/x.zip/red.tif", "/vsizip/x.zip/red.tif"),
    ])
    func `paths are relative to the location`(location: String, path: String, expected: String) throws {
        let scene = try dataset(Samples.scene(measurements: "red: {path: \"\(path)\"}"), [location])
        #expect(scene.source(of: "red")?.file == expected)
        #expect(scene.source(of: "red")?.name == expected)
    }

    @Test func `a file location is preferred to a newer one elsewhere`() throws {
        let scene = try dataset(Samples.scene(), ["s3://b/a.yaml", "file:///new/a.yaml", "file:///old/a.yaml"])
        #expect(scene.source(of: "red")?.file == "/new/red.tif")
    }

    @Test func `band, layer and scale come from the measurement`() throws {
        let text = Samples.scene(
            measurements: "a: {path: x.tif, band: 3, scale_factor: 0.1, add_offset: -1000}, b: {path: x.tif, layer: 2}"
        )
        let scene = try dataset(text)
        let a = try #require(scene.source(of: "a"))
        #expect(a.band == 3)
        #expect(a.scaleFactor == 0.1)
        #expect(a.addOffset == -1000)
        #expect(scene.source(of: "b")?.band == 2)
        #expect(scene.source(of: "c") == nil)
    }

    @Test func `an empty path in a netCDF tile is the tile itself, its part a band`() throws {
        let text = """
            format: {name: NetCDF}
            image: {bands: {red: {path: '', layer: red}}}
            """
        let tile = try dataset(text, ["file:///tiles/a.nc#part=4"])
        let source = try #require(tile.source(of: "red"))
        #expect(source.name == "NETCDF:\"/tiles/a.nc\":red")
        #expect(source.file == "/tiles/a.nc")
        #expect(source.band == 5)
        #expect(source.layer == "red")
    }

    @Test(.enabled(if: RealScenes.isHere, "REAL SCENES ARE ABSENT: SET ANTARES_TEST_DATA"))
    func `a legacy document gives its bands, time, CRS and corners`() throws {
        let folder = RealScenes.path("ls5-ga-nbar-lbg/LS5_TM_NBAR_P54_GANBAR01-002_090_084_19920323")
        let candidate = try #require(try DatasetFiles.candidates(at: folder).first)
        let scene = Dataset(
            id: UUID(),
            productName: "ls5",
            document: candidate.document.value,
            locations: [candidate.location]
        )
        #expect(!scene.isEO3)
        let source = try #require(scene.source(of: "3"))
        #expect(FileManager.default.fileExists(atPath: source.file))
        #expect(scene.time.map { Timestamp.iso($0.begin) } == "1992-03-23T23:14:13Z")
        #expect(scene.time.map { Timestamp.iso($0.end) } == "1992-03-23T23:14:38Z")
        #expect(scene.crs?.definition.contains("MGA zone 55") == true)
        // From the document's geo_ref_points and extent, as printed by `cat agdc-metadata.yaml`.
        #expect(scene.footprint?.bounds == BoundingBox(left: 689000, bottom: 6085900, right: 700400, top: 6096000))
        #expect(scene.lonLatBounds?.left == 149.07766919012454)
        #expect(scene.lonLatBounds?.top == -35.25908669868749)
        #expect(scene.measurementNames == ["1", "2", "3", "4", "5", "7"])
    }
}
