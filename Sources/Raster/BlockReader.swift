import Foundation
public import Geo

/// Reads a band of a GeoTIFF, or one time of a netCDF variable, block by block, without GDAL and netCDF: twice as fast,
/// and from any thread.
///
/// One open file for all threads; each block is read by one `pread`, expanded and put in place.
public final class BlockReader: Sendable {
    public let table: BlockTable
    private let descriptor: Int32
    private let cache: BlockCache?

    /// Nil where the file is none of those that `BlockTable` knows, or cannot be opened.
    public convenience init?(path: String, band: Int) {
        guard let table = BlockTable(path: path, band: band) else { return nil }
        self.init(table)
    }

    /// Nil where the file cannot be opened.
    ///
    /// - `cache`: Where blocks are kept of which only a part was asked for.
    public init?(_ table: BlockTable, cache: BlockCache? = nil) {
        let descriptor = open(table.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        (self.table, self.descriptor, self.cache) = (table, descriptor, cache)
    }

    deinit { close(descriptor) }

    /// Puts the pixels under `window` in place.
    ///
    /// - Parameters:
    ///   - window: Must lie within the band.
    ///   - target: The place of the window's first pixel.
    ///   - stride: Pixels from one row of the target to the next.
    ///   - wanted: Which pixels are, in the shape of the target; nil for all. Blocks without any are not even read.
    ///   - outline: Around the part of the band, in pixels from its corner, that is not asked for again; nil for all of
    ///     the window. Windows around targets that lie askew overlap, and what one needs of a block is then less than
    ///     what lies in its window.
    /// - Returns: False where GDAL has to be asked: other types, and blocks that are missing, cut short or damaged (of
    ///   which GDAL says what is wrong).
    public func read<Element: PixelElement>(
        _ window: PixelWindow,
        into target: UnsafeMutablePointer<Element>,
        stride: Int,
        wanted: WantedPixels<Element>? = nil,
        outline: MultiPolygon? = nil
    ) -> Bool {
        guard Element.pixelType == table.type else { return false }
        let rows = Rows(window: window, target: UnsafeMutableRawPointer(target), stride: stride, wanted: wanted?.raw)
        return CodecPool.with { codec in
            codec.withPixels(for: table.blockWidth * table.blockHeight * table.type.byteCount) { pixels in
                let (firstRow, lastRow) = blocks(window.row, window.height, table.blockHeight)
                let (firstColumn, lastColumn) = blocks(window.column, window.width, table.blockWidth)
                for row in firstRow...lastRow {
                    for column in firstColumn...lastColumn {
                        guard place(column, row, rows, outline, pixels, codec) else { return false }
                    }
                }
                return true
            }
        }
    }

    /// Puts what a block and the rows asked for have in common in place.
    private func place(
        _ column: Int,
        _ row: Int,
        _ rows: Rows,
        _ outline: MultiPolygon?,
        _ pixels: UnsafeMutableRawBufferPointer,
        _ codec: BlockCodec
    ) -> Bool {
        let block = PixelWindow(
            column: column * table.blockWidth,
            row: row * table.blockHeight,
            width: table.blockWidth,
            height: table.blockHeight
        )
        guard let common = block.intersection(rows.window) else { return true }
        let unit = table.type.byteCount
        guard rows.isWanted(common) else {
            for line in common.row..<common.row + common.height { rows.blank(line, common, unit) }
            return true
        }
        let key = BlockCache.Key(file: table.key, number: row * table.columns + column)
        let used = corners(of: block) { corner in
            outline?.contains(Point(x: Double(corner.x) + 0.5, y: Double(corner.y) + 0.5)) ?? common.contains(corner)
        }
        let isWhole = used == .all
        if let known = cache?.block(key, using: used) {
            known.withUnsafeBytes { copy($0, block, common, rows) }
            return true
        }
        guard let stored = expand(column, row, into: pixels, codec) else { return false }
        guard case .tiff(_, hasDifferences: true) = table.storage else {
            copy(UnsafeRawBufferPointer(pixels), block, common, rows)
            if !isWhole { cache?.keep(UnsafeRawBufferPointer(pixels), key, used: used) }
            return true
        }
        guard isWhole else {
            Predictor.undo(stored, sampleBytes: unit, width: table.blockWidth)
            copy(UnsafeRawBufferPointer(pixels), block, common, rows)
            cache?.keep(UnsafeRawBufferPointer(pixels), key, used: used)
            return true
        }
        // Row by row, so that samples are summed and copied in the processor's nearest cache.
        let length = table.blockWidth * unit
        for line in common.row..<common.row + common.height {
            let start = (line - block.row) * length
            let samples = UnsafeMutableRawBufferPointer(rebasing: pixels[start..<start + length])
            Predictor.undo(samples, sampleBytes: unit, width: table.blockWidth)
            rows.copy(line, common, UnsafeRawBufferPointer(samples), from: common.column - block.column, unit)
        }
        return true
    }

    /// The pixels under `window`, nil where GDAL has to be asked.
    public func read<Element: PixelElement>(_ type: Element.Type = Element.self, _ window: PixelWindow) -> [Element]? {
        var isComplete = false
        let pixels = [Element](unsafeUninitializedCapacity: window.pixelCount) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            isComplete = read(window, into: base, stride: window.width)
            count = isComplete ? window.pixelCount : 0
        }
        return isComplete ? pixels : nil
    }

