import Foundation
public import Geo
import Synchronization

/// A cloud-optimised GeoTIFF being written: blocks come in any order from any thread, overviews are made from them on the
/// way, and nothing is read twice.
///
/// Compressed blocks lie in a draft beside the target until all are there; then directories, overviews (the smallest
/// first) and pixels are put one behind the other. Bytes do not depend on the order in which blocks came. Blocks that
/// nobody writes, or that hold nodata alone, take no room. Bands are stored one after the other (planar).
public final class CloudOptimisedTIFF: Sendable {
    /// What programs can know of a band besides its pixels.
    public struct Band: Sendable {
        public let name: String
        /// Of real values; empty or "1" for none.
        public let units: String
        /// `real value = stored · scaleFactor + addOffset`.
        public let scaleFactor: Double
        public let addOffset: Double

        public init(_ name: String, units: String = "", scaleFactor: Double = 1, addOffset: Double = 0) {
            (self.name, self.units, self.scaleFactor, self.addOffset) = (name, units, scaleFactor, addOffset)
        }
    }

    /// What the file is to hold.
    public struct Layout: Sendable {
        public let geoBox: GeoBox
        public let type: PixelType
        public let bands: [Band]
        public let nodata: Double
        public let compression: BlockCompression
        public let overviews: OverviewMethod
        /// Columns and rows of a block; a multiple of 16.
        public let blockSize: Int
        /// Offsets of 8 bytes whatever the size is; without it only where the file needs them.
        public let isBig: Bool
        /// Of the file.
        public let metadata: [(name: String, value: String)]

        public init(
            geoBox: GeoBox,
            type: PixelType,
            bands: [Band],
            nodata: Double,
            compression: BlockCompression = .deflate(level: 6),
            overviews: OverviewMethod? = nil,
            blockSize: Int = 512,
            isBig: Bool = false,
            metadata: [(name: String, value: String)] = []
        ) {
            (self.geoBox, self.type, self.bands, self.nodata) = (geoBox, type, bands, nodata)
            (self.compression, self.blockSize, self.metadata) = (compression, blockSize, metadata)
            self.isBig = isBig
            self.overviews = overviews ?? (type.isFloat ? .average : .nearest)
        }
    }

    struct Stored {
        var offset = 0
        var size = 0
    }

    private struct State {
        /// Band by band, of each the levels from full resolution on.
        var assemblers: [[BlockAssembler]]
        var stored: [[[Stored]]]
        var end = 0
    }

    private let layout: Layout
    private let path: String
    private let draft: PendingFile
    private let descriptor: Int32
    private let tags: [UInt16: TIFFDirectory.Entry]
    /// The block grids of the levels; they hold no blocks.
    private let grids: [BlockAssembler]
    private let state: Mutex<State>

    public init(_ path: String, _ layout: Layout) throws(RasterError) {
        (self.path, self.layout) = (path, layout)
        tags = try geoTIFFTags(
            geoBox: layout.geoBox,
            type: layout.type,
            bands: layout.bands,
            nodata: layout.nodata,
            metadata: layout.metadata
        )
        draft = try PendingFile(path + ".draft")
        descriptor = open(draft.temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw AtomicFile.failure(.createFailed, path, errno) }
        func assemblers<Element: PixelElement>(_: Element.Type) -> [BlockAssembler] {
            Self.levels(layout).map { width, height in
                BlockAssembler(
                    width: width,
                    height: height,
                    blockWidth: layout.blockSize,
                    blockHeight: layout.blockSize,
                    nodata: Element(nearest: layout.nodata)
                )
            }
        }
        let made = assemblers(layout.type.elementType)
        grids = made
        let empty = made.map { [Stored](repeating: Stored(), count: $0.columns * $0.rows) }
        state = Mutex(
            State(assemblers: layout.bands.map { _ in made }, stored: layout.bands.map { _ in empty })
        )
    }

    deinit {
        close(descriptor)
        draft.remove()
    }

    /// Full resolution, and half of each until one block holds it all.
    private static func levels(_ layout: Layout) -> [(width: Int, height: Int)] {
        var levels = [(width: layout.geoBox.width, height: layout.geoBox.height)]
        while let last = levels.last, max(last.width, last.height) > layout.blockSize {
            levels.append((width: (last.width + 1) / 2, height: (last.height + 1) / 2))
        }
        return levels
    }

