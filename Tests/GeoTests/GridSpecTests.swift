import Geo
import TestSupport
import Testing

@Suite("Grids")
struct GridSpecTests {
    private let grid = GridSpec(
        crs: CRS("EPSG:6372"),
        tileSize: XY(x: 100_080, y: 100_080),
        resolution: XY(x: 20, y: -20)
    )

    /// Guadalajara at (2359928.04, 963209.46) in EPSG:6372 (gdaltransform, PROJ 9.1.1).
    @Test func `a point lies in the cell that its coordinates give`() {
        let box = BoundingBox(left: 2_359_928, bottom: 963_209, right: 2_359_929, top: 963_210)
        #expect(grid.tiles(covering: box) == [TileIndex(x: 23, y: 9)])
    }

    @Test func `a cell has its corner at the top and whole pixels`() {
        let box = grid.geoBox(of: TileIndex(x: 23, y: 9))
        #expect(box.width == 5004 && box.height == 5004)
        #expect(box.bounds == BoundingBox(left: 2_301_840, bottom: 900_720, right: 2_401_920, top: 1_000_800))
        #expect(box.affine == Affine(a: 20, b: 0, c: 2_301_840, d: 0, e: -20, f: 1_000_800))
        #expect(grid.index(ofCellWith: box.bounds) == TileIndex(x: 23, y: 9))
    }

    @Test func `a box that only touches a cell does not count`() {
        let cell = grid.bounds(of: TileIndex(x: 1, y: -2))
        #expect(grid.tiles(covering: cell) == [TileIndex(x: 1, y: -2)])
    }

    /// antares3.md 3.3: the grid of MAD-Mex has its origin at (977160, 2426720), and Mexico negative rows.
    @Test func `cells south of the origin have negative rows`() {
        let old = GridSpec(
            crs: CRS("EPSG:6372"),
            tileSize: XY(x: 100_020, y: 100_020),
            resolution: XY(x: 30, y: -30),
            origin: Point(x: 977_160, y: 2_426_720)
        )
        let box = old.geoBox(of: TileIndex(x: 14, y: -15))
        #expect(box.bounds.left == 977_160 + 14 * 100_020 && box.bounds.top == 2_426_720 - 14 * 100_020)
        #expect(box.width == 3334)
    }
}

@Suite("Polygons and boxes")
struct PolygonTests {
    private let triangle = MultiPolygon(ring: [
        Point(x: 0, y: 0), Point(x: 10, y: 0), Point(x: 0, y: 10), Point(x: 0, y: 0),
    ])

    @Test(arguments: [(1.0, 1.0, true), (6, 6, false), (-1, 5, false), (4.9, 4.9, true)])
    func `a point is inside or outside`(x: Double, y: Double, inside: Bool) {
        #expect(triangle.contains(Point(x: x, y: y)) == inside)
    }

    @Test func `a box meets the polygon by area or by a crossing edge only`() {
        #expect(triangle.intersects(BoundingBox(left: 4, bottom: 4, right: 9, top: 9)))
        #expect(!triangle.intersects(BoundingBox(left: 6, bottom: 6, right: 9, top: 9)))
        #expect(!triangle.intersects(BoundingBox(left: 10, bottom: 0, right: 12, top: 2)))
        #expect(triangle.intersects(BoundingBox(left: -100, bottom: -100, right: 100, top: 100)))
        #expect(triangle.intersects(BoundingBox(left: -5, bottom: 2, right: 20, top: 3)))
    }

    @Test func `clipping keeps the part inside`() throws {
        let clipped = try #require(triangle.clipped(to: BoundingBox(left: 0, bottom: 0, right: 5, top: 5)))
        let points = Set(clipped.parts[0].rings[0])
        #expect(points == [Point(x: 0, y: 0), Point(x: 5, y: 0), Point(x: 5, y: 5), Point(x: 0, y: 5)])
        #expect(triangle.clipped(to: BoundingBox(left: 20, bottom: 20, right: 30, top: 30)) == nil)
    }

    @Test func `the convex hull is closed and leaves inner points out`() throws {
        let points = [(0.0, 0.0), (4, 0), (4, 3), (0, 3), (2, 1), (2, 0)].map { Point(x: $0.0, y: $0.1) }
        let hull = try #require(convexHull(of: points))
        #expect(hull.first == hull.last && hull.count == 5)
        #expect(!hull.contains(Point(x: 2, y: 1)) && !hull.contains(Point(x: 2, y: 0)))
        #expect(convexHull(of: [Point(x: 0, y: 0), Point(x: 1, y: 1), Point(x: 2, y: 2)]) == nil)
    }

    @Test func `an affine and its inverse cancel out`() throws {
        let affine = Affine(a: 20, b: 1, c: 300_000, d: -2, e: -20, f: 2_300_000)
        let inverse = try #require(affine.inverse)
        let back = inverse.apply(
            column: affine.apply(column: 12.5, row: 7.25).x,
            row: affine.apply(column: 12.5, row: 7.25).y
        )
        #expect(abs(back.x - 12.5) < 1e-6 && abs(back.y - 7.25) < 1e-6)
    }
}
