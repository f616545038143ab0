import Foundation
import Geo
import Raster
import TestSupport
import Testing

@Suite("Cloud-optimised GeoTIFFs", .enabled(if: isInstalled("gdalinfo"), "SKIPPED: GDAL'S TOOLS ARE NOT INSTALLED"))
struct CloudOptimisedTIFFTests {
    private let folder: TemporaryFolder
    private static let width = 391
    private static let height = 277

    init() throws { folder = try TemporaryFolder() }

    private func layout(
        _ type: PixelType,
        _ compression: BlockCompression,
        bands: Int = 1,
        overviews: OverviewMethod = .average,
        blockSize: Int = 32
    ) -> CloudOptimisedTIFF.Layout {
        let box = GeoBox(
            crs: CRS("EPSG:32613"),
            affine: Affine(origin: Point(x: 600_000, y: 2_300_000), resolution: XY(x: 10, y: -10)),
            width: Self.width,
            height: Self.height
        )
        return CloudOptimisedTIFF.Layout(
            geoBox: box,
            type: type,
            bands: (1...bands).map {
                CloudOptimisedTIFF.Band("band\($0)", units: "m", scaleFactor: 0.5, addOffset: -3)
            },
            nodata: 0,
            compression: compression,
            overviews: overviews,
            blockSize: blockSize,
            metadata: [("title", "a test")]
        )
    }

    private func pixels<Element: PixelElement>(_: Element.Type, band: Int = 1) -> [Element] {
        (0..<Self.width * Self.height).map { index in
            let (row, column) = (index / Self.width, index % Self.width)
            // A hole without data, and a part of nothing but nodata.
            if row > 100 && column > 180 || (row + column) % 7 == 0 { return 0 }
            return Element(
                nearest: 60 + 50 * sin(Double(row + band) / 40) * cos(Double(column) / 30) + Double(index % 5)
            )
        }
    }

    /// Writes strips of `rows` rows, in an order that a seed gives.
    private func write<Element: PixelElement>(
        _ type: Element.Type,
        _ layout: CloudOptimisedTIFF.Layout,
        to path: String,
        rows: Int,
        backwards: Bool = false
    ) throws {
        let writer = try CloudOptimisedTIFF(path, layout)
        var jobs: [WriteJob] = []
        for band in 1...layout.bands.count {
            let all = pixels(type, band: band)
            for row in stride(from: 0, to: Self.height, by: rows) {
                let height = min(rows, Self.height - row)
                let window = PixelWindow(column: 0, row: row, width: Self.width, height: height)
                let part = Array(all[row * Self.width..<(row + height) * Self.width])
                jobs += writer.merge(part, band: band, window: window)
            }
        }
        for job in backwards ? jobs.reversed() : jobs { try job.run() }
        try writer.finish()
    }

