import Geo
import Ingest
import TestSupport
import Testing

@Suite("Cells under a footprint")
struct CoveringTests {
    private let grid = GridSpec(crs: CRS("EPSG:32613"), tileSize: XY(x: 100, y: 100), resolution: XY(x: 10, y: -10))
    private let triangle = MultiPolygon(
        ring: [Point(x: 50, y: 50), Point(x: 950, y: 50), Point(x: 50, y: 950), Point(x: 50, y: 50)]
    )

    /// By hand: row r of cells lies under the triangle up to x = 1000 - 100 r, row 0 up to x = 950.
    @Test func `all cells that share area are found, row by row`() {
        let expected = (0..<10).flatMap { y in (0..<(10 - y)).map { TileIndex(x: $0, y: y) } }
        #expect(grid.tiles(covering: triangle) == expected)
    }

    @Test(arguments: [1, 3, 40, 400]) func `few wanted cells are found as among all`(count: Int) {
        var numbers = Mutator(seed: UInt64(count))
        let wanted = Set(
            (0..<count).map { _ in
                TileIndex(x: .random(in: -3..<14, using: &numbers), y: .random(in: -3..<14, using: &numbers))
            }
        )
        let expected = grid.tiles(covering: triangle).filter { wanted.contains($0) }
        #expect(grid.tiles(covering: triangle, among: wanted) == expected, "\(wanted)")
    }
}
