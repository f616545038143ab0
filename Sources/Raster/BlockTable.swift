public import Geo

/// Where the blocks of one band of a GeoTIFF, or of one time of a netCDF variable, lie in the file, and how they are
/// stored.
public struct BlockTable: Sendable {
    /// What has to be undone to get the samples of a block.
    enum Storage: Sendable {
        /// `hasDifferences` is true for predictor 2.
        case tiff(BlockCompression, hasDifferences: Bool)
        case chunks(ChunkFilters)
    }

    /// The file's path.
    let path: String
    /// The band, counted from 1, or the variable and its time.
    let part: String
    /// Pixels of the band.
    public let width: Int, height: Int
    public let type: PixelType
    /// Pixels of a block: a tile, or a strip as wide as the file.
    public let blockWidth: Int, blockHeight: Int
    let isTiled: Bool
    let storage: Storage
    /// Row by row; a size of 0 marks a block that nobody wrote.
    let offsets: [Int]
    let sizes: [Int]

    /// Tells one band of one file from all others.
    public var key: String { "\(path)#\(part)" }

    /// Blocks side by side.
    var columns: Int { (width + blockWidth - 1) / blockWidth }

    /// Where in the file a block lies, in bytes; nil where nobody wrote it.
    public func place(column: Int, row: Int) -> (offset: Int, size: Int)? {
        let number = row * columns + column
        return sizes[number] > 0 ? (offsets[number], sizes[number]) : nil
    }

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
        // What a damaged header claims must not fill the memory, nor overflow a sum.
        let longest = Int(Int32.max)
        guard (1...65_536).contains(samples), (1...samples).contains(band),
            samples == 1 || tags.number(TIFFTag.planarConfiguration, otherwise: 1) == 2,
            tags.number(TIFFTag.fillOrder, otherwise: 1) == 1,
            [0, 1, 2, 3].contains(tags.number(TIFFTag.photometric, otherwise: 1)),
            let width = tags.numbers(TIFFTag.width)?.first, let height = tags.numbers(TIFFTag.height)?.first,
            (1...longest).contains(width), (1...longest).contains(height), Set(bits).count == 1,
            Set(formats).count == 1,
            let type = Self.type(bits: bits[0], format: formats[0]),
            let compression = Self.compression(tags.number(TIFFTag.compression, otherwise: 1)),
            predictor == 1 || predictor == 2 && !type.isFloat
        else { return nil }
        isTiled = tags.entries[TIFFTag.tileWidth] != nil
        let strip = min(tags.number(TIFFTag.rowsPerStrip, otherwise: height), height)
        blockWidth = isTiled ? tags.number(TIFFTag.tileWidth, otherwise: 0) : width
        blockHeight = isTiled ? tags.number(TIFFTag.tileHeight, otherwise: 0) : strip
        guard (1...longest).contains(blockWidth), (1...longest).contains(blockHeight),
            blockWidth * blockHeight <= 1 << 28,
            let offsets = tags.numbers(isTiled ? TIFFTag.tileOffsets : TIFFTag.stripOffsets),
            let sizes = tags.numbers(isTiled ? TIFFTag.tileByteCounts : TIFFTag.stripByteCounts)
        else { return nil }
        let count = ((width + blockWidth - 1) / blockWidth) * ((height + blockHeight - 1) / blockHeight)
        guard offsets.count == sizes.count, offsets.count / samples == count, offsets.count % samples == 0 else {
            return nil
        }
        (self.path, part, self.width, self.height, self.type) = (path, "\(band)", width, height, type)
        storage = .tiff(compression, hasDifferences: predictor == 2)
        let plane = (band - 1) * count..<band * count
        self.offsets = Array(offsets[plane])
        // A block that the file is too short for is as one that is missing: GDAL says what is wrong with it.
        self.sizes = plane.map { number in
            let (offset, size) = (offsets[number], sizes[number])
            return offset > 0 && size > 0 && size <= tags.fileSize && offset <= tags.fileSize - size ? size : 0
        }
        let bytes = blockWidth * blockHeight * type.byteCount
        guard bytes <= compression.mostBytes(from: self.sizes.max() ?? 0) else { return nil }
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
