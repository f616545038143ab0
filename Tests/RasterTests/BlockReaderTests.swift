import Foundation
import Geo
import Raster
import TestSupport
import Testing

@Suite("Reading GeoTIFF blocks", .enabled(if: isInstalled("gdal_translate"), "SKIPPED: GDAL'S TOOLS ARE NOT INSTALLED"))
struct BlockReaderTests {
    private static let whole = PixelWindow(column: 0, row: 0, width: 301, height: 217)
    private static let windows = [
        whole, PixelWindow(column: 0, row: 0, width: 1, height: 1),
        PixelWindow(column: 300, row: 216, width: 1, height: 1),
        PixelWindow(column: 63, row: 31, width: 130, height: 100),
        PixelWindow(column: 128, row: 64, width: 64, height: 64),
        PixelWindow(column: 250, row: 3, width: 51, height: 214),
    ]

    /// Two bands of smooth ground with noise, as GDAL's tools store them.
    private func makeFile<Element: PixelElement>(_: Element.Type, _ options: String) throws -> String {
        let folder = try TemporaryFolder()
        let span = Element.pixelType.isFloat ? 3.7 : min(Element.pixelType.range.upperBound / 3, 1e6)
        let low = max(Element.pixelType.range.lowerBound, -span)
        let bands = (0..<2).map { band in
            (0..<Self.whole.pixelCount).map { index in
                let (row, column) = (index / Self.whole.width, index % Self.whole.width)
                let wave =
                    sin(Double(row + band * 40) / 30) + cos(Double(column) / 25) + Double(index * 7919 % 101) / 101
                return Element(nearest: low + (wave + 2) / 5 * (span - low))
            }
        }
        let box = GeoBox(
            crs: CRS("EPSG:32613"),
            affine: Affine(origin: Point(x: 0, y: 0), resolution: XY(x: 10, y: -10)),
            width: Self.whole.width,
            height: Self.whole.height
        )
        try RasterOutput.write(bands: bands, on: box, to: folder.path("plain.tif"), format: .geoTIFF)
        let words = options.split(separator: " ").flatMap { $0.contains("=") ? ["-co", String($0)] : [String($0)] }
        let made = try run("gdal_translate", ["-q", folder.path("plain.tif"), folder.path("out.tif")] + words)
        #expect(made.status == 0, "\(made.errors)")
        return folder.path("out.tif")
    }

    private func compare<Element: PixelElement>(_: Element.Type, _ path: String, band: Int) throws {
        let reader = try #require(BlockReader(path: path, band: band), "\(path) is one of those it reads")
        let file = try RasterFile(opening: path)
        for window in Self.windows {
            let theirs = try file.read(Element.self, band: band, window: window)
            #expect(reader.read(Element.self, window) == theirs, "\(window) of band \(band)")
        }
    }

    @Test(arguments: [
        "TILED=YES BLOCKXSIZE=64 BLOCKYSIZE=64 COMPRESS=DEFLATE PREDICTOR=2 INTERLEAVE=BAND",
        "TILED=YES BLOCKXSIZE=128 BLOCKYSIZE=32 COMPRESS=DEFLATE PREDICTOR=1 INTERLEAVE=BAND",
        "TILED=YES BLOCKXSIZE=512 BLOCKYSIZE=512 COMPRESS=DEFLATE PREDICTOR=2 INTERLEAVE=BAND BIGTIFF=YES",
        "TILED=YES BLOCKXSIZE=64 BLOCKYSIZE=64 COMPRESS=ZSTD PREDICTOR=2 INTERLEAVE=BAND",
        "TILED=YES BLOCKXSIZE=64 BLOCKYSIZE=64 COMPRESS=ZSTD PREDICTOR=1 INTERLEAVE=BAND",
        "TILED=YES BLOCKXSIZE=64 BLOCKYSIZE=64 INTERLEAVE=BAND", "BLOCKYSIZE=1 INTERLEAVE=BAND",
        "BLOCKYSIZE=50 COMPRESS=DEFLATE PREDICTOR=2 INTERLEAVE=BAND", "BLOCKYSIZE=217 COMPRESS=ZSTD INTERLEAVE=BAND",
        "BLOCKYSIZE=16 INTERLEAVE=BAND", "-b 2 TILED=YES COMPRESS=DEFLATE PREDICTOR=2",
        "-b 1 -of COG COMPRESS=DEFLATE PREDICTOR=YES BLOCKSIZE=128", "-b 1 -of COG COMPRESS=ZSTD BLOCKSIZE=128",
    ])
    func `every byte is the one that GDAL reads`(options: String) throws {
        func check<Element: PixelElement>(_ type: Element.Type) throws {
            let path = try makeFile(type, options)
            for band in 1...(options.contains("-b ") ? 1 : 2) { try compare(type, path, band: band) }
        }
        try check(UInt8.self)
        try check(UInt16.self)
        try check(Int16.self)
        try check(UInt32.self)
        try check(Int32.self)
        // Differences of floats are GDAL's predictor 3, which is left to it.
        if !options.contains("PREDICTOR=2"), !options.contains("PREDICTOR=YES") { try check(Float.self) }
    }