    /// Asks the system to fetch the blocks under a window, which are read soon.
    public func prefetch(_ window: PixelWindow) {
        let (firstRow, lastRow) = blocks(window.row, window.height, table.blockHeight)
        let (firstColumn, lastColumn) = blocks(window.column, window.width, table.blockWidth)
        for row in firstRow...lastRow {
            for column in firstColumn...lastColumn {
                let number = row * table.columns + column
                // A length of 0 would mean the whole rest of the file.
                guard table.sizes[number] > 0 else { continue }
                posix_fadvise(
                    descriptor,
                    off_t(table.offsets[number]),
                    off_t(table.sizes[number]),
                    POSIX_FADV_WILLNEED
                )
            }
        }
    }

    private func blocks(_ start: Int, _ length: Int, _ size: Int) -> (first: Int, last: Int) {
        (start / size, (start + length - 1) / size)
    }

    /// The stored samples of a block, differences where the file holds such; nil where GDAL has to be asked.
    private func expand(
        _ column: Int,
        _ row: Int,
        into pixels: UnsafeMutableRawBufferPointer,
        _ codec: BlockCodec
    ) -> UnsafeMutableRawBufferPointer? {
        let number = row * table.columns + column
        let (offset, size) = (table.offsets[number], table.sizes[number])
        let stored = table.blockWidth * table.storedRows(ofBlockRow: row) * table.type.byteCount
        guard size > 0, offset > 0 else { return nil }
        let target = UnsafeMutableRawBufferPointer(rebasing: pixels[..<stored])
        if case .tiff(.none, _) = table.storage {
            guard size >= stored else { return nil }
            return pread(descriptor, target.baseAddress, stored, off_t(offset)) == stored ? target : nil
        }
        let isExpanded = codec.withRoom(for: size) { buffer in
            guard pread(descriptor, buffer.baseAddress, size, off_t(offset)) == size else { return false }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<size])
            return switch table.storage {
            case .tiff(let compression, _): codec.expand(bytes, compression, into: target)
            case .chunks(let filters): filters.undo(bytes, into: target, codec)
            }
        }
        return isExpanded ? target : nil
    }

    /// Which of the pixels in the corners of a block's part within the band are used.
    private func corners(of block: PixelWindow, _ isUsed: (XY<Int>) -> Bool) -> BlockCache.Corners {
        let right = min(block.column + block.width, table.width) - 1
        let bottom = min(block.row + block.height, table.height) - 1
        return BlockCache.Corners(
            upperLeft: isUsed(XY(x: block.column, y: block.row)),
            upperRight: isUsed(XY(x: right, y: block.row)),
            lowerLeft: isUsed(XY(x: block.column, y: bottom)),
            lowerRight: isUsed(XY(x: right, y: bottom))
        )
    }

    private func copy(_ pixels: UnsafeRawBufferPointer, _ block: PixelWindow, _ common: PixelWindow, _ rows: Rows) {
        let unit = table.type.byteCount
        let length = block.width * unit
        for line in common.row..<common.row + common.height {
            let start = (line - block.row) * length
            let samples = UnsafeRawBufferPointer(rebasing: pixels[start..<start + length])
            rows.copy(line, common, samples, from: common.column - block.column, unit)
        }
    }
}

