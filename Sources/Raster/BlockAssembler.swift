import Geo

/// A block as a file stores it, complete: samples row by row, those beyond the raster's edge filled with nodata.
struct AssembledBlock: Sendable {
    let column: Int, row: Int
    var bytes: [UInt8]
}

/// Puts windows of pixels together to the blocks in which a file stores them.
struct BlockAssembler: Sendable {
    private struct Partial {
        var bytes: [UInt8]
        /// Pixels within the raster that nobody has written yet.
        var missing: Int
    }

    let width: Int, height: Int
    let blockWidth: Int, blockHeight: Int
    /// The bytes of nodata.
    let fill: [UInt8]
    private var partial: [Int: Partial] = [:]

    init<Element: PixelElement>(
        width: Int,
        height: Int,
        blockWidth: Int,
        blockHeight: Int,
        nodata: Element
    ) {
        (self.width, self.height, self.blockWidth, self.blockHeight) = (width, height, blockWidth, blockHeight)
        fill = withUnsafeBytes(of: nodata) { Array($0) }
    }

    var columns: Int { (width + blockWidth - 1) / blockWidth }
    var rows: Int { (height + blockHeight - 1) / blockHeight }

    /// The part of the raster under a block.
    func window(column: Int, row: Int) -> PixelWindow {
        let (x, y) = (column * blockWidth, row * blockHeight)
        return PixelWindow(column: x, row: y, width: min(blockWidth, width - x), height: min(blockHeight, height - y))
    }

    /// Adds the samples of a window; returns the blocks that are complete now, row by row.
    mutating func add(_ samples: UnsafeRawBufferPointer, _ window: PixelWindow) -> [AssembledBlock] {
        guard let source = samples.baseAddress, window.pixelCount > 0 else { return [] }
        var complete: [AssembledBlock] = []
        for row in window.row / blockHeight...(window.row + window.height - 1) / blockHeight {
            for column in window.column / blockWidth...(window.column + window.width - 1) / blockWidth {
                let whole = self.window(column: column, row: row)
                guard let common = whole.intersection(window) else { continue }
                let number = row * columns + column
                var block = partial.removeValue(forKey: number) ?? empty(whole)
                copy(source, window, common, whole, &block.bytes)
                block.missing -= common.pixelCount
                if block.missing <= 0 {
                    complete.append(AssembledBlock(column: column, row: row, bytes: block.bytes))
                } else {
                    partial[number] = block
                }
            }
        }
        return complete
    }

    /// The blocks that lie above a row as far as anything of them was written: nothing more will come.
    mutating func complete(above row: Int) -> [AssembledBlock] {
        let numbers = partial.keys.filter { min(($0 / columns + 1) * blockHeight, height) <= row }.sorted()
        return numbers.compactMap { number in
            partial.removeValue(forKey: number).map {
                AssembledBlock(column: number % columns, row: number / columns, bytes: $0.bytes)
            }
        }
    }

    /// True where a block holds nodata alone.
    func isEmpty(_ block: AssembledBlock) -> Bool {
        block.bytes.withUnsafeBytes { bytes in
            for index in fill.indices where bytes[index] != fill[index] { return false }
            // Equal to itself shifted by a sample: all samples are the first one.
            let unit = fill.count
            var offset = 0
            while offset + unit + 8 <= bytes.count {
                let here = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                guard here == bytes.loadUnaligned(fromByteOffset: offset + unit, as: UInt64.self) else { return false }
                offset += 8
            }
            while offset + unit < bytes.count {
                guard bytes[offset] == bytes[offset + unit] else { return false }
                offset += 1
            }
            return true
        }
    }

    private func empty(_ whole: PixelWindow) -> Partial {
        let count = blockWidth * blockHeight * fill.count
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            initialized = count
            guard let base = buffer.baseAddress else { return }
            for (index, byte) in fill.enumerated() { base[index] = byte }
            var done = fill.count
            while done < count {
                let length = min(done, count - done)
                (base + done).update(from: base, count: length)
                done += length
            }
        }
        return Partial(bytes: bytes, missing: whole.pixelCount)
    }

    private func copy(
        _ source: UnsafeRawPointer,
        _ window: PixelWindow,
        _ common: PixelWindow,
        _ block: PixelWindow,
        _ bytes: inout [UInt8]
    ) {
        let unit = fill.count
        bytes.withUnsafeMutableBytes { bytes in
            guard let target = bytes.baseAddress else { return }
            for row in common.row..<common.row + common.height {
                let from = ((row - window.row) * window.width + common.column - window.column) * unit
                let to = ((row - block.row) * blockWidth + common.column - block.column) * unit
                (target + to).copyMemory(from: source + from, byteCount: common.width * unit)
            }
        }
    }
}

/// Work on what was written that may be done by any thread, beside other work.
public struct WriteJob: Sendable {
    private let body: @Sendable () throws -> Void

    init(_ body: @escaping @Sendable () throws -> Void) { self.body = body }

    /// To be called once.
    public func run() throws { try body() }
}
