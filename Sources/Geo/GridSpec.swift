/// Which cell of a grid: x counts to the east, y to the north.
public struct TileIndex: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let x: Int, y: Int

    public init(x: Int, y: Int) { (self.x, self.y) = (x, y) }

    public var description: String { "(\(x), \(y))" }

    /// By y, then by x.
    public static func < (a: TileIndex, b: TileIndex) -> Bool { (a.y, a.x) < (b.y, b.x) }
}

/// A regular grid of equal cells in one CRS, as an Open Data Cube `storage` block describes it.
///
/// Cell (x, y) begins at `origin + index · tileSize`; its first row lies at the top where `resolution.y` is negative.
public struct GridSpec: Hashable, Sendable {
    public let crs: CRS
    /// Width and height of a cell in CRS units, both positive.
    public let tileSize: XY<Double>
    /// Size of a pixel in CRS units; y is usually negative.
    public let resolution: XY<Double>
    /// Where the corner of cell (0, 0) lies, in CRS units.
    public let origin: Point

    /// - `tileSize`: Width and height of a cell in CRS units, both positive.
    /// - `resolution`: Size of a pixel; its sign says which way columns and rows run.
    /// - `origin`: The lower left corner of cell (0, 0).
    public init(crs: CRS, tileSize: XY<Double>, resolution: XY<Double>, origin: Point = Point(x: 0, y: 0)) {
        (self.crs, self.tileSize, self.resolution, self.origin) = (crs, tileSize, resolution, origin)
    }

    /// Pixels of a cell; a size that is not a multiple of the resolution is rounded to the nearest pixel.
    public var tileShape: (width: Int, height: Int) {
        (
            Int((tileSize.x / abs(resolution.x)).rounded()),
            Int((tileSize.y / abs(resolution.y)).rounded())
        )
    }

    /// The bounds of a cell in CRS units.
    public func bounds(of index: TileIndex) -> BoundingBox {
        let (left, bottom) = (origin.x + Double(index.x) * tileSize.x, origin.y + Double(index.y) * tileSize.y)
        return BoundingBox(left: left, bottom: bottom, right: left + tileSize.x, top: bottom + tileSize.y)
    }

    /// The pixel grid of a cell.
    public func geoBox(of index: TileIndex) -> GeoBox {
        let box = bounds(of: index)
        let shape = tileShape
        let corner = Point(
            x: resolution.x > 0 ? box.left : box.right,
            y: resolution.y < 0 ? box.top : box.bottom
        )
        return GeoBox(
            crs: crs,
            affine: Affine(origin: corner, resolution: resolution),
            width: shape.width,
            height: shape.height
        )
    }

    /// The cells that share area with a box in the grid's CRS, by y and then x; a shared edge does not count.
    public func tiles(covering box: BoundingBox) -> [TileIndex] {
        guard let (columns, rows) = span(covering: box) else { return [] }
        return rows.flatMap { y in columns.map { TileIndex(x: $0, y: y) } }
    }

    /// The columns and rows of the cells that share area with a box in the grid's CRS, nil where none does.
    public func span(covering box: BoundingBox) -> (columns: ClosedRange<Int>, rows: ClosedRange<Int>)? {
        let slack = 1e-8
        let first = XY(
            x: Int(((box.left - origin.x) / tileSize.x + slack).rounded(.down)),
            y: Int(((box.bottom - origin.y) / tileSize.y + slack).rounded(.down))
        )
        let last = XY(
            x: Int(((box.right - origin.x) / tileSize.x - slack).rounded(.up)) - 1,
            y: Int(((box.top - origin.y) / tileSize.y - slack).rounded(.up)) - 1
        )
        guard last.x >= first.x, last.y >= first.y else { return nil }
        return (first.x...last.x, first.y...last.y)
    }

    /// The index of the cell that a box fills exactly, nil where it is no cell of this grid.
    public func index(ofCellWith box: BoundingBox) -> TileIndex? {
        let x = ((box.left - origin.x) / tileSize.x).rounded()
        let y = ((box.bottom - origin.y) / tileSize.y).rounded()
        guard x.isFinite, y.isFinite, abs(x) < 1e9, abs(y) < 1e9 else { return nil }
        let index = TileIndex(x: Int(x), y: Int(y))
        let cell = bounds(of: index)
        let tolerance = abs(resolution.x) / 2
        guard abs(cell.left - box.left) < tolerance, abs(cell.bottom - box.bottom) < tolerance,
            abs(cell.right - box.right) < tolerance, abs(cell.top - box.top) < tolerance
        else { return nil }
        return index
    }
}