/// Which pixels of a target are wanted; all others become nodata.
public struct WantedPixels<Element: PixelElement> {
    /// True for those that are; in the shape of the target, from the place of the window's first pixel on.
    public let pixels: UnsafePointer<Bool>
    let missing: Element

    /// - `pixels`: Must live as long as they are used.
    public init(_ pixels: UnsafePointer<Bool>, missing: Element) { (self.pixels, self.missing) = (pixels, missing) }

    /// The same from a later pixel on.
    public func advanced(by count: Int) -> WantedPixels { WantedPixels(pixels + count, missing: missing) }

    /// Makes those nodata that are not wanted.
    public func blank(_ row: UnsafeMutablePointer<Element>, count: Int) {
        for index in 0..<count where !pixels[index] { row[index] = missing }
    }

    fileprivate var raw: (pixels: UnsafePointer<Bool>, missing: UInt64) {
        var bits: UInt64 = 0
        withUnsafeBytes(of: missing) { bytes in
            for (number, byte) in bytes.enumerated() { bits |= UInt64(byte) << UInt64(8 * number) }
        }
        return (pixels, bits)
    }
}

/// Where the pixels of a window go, row by row.
private struct Rows {
    let window: PixelWindow
    let target: UnsafeMutableRawPointer
    /// Pixels from one row to the next.
    let stride: Int
    /// Nil where all are; `missing` holds the bits of nodata.
    let wanted: (pixels: UnsafePointer<Bool>, missing: UInt64)?

    private func place(_ line: Int, _ column: Int) -> Int {
        (line - window.row) * stride + column - window.column
    }

    func isWanted(_ part: PixelWindow) -> Bool {
        guard let wanted else { return true }
        return (part.row..<part.row + part.height).contains { line in
            let row = wanted.pixels + place(line, part.column)
            var found: UInt8 = 0
            for column in 0..<part.width { found |= row[column] ? 1 : 0 }
            return found != 0
        }
    }

    /// Puts the samples of a row in place, from the sample `first` on.
    func copy(_ line: Int, _ part: PixelWindow, _ samples: UnsafeRawBufferPointer, from first: Int, _ unit: Int) {
        guard let base = samples.baseAddress else { return }
        let (to, from) = (target + place(line, part.column) * unit, base + first * unit)
        guard let wanted else { return to.copyMemory(from: from, byteCount: part.width * unit) }
        let mask = wanted.pixels + place(line, part.column)
        switch unit {
        case 1: select(UInt8.self, to, from, mask, wanted.missing, part.width)
        case 2: select(UInt16.self, to, from, mask, wanted.missing, part.width)
        case 4: select(UInt32.self, to, from, mask, wanted.missing, part.width)
        default: select(UInt64.self, to, from, mask, wanted.missing, part.width)
        }
    }

    /// Makes a row nodata.
    func blank(_ line: Int, _ part: PixelWindow, _ unit: Int) {
        guard let missing = wanted?.missing else { return }
        let to = target + place(line, part.column) * unit
        switch unit {
        case 1: fill(UInt8.self, to, missing, part.width)
        case 2: fill(UInt16.self, to, missing, part.width)
        case 4: fill(UInt32.self, to, missing, part.width)
        default: fill(UInt64.self, to, missing, part.width)
        }
    }

    @inline(__always)
    private func select<Bits: FixedWidthInteger>(
        _: Bits.Type,
        _ to: UnsafeMutableRawPointer,
        _ from: UnsafeRawPointer,
        _ mask: UnsafePointer<Bool>,
        _ missing: UInt64,
        _ count: Int
    ) {
        let (to, from) = (to.assumingMemoryBound(to: Bits.self), from.assumingMemoryBound(to: Bits.self))
        let missing = Bits(truncatingIfNeeded: missing)
        for index in 0..<count {
            let sample = from[index]
            to[index] = mask[index] ? sample : missing
        }
    }

    @inline(__always)
    private func fill<Bits: FixedWidthInteger>(
        _: Bits.Type,
        _ to: UnsafeMutableRawPointer,
        _ missing: UInt64,
        _ count: Int
    ) {
        to.assumingMemoryBound(to: Bits.self).update(repeating: Bits(truncatingIfNeeded: missing), count: count)
    }
}
