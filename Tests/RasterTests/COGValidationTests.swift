import Documents
import Foundation
import Geo
import Raster
import TestSupport
import Testing

/// Files of ours before the eyes of others: rio-cogeo's validator, and GDAL.
@Suite("Cloud-optimised GeoTIFFs, validated", .enabled(if: TestImage.isAvailable))
struct COGValidationTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func pixels<Element: PixelElement>(_: Element.Type, _ box: GeoBox) -> [Element] {
        (0..<box.pixelCount).map { Element(nearest: Double(($0 / box.width * 7 + $0 % box.width * 3) % 120)) }
    }

    private func write<Element: PixelElement>(
        _ type: Element.Type,
        _ name: String,
        width: Int,
        height: Int,
        _ compression: BlockCompression,
        isBig: Bool = false
    ) throws -> String {
        let box = GeoBox(
            crs: CRS("EPSG:32613"),
            affine: Affine(origin: Point(x: 600_000, y: 2_300_000), resolution: XY(x: 10, y: -10)),
            width: width,
            height: height
        )
        let path = folder.path(name)
        let layout = CloudOptimisedTIFF.Layout(
            geoBox: box,
            type: type.pixelType,
            bands: [CloudOptimisedTIFF.Band("red"), CloudOptimisedTIFF.Band("nir")],
            nodata: 0,
            compression: compression,
            isBig: isBig
        )
        let writer = try CloudOptimisedTIFF(path, layout)
        let whole = PixelWindow(column: 0, row: 0, width: width, height: height)
        for band in 1...2 { for job in writer.merge(pixels(type, box), band: band, window: whole) { try job.run() } }
        try writer.finish()
        return path
    }

    @Test func `rio-cogeo finds nothing to complain about, in one block and in many, with deflate and zstd`() throws {
        var paths: [String] = []
        for (label, compression) in [("deflate", BlockCompression.deflate(level: 6)), ("zstd", .zstd(level: 9))] {
            for (width, height) in [(300, 200), (512, 512), (1300, 700)] {
                let size = "\(label)_\(width)"
                paths.append(try write(UInt8.self, "u8_\(size).tif", width: width, height: height, compression))
                paths.append(try write(Int16.self, "i16_\(size).tif", width: width, height: height, compression))
                paths.append(try write(Float.self, "f32_\(size).tif", width: width, height: height, compression))
                paths.append(
                    try write(UInt16.self, "big_\(size).tif", width: width, height: height, compression, isBig: true)
                )
            }
        }
        let result = try TestImage.run(file: pythonFile("check_cog.py"), paths)
        let report = try JSONText.parse(result.output, origin: "check_cog.py \(result.errors)")
        #expect(report.object?.count == paths.count)
        for (path, verdict) in report.object ?? DocumentObject() {
            #expect(verdict["valid"]?.bool == true, "\(path): \(verdict)")
        }
    }

    @Test func `a BigTIFF says so in its header, and holds the same pixels`() throws {
        let plain = try write(UInt16.self, "plain.tif", width: 1300, height: 700, .deflate(level: 6))
        let big = try write(UInt16.self, "big.tif", width: 1300, height: 700, .deflate(level: 6), isBig: true)
        // Byte order, and 42 for a TIFF or 43 for a BigTIFF with offsets of 8 bytes.
        func head(_ path: String) throws -> [UInt8] {
            [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)).prefix(8))
        }
        #expect(try head(plain).prefix(4) == [0x49, 0x49, 42, 0])
        #expect(try head(big) == [0x49, 0x49, 43, 0, 8, 0, 0, 0])
        func info(_ path: String) throws -> DocumentValue {
            let result = try run("gdalinfo", ["-json", "-checksum", path])
            return try JSONText.parse(result.output, origin: "gdalinfo \(result.errors)")
        }
        let (one, other) = (try info(plain), try info(big))
        for key in ["size", "geoTransform", "metadata", "bands"] { #expect(one[key] == other[key] && one[key] != nil) }
        // Our own reader of blocks takes both.
        #expect(try RasterFile(opening: big).read(UInt16.self, band: 2) == RasterFile(opening: plain).read(band: 2))
    }
}
