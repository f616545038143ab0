import Foundation
import Geo
import Raster
import TestSupport
import Testing

/// A small grid near Guadalajara in UTM zone 13.
let smallGrid = GeoBox(
    crs: CRS("EPSG:32613"),
    affine: Affine(origin: Point(x: 600_000, y: 2_300_000), resolution: XY(x: 20, y: -20)),
    width: 40,
    height: 30
)

@Suite("Raster files")
struct RasterFileTests {
    let folder: TemporaryFolder
    let ramp = (0..<1200).map { UInt16($0) }

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: [
        (RasterFormat.geoTIFF, "a.tif", "GTiff"), (.cog, "b.tif", "GTiff"), (.jpeg2000, "c.jp2", "JP2OpenJPEG"),
    ])
    func `what is written is read back, with grid and nodata`(format: RasterFormat, name: String, driver: String) throws
    {
        let path = folder.path(name)
        try RasterOutput.write(bands: [ramp], on: smallGrid, to: path, format: format, nodata: 0)
        let file = try RasterFile(opening: path)
        #expect(file.driverName == driver && file.geoBox == smallGrid && file.bandCount == 1)
        #expect(file.pixelType(band: 1) == .uint16)
        #expect(try file.read(UInt16.self, band: 1) == ramp)
        let window = PixelWindow(column: 3, row: 2, width: 2, height: 2)
        #expect(try file.read(UInt16.self, band: 1, window: window) == [83, 84, 123, 124])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [name])
    }

    @Test func `reduced copies that lie beside a file on this machine belong to it`() throws {
        let path = folder.path("a.tif")
        try RasterOutput.write(bands: [ramp], on: smallGrid, to: path, format: .geoTIFF)
        #expect(try run("gdaladdo", ["-q", "-ro", path, "2"]).status == 0)
        #expect(try RasterFile(opening: path).overviews(band: 1) == [XY(x: 20, y: 15)])
    }

    @Test func `a missing file names the file and says what to do`() {
        let error = #expect(throws: RasterError.self) { _ = try RasterFile(opening: "/nowhere/scene.tif") }
        #expect(error?.description.contains("cannot open '/nowhere/scene.tif'") == true)
        #expect(error?.description.contains("Check the path") == true)
    }

    @Test func `a truncated JPEG 2000 fails by name, not silently`() throws {
        let path = folder.path("cut.jp2")
        let noise = (0..<40_000).map { UInt16(truncatingIfNeeded: $0 &* 2_654_435_761) }
        let grid = GeoBox(crs: smallGrid.crs, affine: smallGrid.affine, width: 200, height: 200)
        try RasterOutput.write(bands: [noise], on: grid, to: path, format: .jpeg2000)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 20_000)
        try handle.close()
        let error = #expect(throws: RasterError.self) {
            _ = try RasterFile(opening: path).read(UInt16.self, band: 1)
        }
        #expect(error?.description.contains(path) == true)
    }

    /// `gdaltransform` of GDAL 3.6.2 with PROJ 9.1.1.
    @Test(arguments: [
        ("EPSG:4326", "EPSG:6372", -103.35, 20.67, 2_359_928.04340451, 963_209.463419569),
        ("EPSG:32613", "EPSG:4326", 500_000, 2_200_000, -105, 19.8962463938101),
        ("EPSG:4326", "EPSG:32734", 17, -35, 134_891.193009124, 6_119_639.8505234),
    ])
    func `points are carried over, x first`(
        from: String,
        to: String,
        x: Double,
        y: Double,
        toX: Double,
        toY: Double
    ) throws {
        let moved = try CoordinateTransform(from: CRS(from), to: CRS(to)).apply([Point(x: x, y: y)])[0]
        #expect(abs(moved.x - toX) < 1e-6 && abs(moved.y - toY) < 1e-6)
    }

    @Test func `an unknown CRS is named`() {
        let error = #expect(throws: RasterError.self) { _ = try CoordinateTransform(from: CRS("EPSG:99"), to: .wgs84) }
        #expect(error?.description.contains("EPSG:99") == true)
    }

    @Test func `one CRS in two texts is the same`() throws {
        let wkt = try CRSDescription.of(CRS("EPSG:32613")).wkt
        #expect(try CRSDescription.areSame(CRS(wkt), CRS("EPSG:32613")))
        #expect(try !CRSDescription.areSame(CRS("EPSG:32613"), CRS("EPSG:32614")))
    }

    @Test(
        .enabled(if: isInstalled("gdalwarp"), "SKIPPED: GDALWARP IS NOT INSTALLED"),
        arguments: ["near", "bilinear", "average"]
    )
    func `a warp equals gdalwarp's`(method: String) throws {
        let (source, expected) = (folder.path("source.tif"), folder.path("expected.tif"))
        let values = (0..<1200).map { Float(($0 * 7919) % 1000) }
        try RasterOutput.write(bands: [values], on: smallGrid, to: source, format: .geoTIFF, nodata: -1)
        let target = GeoBox(
            crs: CRS("EPSG:6372"),
            affine: Affine(origin: Point(x: 2_300_000, y: 1_000_000), resolution: XY(x: 30, y: -30)),
            width: 30,
            height: 30
        )
        let center = try CoordinateTransform(from: smallGrid.crs, to: target.crs).apply([smallGrid.bounds.center])[0]
        let placed = GeoBox(
            crs: target.crs,
            affine: Affine(origin: Point(x: center.x - 450, y: center.y + 450), resolution: target.resolution),
            width: 30,
            height: 30
        )
        let b = placed.bounds
        let result = try run(
            "gdalwarp",
            [
                "-q", "-t_srs", "EPSG:6372", "-te", "\(b.left)", "\(b.bottom)", "\(b.right)", "\(b.top)", "-ts", "30",
                "30",
                "-r", method, "-et", "0", "-wo", "XSCALE=1", "-wo", "YSCALE=1", "-srcnodata", "-1", "-dstnodata", "-1",
                source, expected,
            ]
        )
        #expect(result.status == 0, "\(result.errors)")
        let resampling = try #require(Resampling(name: method))
        // The positions are exact.
        let forth = try CoordinateTransform(from: target.crs, to: smallGrid.crs)
        let back = try CoordinateTransform(from: smallGrid.crs, to: target.crs)
        let (toSource, toTarget) = (try #require(smallGrid.affine.inverse), try #require(placed.affine.inverse))
        let positions = WarpPositions { place in
            let point = forth.apply([placed.affine.apply(column: place.x, row: place.y)])[0]
            return toSource.apply(column: point.x, row: point.y)
        } toTarget: { position in
            let point = back.apply([smallGrid.affine.apply(column: position.x, row: position.y)])[0]
            return toTarget.apply(column: point.x, row: point.y)
        }
        let ours = try warp(
            values,
            from: smallGrid,
            nodata: Float(-1),
            onto: placed,
            resampling: resampling,
            span: XY(x: 1, y: 1),
            positions: positions
        )
        let theirs = try RasterFile(opening: expected).read(Float.self, band: 1)
        #expect((zip(ours, theirs).map { abs($0 - $1) }.max() ?? 1) < 1e-3)
        #expect(ours.contains { $0 >= 0 })
    }
}