    @Test(arguments: [0, 40_000, 1 << 20]) func `pixels that nobody wants are nodata, and no other changes`(
        memory: Int
    ) throws {
        func check<Element: PixelElement>(_ type: Element.Type) throws {
            let path = try makeFile(type, "TILED=YES BLOCKXSIZE=64 BLOCKYSIZE=64 COMPRESS=DEFLATE INTERLEAVE=BAND")
            let table = try #require(BlockTable(path: path, band: 2))
            let reader = try #require(BlockReader(table, cache: BlockCache(limit: memory)))
            let file = try RasterFile(opening: path)
            let missing: Element = 7
            // Twice, so that blocks come from the cache too.
            for window in Self.windows + Self.windows {
                let theirs = try file.read(type, band: 2, window: window)
                // Single pixels, and whole blocks, that are not wanted.
                let wanted = (0..<window.pixelCount).map { pixel in
                    let (row, column) = (window.row + pixel / window.width, window.column + pixel % window.width)
                    return (row / 64 + column / 64) % 2 == 0 && pixel % 5 != 0
                }
                var pixels = [Element](repeating: 99, count: window.pixelCount)
                let isRead = pixels.withUnsafeMutableBufferPointer { pixels in
                    wanted.withUnsafeBufferPointer { wanted in
                        guard let to = pixels.baseAddress, let mask = wanted.baseAddress else { return false }
                        let choice = WantedPixels(mask, missing: missing)
                        return reader.read(window, into: to, stride: window.width, wanted: choice)
                    }
                }
                #expect(isRead && pixels == zip(theirs, wanted).map { $1 ? $0 : missing }, "\(window)")
            }
        }
        try check(UInt8.self)
        try check(UInt16.self)
        try check(Float.self)
    }

