import DatacubeIndex
import Geo
import Ingest

extension GeoBox {
    /// The blocks of a grid that share area with any of some polygons in the grid's CRS, row by row.
    ///
    /// - Parameters:
    ///   - size: Columns and rows of a block; those at the edges may be smaller.
    ///   - phase: Column and row at which a block begins, as the blocks of the source do; 0 where none is pasted.
    ///   - polygons: In the grid's CRS.
    /// - Returns: Windows that do not overlap.
    func blocks(
        of size: XY<Int>,
        phase: XY<Int> = XY(x: 0, y: 0),
        touching polygons: [MultiPolygon]
    ) -> [PixelWindow] {
        let (columns, rows) = (Self.pieces(width, size.x, phase.x), Self.pieces(height, size.y, phase.y))
        return rows.flatMap { row in
            columns.compactMap { column in
                let window = PixelWindow(
                    column: column.lowerBound,
                    row: row.lowerBound,
                    width: column.count,
                    height: row.count
                )
                // Half a pixel more on each side: a warp may touch a pixel whose edge alone is covered.
                let box = cropped(to: window).bounds
                let (dx, dy) = (abs(resolution.x) / 2, abs(resolution.y) / 2)
                let grown = BoundingBox(
                    left: box.left - dx,
                    bottom: box.bottom - dy,
                    right: box.right + dx,
                    top: box.top + dy
                )
                return polygons.contains { $0.intersects(grown) } ? window : nil
            }
        }
    }

    /// A length cut at `phase` and every `size` before and behind it.
    private static func pieces(_ length: Int, _ size: Int, _ phase: Int) -> [Range<Int>] {
        let first = (phase % size + size) % size
        let cuts = [0] + Array(stride(from: first, to: length, by: size)).filter { $0 > 0 } + [length]
        return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
    }
}

/// How a tile is cut into the blocks that are computed one by one.
///
/// Blocks of a source are expanded as a whole: what is computed at once is made of whole ones, as many as memory lets.
struct BlockShape: Equatable {
    /// Columns and rows of a block.
    let size: XY<Int>

    /// - Parameters:
    ///   - source: Columns and rows of the blocks in which the sources are stored.
    ///   - tile: Columns and rows of the tile; no block is larger.
    ///   - bytesPerPixel: What one pixel of a block takes while it is computed.
    ///   - limit: Bytes that one thread may use.
    init(source: XY<Int>, tile: XY<Int>, bytesPerPixel: Int, limit: Int) {
        // Strips of single rows, and small blocks, are taken together: work of its own comes with each block.
        var size = XY(x: Self.grown(source.x, within: tile.x), y: Self.grown(source.y, within: tile.y))
        func isTooLarge() -> Bool { size.x * size.y * max(1, bytesPerPixel) > limit }
        while isTooLarge(), size.y > max(source.y, 64) { size.y = max(source.y, Self.half(size.y, of: source.y)) }
        while isTooLarge(), size.x > max(source.x, 64) { size.x = max(source.x, Self.half(size.x, of: source.x)) }
        // Less than a block of the source: it is expanded for each part of it, or kept.
        while isTooLarge(), size.x > 64 || size.y > 16 {
            if size.x > 64, size.x >= size.y { size.x = (size.x + 1) / 2 } else { size.y = (size.y + 1) / 2 }
        }
        self.size = size
    }

    /// The least multiple that is at least 512, or the whole length.
    private static func grown(_ block: Int, within length: Int) -> Int {
        let block = max(1, min(block, length))
        return min(length, max(block, (512 + block - 1) / block * block))
    }

    private static func half(_ size: Int, of block: Int) -> Int { max(1, size / block / 2) * block }
}

/// Where the blocks of a dataset's files begin on a grid; nil where they are not pasted onto it.
func blockPhase(of dataset: Dataset, measurement: String, blocks: XY<Int>, on geoBox: GeoBox) -> XY<Int>? {
    guard let source = dataset.geoBox(of: measurement), let shift = try? source.shift(to: geoBox) else { return nil }
    func phase(_ shift: Double, _ block: Int) -> Int {
        let first = Int((shift + 0.5).rounded(.down))
        return ((-first) % block + block) % block
    }
    return XY(x: phase(shift.x, blocks.x), y: phase(shift.y, blocks.y))
}

/// What decides how large the blocks of a run are.
struct BlockBudget {
    let facts: BlockFacts
    /// A measurement by which their place is found.
    let measurement: String
    /// Bytes that one thread may use.
    let limit: Int

    /// Looks into a file of the first dataset that can be opened, unless the request says what is there.
    init(_ datasets: [Dataset], _ measurement: Measurement, bytesPerPixel: Int, _ request: PlanRequest) {
        facts =
            request.blocks
            ?? BlockFacts(source: Self.blockSize(of: datasets, measurement), bytesPerPixel: bytesPerPixel)
        (self.measurement, limit) = (measurement.name, request.threadMemory)
    }

    private static func blockSize(of datasets: [Dataset], _ measurement: Measurement) -> XY<Int> {
        let shared = SharedSources(memory: 0)
        return datasets.prefix(8).lazy.compactMap { shared.blockSize(of: measurement, in: $0) }.first
            ?? XY(x: 512, y: 512)
    }

    /// The blocks of a tile, row by row, beginning where those of a dataset do.
    func blocks(of geoBox: GeoBox, first: Dataset?, touching polygons: [MultiPolygon]) -> [PixelWindow] {
        let tile = XY(x: geoBox.width, y: geoBox.height)
        let source = facts.source
        let shape = BlockShape(source: source, tile: tile, bytesPerPixel: facts.bytesPerPixel, limit: limit).size
        let phase = first.flatMap { blockPhase(of: $0, measurement: measurement, blocks: source, on: geoBox) }
        return geoBox.blocks(of: shape, phase: phase ?? XY(x: 0, y: 0), touching: polygons)
    }
}