    /// Takes a window of a band (counted from 1), row-major, in the file's own type; each pixel once.
    ///
    /// - Returns: What is left to do: blocks that are complete now, to be compressed and to be taken into overviews.
    public func merge<Element: PixelElement>(_ pixels: [Element], band: Int = 1, window: PixelWindow) -> [WriteJob] {
        precondition(pixels.count == window.pixelCount, "as many pixels as the window has")
        precondition(Element.pixelType == layout.type, "pixels of the file's own type")
        let blocks = state.withLock { state in
            pixels.withUnsafeBytes { state.assemblers[band - 1][0].add($0, window) }
        }
        return blocks.map { block in WriteJob { [self] in try store(block, band - 1, level: 0) } }
    }

    /// Says that nothing above a row will come any more; returns what can be done therefore.
    public func complete(above row: Int) -> [WriteJob] {
        layout.bands.indices.flatMap { band in
            state.withLock { $0.assemblers[band][0].complete(above: row) }
                .map { block in WriteJob { [self] in try store(block, band, level: 0) } }
        }
    }

    private func store(_ block: AssembledBlock, _ band: Int, level: Int) throws(RasterError) {
        switch layout.type {
        case .uint8, .int8: try store(UInt8.self, block, band, level)
        case .uint16: try store(UInt16.self, block, band, level)
        case .int16: try store(Int16.self, block, band, level)
        case .uint32: try store(UInt32.self, block, band, level)
        case .int32: try store(Int32.self, block, band, level)
        case .float32: try store(Float.self, block, band, level)
        case .float64: try store(Double.self, block, band, level)
        }
    }

    @_specialize(where Element == UInt8)
    @_specialize(where Element == UInt16)
    @_specialize(where Element == Int16)
    @_specialize(where Element == Float)
    private func store<Element: PixelElement>(
        _: Element.Type,
        _ block: AssembledBlock,
        _ band: Int,
        _ level: Int
    ) throws(RasterError) {
        let assembler = grids[level]
        if level + 1 < grids.count {
            let window = assembler.window(column: block.column, row: block.row)
            let half = block.bytes.withUnsafeBytes { bytes in
                layout.overviews.halve(
                    bytes.bindMemory(to: Element.self),
                    width: window.width,
                    height: window.height,
                    stride: layout.blockSize,
                    nodata: Element(nearest: layout.nodata)
                )
            }
            let place = PixelWindow(
                column: window.column / 2,
                row: window.row / 2,
                width: (window.width + 1) / 2,
                height: (window.height + 1) / 2
            )
            let complete = state.withLock { state in
                half.withUnsafeBytes { state.assemblers[band][level + 1].add($0, place) }
            }
            for parent in complete { try store(Element.self, parent, band, level + 1) }
        }
        guard !assembler.isEmpty(block) else { return }
        try write(compress(block), band, level, block.row * assembler.columns + block.column)
    }

    private func compress(_ block: AssembledBlock) -> [UInt8] {
        var bytes = block.bytes
        guard layout.compression != .none else { return bytes }
        let unit = layout.type.byteCount
        bytes.withUnsafeMutableBytes { bytes in
            if layout.type.isFloat {
                Predictor.applyFloating(bytes, sampleBytes: unit, width: layout.blockSize)
            } else {
                Predictor.apply(bytes, sampleBytes: unit, width: layout.blockSize)
            }
        }
        return CodecPool.with { codec in bytes.withUnsafeBytes { codec.compress($0, layout.compression) } }
    }

    private func write(_ bytes: [UInt8], _ band: Int, _ level: Int, _ number: Int) throws(RasterError) {
        let offset = state.withLock { state in
            defer { state.end += bytes.count }
            state.stored[band][level][number] = Stored(offset: state.end, size: bytes.count)
            return state.end
        }
        try put(bytes, to: descriptor, at: offset)
    }