    @Test func `a block is kept until all that lies around it askew has had its part`() throws {
        let path = try makeFile(UInt16.self, "TILED=YES BLOCKXSIZE=64 BLOCKYSIZE=64 COMPRESS=DEFLATE -b 1")
        let table = try #require(BlockTable(path: path, band: 1))
        let reader = try #require(BlockReader(table, cache: BlockCache(limit: 1 << 20)))
        let block = PixelWindow(column: 64, row: 64, width: 64, height: 64)
        let theirs = try RasterFile(opening: path).read(UInt16.self, band: 1, window: block)
        /// Reads the whole block for a target whose outline in the file's pixels is this.
        func read(_ outline: [Point]) -> [UInt16]? {
            var pixels = [UInt16](repeating: 99, count: block.pixelCount)
            let isRead = pixels.withUnsafeMutableBufferPointer { pixels in
                guard let to = pixels.baseAddress else { return false }
                return reader.read(block, into: to, stride: block.width, outline: MultiPolygon(ring: outline))
            }
            return isRead ? pixels : nil
        }
        let (left, right) = (
            [Point(x: 10, y: 10), Point(x: 126, y: 0), Point(x: 120, y: 140), Point(x: 0, y: 150)],
            [Point(x: 126, y: 0), Point(x: 200, y: -10), Point(x: 200, y: 130), Point(x: 120, y: 140)]
        )
        #expect(read(left) == theirs)
        // From here on there is nothing in the file: what is read was kept.
        let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: Data(count: size))
        try file.close()
        #expect(read(left) == theirs)
        #expect(read(right) == theirs)
        #expect(read(right) == nil, "both have had their part")
    }

    @Test(arguments: [
        "TILED=YES COMPRESS=LZW INTERLEAVE=BAND", "TILED=YES COMPRESS=DEFLATE INTERLEAVE=PIXEL",
        "TILED=YES COMPRESS=DEFLATE ENDIANNESS=BIG INTERLEAVE=BAND", "-of JP2OpenJPEG -b 1",
        "-of COG COMPRESS=LERC -b 1",
        "-b 1 -scale 0 65535 0 4095 NBITS=12", "-ot Float64 INTERLEAVE=BAND",
        "-ot Float32 COMPRESS=DEFLATE PREDICTOR=3 -b 1",
        "-ot CInt16 -b 1",
    ])
    func `other layouts are left to GDAL`(options: String) throws {
        #expect(BlockReader(path: try makeFile(UInt16.self, options), band: 1) == nil)
    }

    @Test func `blocks that nobody wrote, and damaged ones, are left to GDAL`() throws {
        let path = try makeFile(UInt16.self, "TILED=YES BLOCKXSIZE=64 BLOCKYSIZE=64 COMPRESS=DEFLATE -b 1")
        let table = try #require(BlockReader(path: path, band: 1)).table
        #expect(table.blockWidth == 64 && table.type == .uint16)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        try bytes.prefix(bytes.count * 3 / 4).write(to: URL(fileURLWithPath: path + "-cut.tif"))
        if let cut = BlockReader(path: path + "-cut.tif", band: 1) { #expect(cut.read(UInt16.self, Self.whole) == nil) }

        let sparse = try TemporaryFolder().path("sparse.tif")
        let made = try run(
            "gdal_create",
            ["-q", "-outsize", "301", "217", "-ot", "UInt16", "-co", "TILED=YES", "-co", "SPARSE_OK=YES", sparse]
        )
        #expect(made.status == 0, "\(made.errors)")
        #expect(BlockReader(path: sparse, band: 1)?.read(UInt16.self, Self.whole) == nil)
    }

    /// Tags are 12 bytes: number, type, count, value; 322 and 323 are width and height of a tile.
    @Test func `a header that claims blocks larger than the file can hold is left to GDAL`() throws {
        let path = try makeFile(UInt16.self, "TILED=YES BLOCKXSIZE=64 BLOCKYSIZE=64 COMPRESS=DEFLATE -b 1")
        #expect(BlockReader(path: path, band: 1) != nil)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let start = bytes[4..<8].enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        // One tile of 16,384 x 16,384 pixels that is said to be as large as the raster: a gigabyte at once.
        for (tag, value) in [(256, 16384), (257, 16384), (322, 16384), (323, 16384)] {
            let count = Int(bytes[start]) | Int(bytes[start + 1]) << 8
            for entry in 0..<count {
                let at = start + 2 + 12 * entry
                guard Int(bytes[at]) | Int(bytes[at + 1]) << 8 == tag else { continue }
                (bytes[at + 8], bytes[at + 9]) = (UInt8(value & 255), UInt8(value >> 8))
            }
        }
        // 324 and 325 are places and sizes of the tiles: one is left of them.
        let count = Int(bytes[start]) | Int(bytes[start + 1]) << 8
        for entry in 0..<count {
            let at = start + 2 + 12 * entry
            guard [324, 325].contains(Int(bytes[at]) | Int(bytes[at + 1]) << 8) else { continue }
            for (offset, byte) in [1, 0, 0, 0, 200, 0, 0, 0].enumerated() { bytes[at + 4 + offset] = UInt8(byte) }
        }
        try bytes.write(to: URL(fileURLWithPath: path + "-claims.tif"))
        #expect(BlockReader(path: path + "-claims.tif", band: 1) == nil)
    }
}
