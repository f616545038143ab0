/// A pixel grid on the ground: CRS, affine and shape.
public struct GeoBox: Hashable, Sendable {
    public let crs: CRS
    public let affine: Affine
    /// Pixels from left to right.
    public let width: Int
    /// Pixels from top to bottom.
    public let height: Int

    public init(crs: CRS, affine: Affine, width: Int, height: Int) {
        (self.crs, self.affine, self.width, self.height) = (crs, affine, width, height)
    }

    public var pixelCount: Int { width * height }

    /// Size of a pixel in CRS units; y is negative where rows run south.
    public var resolution: XY<Double> { XY(x: affine.a, y: affine.e) }

    /// Upper left, upper right, lower right, lower left in CRS units.
    public var corners: [Point] {
        let (w, h) = (Double(width), Double(height))
        return [
            affine.apply(column: 0, row: 0), affine.apply(column: w, row: 0),
            affine.apply(column: w, row: h), affine.apply(column: 0, row: h),
        ]
    }

    public var bounds: BoundingBox {
        let corners = corners
        var box = BoundingBox(left: corners[0].x, bottom: corners[0].y, right: corners[0].x, top: corners[0].y)
        for p in corners.dropFirst() { box = box.union(BoundingBox(left: p.x, bottom: p.y, right: p.x, top: p.y)) }
        return box
    }

    /// The part of the grid under `window`, which must lie within it.
    public func cropped(to window: PixelWindow) -> GeoBox {
        GeoBox(
            crs: crs,
            affine: affine.shifted(columns: window.column, rows: window.row),
            width: window.width,
            height: window.height
        )
    }

    /// Centres of the columns in CRS units (for a grid along the axes).
    public var xCoordinates: [Double] { (0..<width).map { affine.a * (Double($0) + 0.5) + affine.c } }

    /// Centres of the rows in CRS units (for a grid along the axes).
    public var yCoordinates: [Double] { (0..<height).map { affine.e * (Double($0) + 0.5) + affine.f } }
}

/// A rectangle of pixels: first column and row, and how many of each.
public struct PixelWindow: Hashable, Sendable {
    public var column: Int, row: Int, width: Int, height: Int

    public init(column: Int, row: Int, width: Int, height: Int) {
        (self.column, self.row, self.width, self.height) = (column, row, width, height)
    }

    public var pixelCount: Int { width * height }

    /// True where a pixel lies within.
    public func contains(_ pixel: XY<Int>) -> Bool {
        pixel.x >= column && pixel.x < column + width && pixel.y >= row && pixel.y < row + height
    }

    /// The common part, nil where there is none.
    public func intersection(_ other: PixelWindow) -> PixelWindow? {
        let (left, top) = (max(column, other.column), max(row, other.row))
        let right = min(column + width, other.column + other.width)
        let bottom = min(row + height, other.row + other.height)
        guard right > left, bottom > top else { return nil }
        return PixelWindow(column: left, row: top, width: right - left, height: bottom - top)
    }
}
