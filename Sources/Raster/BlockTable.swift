public import Geo

/// Where the blocks of one band of a GeoTIFF lie in the file, and how they are stored.
public struct BlockTable: Sendable {
    /// The file's path.
    let path: String
    /// Counted from 1.
    let band: Int
    /// Pixels of the band.
    public let width: Int, height: Int
    public let type: PixelType
    /// Pixels of a block: a tile, or a strip as wide as the file.
    public let blockWidth: Int, blockHeight: Int
    let isTiled: Bool
    let compression: BlockCompression
    /// True for predictor 2.
    let hasDifferences: Bool
    /// Row by row; a size of 0 marks a block that nobody wrote.
    let offsets: [Int]
    let sizes: [Int]

    /// Tells one band of one file from all others.
    public var key: String { "\(path)#\(band)" }

    /// Blocks side by side.
    var columns: Int { (width + blockWidth - 1) / blockWidth }

    /// Rows that a block holds: the last strip of a striped file holds those that are left, a tile is always whole.
    func storedRows(ofBlockRow row: Int) -> Int {
        isTiled ? blockHeight : min(blockHeight, height - row * blockHeight)
    }

    /// The blocks of a band (counted from 1), nil where `BlockReader` cannot read them by itself.
    ///
    /// It can: plain little-endian TIFF and BigTIFF files on disk, tiled or striped, with one sample in a pixel or a plane
    /// for each band, not compressed or by DEFLATE or ZSTD, without predictor or with predictor 2 of integers, of 8, 16 or
    /// 32 bits. Everything else (JPEG 2000, LZW, other byte orders, files in archives and on the web) is GDAL's.
    public init?(path: String, band: Int) {
        guard let tags = TIFFDirectory(path: path) else { return nil }
        let samples = tags.number(TIFFTag.samplesPerPixel, otherwise: 1)
        let bits = tags.numbers(TIFFTag.bitsPerSample) ?? [1]
        let formats = tags.numbers(TIFFTag.sampleFormat) ?? [1]
        let predictor = tags.number(TIFFTag.predictor, otherwise: 1)
        guard (1...samples).contains(band), samples == 1 || tags.number(TIFFTag.planarConfiguration, otherwise: 1) == 2,
            tags.number(TIFFTag.fillOrder, otherwise: 1) == 1,
            [0, 1, 2, 3].contains(tags.number(TIFFTag.photometric, otherwise: 1)),
            let width = tags.numbers(TIFFTag.width)?.first, let height = tags.numbers(TIFFTag.height)?.first,
            width > 0, height > 0, Set(bits).count == 1, Set(formats).count == 1,
            let type = Self.type(bits: bits[0], format: formats[0]),
            let compression = Self.compression(tags.number(TIFFTag.compression, otherwise: 1)),
            predictor == 1 || predictor == 2 && !type.isFloat
        else { return nil }
        isTiled = tags.entries[TIFFTag.tileWidth] != nil
        let strip = min(tags.number(TIFFTag.rowsPerStrip, otherwise: height), height)
        blockWidth = isTiled ? tags.number(TIFFTag.tileWidth, otherwise: 0) : width
        blockHeight = isTiled ? tags.number(TIFFTag.tileHeight, otherwise: 0) : strip
        guard blockWidth > 0, blockHeight > 0, blockWidth * blockHeight <= 1 << 28,
            let offsets = tags.numbers(isTiled ? TIFFTag.tileOffsets : TIFFTag.stripOffsets),
            let sizes = tags.numbers(isTiled ? TIFFTag.tileByteCounts : TIFFTag.stripByteCounts)
        else { return nil }
        let count = ((width + blockWidth - 1) / blockWidth) * ((height + blockHeight - 1) / blockHeight)
        guard offsets.count == count * samples, sizes.count == count * samples else { return nil }
        (self.path, self.band, self.width, self.height, self.type) = (path, band, width, height, type)
        (self.compression, hasDifferences) = (compression, predictor == 2)
        let plane = (band - 1) * count..<band * count
        (self.offsets, self.sizes) = (Array(offsets[plane]), Array(sizes[plane]))
    }

    /// GDAL 3.6 reads signed bytes as unsigned ones: they are left to it.
    private static func type(bits: Int, format: Int) -> PixelType? {
        switch (bits, format) {
        case (8, 1): .uint8
        case (16, 1): .uint16
        case (16, 2): .int16
        case (32, 1): .uint32
        case (32, 2): .int32
        case (32, 3): .float32
        default: nil
        }
    }

    private static func compression(_ number: Int) -> BlockCompression? {
        switch number {
        case 1: BlockCompression.none
        case 8, 32946: .deflate(level: 0)
        case 50000: .zstd(level: 0)
        default: nil
        }
    }
}