    @Test(arguments: [BlockCompression.deflate(level: 6), .zstd(level: 9), .none])
    func `GDAL reads every pixel back, and takes the file for cloud-optimised`(compression: BlockCompression) throws {
        func check<Element: PixelElement>(_ type: Element.Type) throws {
            let path = folder.path("\(type).tif")
            try write(type, layout(Element.pixelType, compression, bands: 2), to: path, rows: 100)
            let file = try RasterFile(opening: path)
            #expect(file.bandCount == 2 && file.nodata(band: 2) == 0 && file.overviews(band: 1).count == 4)
            #expect(file.geoBox == layout(.uint8, .none).geoBox)
            for band in 1...2 { #expect(try file.read(type, band: band) == pixels(type, band: band)) }
            let info = try run("gdalinfo", [path])
            for text in [
                "LAYOUT=COG", "title=a test", "Description = band2", "Overviews: 196x139, 98x70, 49x35, 25x18",
                "Offset: -3,   Scale:0.5", "Unit Type: m",
            ] {
                #expect(info.output.contains(text), "\(text): \(info.output) \(info.errors)")
            }
            // A reader that trusts nothing: every block of every level is decoded.
            let copied = try run(
                "gdal_translate",
                ["-q", "-of", "GTiff", "-outsize", "10%", "10%", path, path + ".copy"]
            )
            #expect(copied.status == 0 && copied.errors.isEmpty, "\(copied.errors)")
        }
        try check(UInt8.self)
        try check(UInt16.self)
        try check(Int16.self)
        try check(Int32.self)
        try check(Float.self)
        try check(Double.self)
    }

    /// The rules of GDAL's validate_cloud_optimized_geotiff: directories before pixels, the smallest overview first.
    @Test func `directories come first, then the smallest overview, full resolution last`() throws {
        let path = folder.path("order.tif")
        try write(UInt16.self, layout(.uint16, .deflate(level: 1)), to: path, rows: 64)
        let listing = try run("tiffdump", [path])
        guard listing.status == 0 else { return }
        let offsets = listing.output.split(separator: "\n").filter { $0.contains("TileOffsets") }.compactMap { line in
            line.split(separator: "<").last?.split(separator: " ").compactMap { Int($0) }.first { $0 > 0 }
        }
        #expect(offsets.count == 5 && offsets == offsets.sorted(by: >))
    }

    /// By numpy: mean of those of the four that are not 0, (mean + 0.5) rounded down.
    @Test func `overviews are means of what holds data`() throws {
        let path = folder.path("means.tif")
        try write(UInt16.self, layout(.uint16, .deflate(level: 1)), to: path, rows: 200)
        let all = pixels(UInt16.self)
        let (columns, rows) = ((Self.width + 1) / 2, (Self.height + 1) / 2)
        var expected = [UInt16](repeating: 0, count: columns * rows)
        for row in 0..<rows {
            for column in 0..<columns {
                var values: [Int] = []
                for y in 2 * row..<min(2 * row + 2, Self.height) {
                    for x in 2 * column..<min(2 * column + 2, Self.width) where all[y * Self.width + x] != 0 {
                        values.append(Int(all[y * Self.width + x]))
                    }
                }
                guard !values.isEmpty else { continue }
                expected[row * columns + column] = UInt16((2 * values.reduce(0, +) + values.count) / (2 * values.count))
            }
        }
        let whole = PixelWindow(column: 0, row: 0, width: Self.width, height: Self.height)
        let theirs = try RasterFile(opening: path).read(
            UInt16.self,
            band: 1,
            window: whole,
            width: columns,
            height: rows
        )
        #expect(theirs == expected)
    }

    @Test func `the order of blocks and jobs changes no byte`() throws {
        let (first, second) = (folder.path("a.tif"), folder.path("b.tif"))
        try write(UInt16.self, layout(.uint16, .deflate(level: 6), bands: 2), to: first, rows: 32)
        try write(UInt16.self, layout(.uint16, .deflate(level: 6), bands: 2), to: second, rows: 33, backwards: true)
        let (a, b) = (
            try Data(contentsOf: URL(fileURLWithPath: first)), try Data(contentsOf: URL(fileURLWithPath: second))
        )
        #expect(a == b)
        #expect(folder.files() == ["a.tif", "b.tif"])
    }

    @Test func `classes keep their numbers in overviews`() throws {
        let path = folder.path("classes.tif")
        try write(UInt8.self, layout(.uint8, .deflate(level: 1), overviews: .nearest), to: path, rows: 50)
        let whole = PixelWindow(column: 0, row: 0, width: Self.width, height: Self.height)
        let (columns, rows) = ((Self.width + 1) / 2, (Self.height + 1) / 2)
        let half = try RasterFile(opening: path).read(UInt8.self, band: 1, window: whole, width: columns, height: rows)
        let all = pixels(UInt8.self)
        #expect(half == (0..<columns * rows).map { all[2 * ($0 / columns) * Self.width + 2 * ($0 % columns)] })
    }
}
