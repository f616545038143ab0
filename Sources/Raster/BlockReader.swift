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
    /// - Returns: False where GDAL has to be asked: other types, and blocks that are missing, cut short or damaged (of
    ///   which GDAL says what is wrong).
    public func read<Element: PixelElement>(
        _ window: PixelWindow,
        into target: UnsafeMutablePointer<Element>,
        stride: Int
    ) -> Bool {
        guard Element.pixelType == table.type else { return false }
        return CodecPool.with { codec in
            let capacity = table.blockWidth * table.blockHeight * table.type.byteCount
            return withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 16) { pixels in
                let (firstRow, lastRow) = blocks(window.row, window.height, table.blockHeight)
                let (firstColumn, lastColumn) = blocks(window.column, window.width, table.blockWidth)
                for row in firstRow...lastRow {
                    for column in firstColumn...lastColumn {
                        let place = UnsafeMutableRawPointer(target)
                        let key = BlockCache.Key(file: table.key, number: row * table.columns + column)
                        let isWhole = isWithin(window, column, row)
                        if !isWhole, let known = cache?.block(key) {
                            known.withUnsafeBytes { copy(column, row, $0, window, place, stride) }
                            continue
                        }
                        guard expand(column, row, into: pixels, codec) else { return false }
                        let expanded = UnsafeRawBufferPointer(pixels)
                        copy(column, row, expanded, window, place, stride)
                        if !isWhole { cache?.keep(expanded, key) }
                    }
                }
                return true
            }
        }
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

    private func expand(
        _ column: Int,
        _ row: Int,
        into pixels: UnsafeMutableRawBufferPointer,
        _ codec: BlockCodec
    ) -> Bool {
        let number = row * table.columns + column
        let (offset, size) = (table.offsets[number], table.sizes[number])
        let stored = table.blockWidth * table.storedRows(ofBlockRow: row) * table.type.byteCount
        guard size > 0, offset > 0 else { return false }
        let target = UnsafeMutableRawBufferPointer(rebasing: pixels[..<stored])
        if case .tiff(.none, _) = table.storage {
            guard size >= stored else { return false }
            guard pread(descriptor, target.baseAddress, stored, off_t(offset)) == stored else { return false }
        } else {
            let isExpanded = codec.withRoom(for: size) { buffer in
                guard pread(descriptor, buffer.baseAddress, size, off_t(offset)) == size else { return false }
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<size])
                return switch table.storage {
                case .tiff(let compression, _): codec.expand(bytes, compression, into: target)
                case .chunks(let filters): filters.undo(bytes, into: target, codec)
                }
            }
            guard isExpanded else { return false }
        }
        if case .tiff(_, hasDifferences: true) = table.storage {
            Predictor.undo(target, sampleBytes: table.type.byteCount, width: table.blockWidth)
        }
        return true
    }

    /// True where all of a block that lies in the band is wanted.
    private func isWithin(_ window: PixelWindow, _ column: Int, _ row: Int) -> Bool {
        let (left, top) = (column * table.blockWidth, row * table.blockHeight)
        return left >= window.column && top >= window.row
            && min(left + table.blockWidth, table.width) <= window.column + window.width
            && min(top + table.blockHeight, table.height) <= window.row + window.height
    }

    /// Copies the rows that a block and the window have in common.
    private func copy(
        _ column: Int,
        _ row: Int,
        _ pixels: UnsafeRawBufferPointer,
        _ window: PixelWindow,
        _ target: UnsafeMutableRawPointer,
        _ stride: Int
    ) {
        let block = PixelWindow(
            column: column * table.blockWidth,
            row: row * table.blockHeight,
            width: table.blockWidth,
            height: table.blockHeight
        )
        guard let common = block.intersection(window), let base = pixels.baseAddress else { return }
        let unit = table.type.byteCount
        for line in common.row..<common.row + common.height {
            let from = ((line - block.row) * block.width + common.column - block.column) * unit
            let to = ((line - window.row) * stride + common.column - window.column) * unit
            (target + to).copyMemory(from: base + from, byteCount: common.width * unit)
        }
    }
}
