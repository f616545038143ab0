/// A map from pixel to world: `x = a·column + b·row + c`, `y = d·column + e·row + f`.
///
/// Column and row are real numbers; (0, 0) is the upper left corner of the first pixel, its centre is (0.5, 0.5).
public struct Affine: Hashable, Sendable {
    public let a: Double, b: Double, c: Double, d: Double, e: Double, f: Double

    public init(a: Double, b: Double, c: Double, d: Double, e: Double, f: Double) {
        (self.a, self.b, self.c, self.d, self.e, self.f) = (a, b, c, d, e, f)
    }

    /// A north-up grid (when `resolution.y` is negative) with its corner at `origin`.
    public init(origin: Point, resolution: XY<Double>) {
        self.init(a: resolution.x, b: 0, c: origin.x, d: 0, e: resolution.y, f: origin.y)
    }

    /// From GDAL's order of six numbers: c, a, b, f, d, e.
    public init(gdal g: [Double]) {
        precondition(g.count == 6, "a geotransform has six numbers")
        self.init(a: g[1], b: g[2], c: g[0], d: g[4], e: g[5], f: g[3])
    }

    /// GDAL's order of the six numbers: c, a, b, f, d, e.
    public var gdal: [Double] { [c, a, b, f, d, e] }

    /// Row-major, as EO3 and STAC documents write it: a, b, c, d, e, f.
    public var rowMajor: [Double] { [a, b, c, d, e, f] }

    /// True where rows and columns run along the axes.
    public var isAxisAligned: Bool { b == 0 && d == 0 }

    public func apply(column: Double, row: Double) -> Point {
        Point(x: a * column + b * row + c, y: d * column + e * row + f)
    }

    /// The map from world to pixel, nil where the map is singular.
    public var inverse: Affine? {
        let determinant = a * e - b * d
        guard determinant != 0, determinant.isFinite else { return nil }
        let (ia, ib, id, ie) = (e / determinant, -b / determinant, -d / determinant, a / determinant)
        return Affine(a: ia, b: ib, c: -(ia * c + ib * f), d: id, e: ie, f: -(id * c + ie * f))
    }

    /// The same grid, seen from a pixel further down and right.
    public func shifted(columns: Int, rows: Int) -> Affine {
        let corner = apply(column: Double(columns), row: Double(rows))
        return Affine(a: a, b: b, c: corner.x, d: d, e: e, f: corner.y)
    }
}