    private func put(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) throws(RasterError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset + done))
            }
            guard count > 0 else { throw AtomicFile.failure(.writeFailed, path, count < 0 ? errno : ENOSPC) }
            done += count
        }
    }

    /// Puts the file together and gives it its name; to be called once all jobs are done, and last.
    public func finish() throws(RasterError) {
        let levels = Self.levels(layout).count
        for level in 0..<levels {
            for band in layout.bands.indices {
                let rest = state.withLock { $0.assemblers[band][level].complete(above: .max) }
                for block in rest { try store(block, band, level: level) }
            }
        }
        let (stored, total) = state.withLock { ($0.stored, $0.end) }
        let table = stored[0].reduce(0) { $0 + $1.count } * layout.bands.count * 24
        let encoder = TIFFEncoder(isBig: layout.isBig || total + table + (1 << 20) > Int(UInt32.max))
        // Once without offsets, to learn how long the beginning is.
        var place = encoder.head(directories(stored, offset: { _ in 0 })).count
        place += place % 16 == 0 ? 0 : 16 - place % 16
        var offsets: [Int: Int] = [:]
        var order: [Stored] = []
        for level in (0..<levels).reversed() {
            for block in stored.flatMap({ $0[level] }) where block.size > 0 {
                // Before each block stands its size, and behind it its last four bytes once more.
                offsets[block.offset] = place + 4
                order.append(block)
                place += block.size + 8
            }
        }
        let head = encoder.head(directories(stored) { offsets[$0.offset] ?? 0 })
        try AtomicFile.write(path) { temporary throws(RasterError) in
            let target = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
            guard target >= 0 else { throw AtomicFile.failure(.createFailed, path, errno) }
            defer { close(target) }
            try put(head, to: target, at: 0)
            try copy(order, offsets, to: target)
        }
        draft.remove()
    }

    /// Copies blocks into the file, some megabytes at a time.
    private func copy(_ order: [Stored], _ offsets: [Int: Int], to target: Int32) throws(RasterError) {
        var (buffer, start) = ([UInt8](), 0)
        for block in order {
            if buffer.isEmpty { start = (offsets[block.offset] ?? 4) - 4 }
            var bytes = [UInt8](repeating: 0, count: block.size)
            guard pread(descriptor, &bytes, block.size, off_t(block.offset)) == block.size else {
                throw AtomicFile.failure(.writeFailed, path, errno)
            }
            buffer += little(block.size, 4) + bytes + bytes.suffix(4)
            guard buffer.count > 8 << 20 else { continue }
            try put(buffer, to: target, at: start)
            buffer.removeAll(keepingCapacity: true)
        }
        try put(buffer, to: target, at: start)
    }

    private func directories(
        _ stored: [[[Stored]]],
        offset: (Stored) -> Int
    ) -> [[(tag: UInt16, values: TIFFEncoder.Values)]] {
        let sampleFormat = layout.type.isFloat ? 3 : layout.type == .int16 || layout.type == .int32 ? 2 : 1
        let bands = layout.bands.count
        let predictor = layout.compression == .none ? 1 : layout.type.isFloat ? 3 : 2
        return Self.levels(layout).enumerated().map { level, size in
            let blocks = stored.flatMap { $0[level] }
            var entries: [(tag: UInt16, values: TIFFEncoder.Values)] = [
                (TIFFTag.width, .long([size.width])), (TIFFTag.height, .long([size.height])),
                (TIFFTag.bitsPerSample, .short(layout.bands.map { _ in layout.type.byteCount * 8 })),
                (TIFFTag.compression, .short([compressionNumber])), (TIFFTag.photometric, .short([1])),
                (TIFFTag.samplesPerPixel, .short([bands])), (TIFFTag.planarConfiguration, .short([bands > 1 ? 2 : 1])),
                (TIFFTag.predictor, .short([predictor])), (TIFFTag.tileWidth, .short([layout.blockSize])),
                (TIFFTag.tileHeight, .short([layout.blockSize])),
                (TIFFTag.tileOffsets, .offsets(blocks.map { $0.size > 0 ? offset($0) : 0 })),
                (TIFFTag.tileByteCounts, .long(blocks.map(\.size))),
                (TIFFTag.sampleFormat, .short(layout.bands.map { _ in sampleFormat })),
            ]
            if level > 0 { entries.append((TIFFTag.subfileType, .long([1]))) }
            if bands > 1 { entries.append((TIFFTag.extraSamples, .short([Int](repeating: 0, count: bands - 1)))) }
            for (tag, entry) in tags where level == 0 || tag == TIFFTag.gdalNodata {
                entries.append((tag, .raw(type: entry.type, count: entry.count, bytes: entry.bytes)))
            }
            return entries
        }
    }

    private var compressionNumber: Int {
        switch layout.compression {
        case .none: 1
        case .deflate: 8
        case .zstd: 50000
        }
    }

    /// Gives up and removes what was written.
    public func abandon() { draft.remove() }
}
