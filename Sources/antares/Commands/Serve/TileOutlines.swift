import DatacubeIndex
import Documents
import Foundation
import Geo
import JobService
import Raster

/// Outlines in longitude and latitude, for maps.
enum TileOutlines {
    typealias Tile = (name: String, document: String?, path: String?)

    /// Where a dataset lies; nil where its document does not tell.
    static func ring(of dataset: Dataset) -> [[Double]]? {
        guard let crs = dataset.crs, let outer = dataset.footprint?.parts.first?.rings.first, outer.count > 2 else {
            return nil
        }
        return ring(outer.first == outer.last ? outer : outer + outer.prefix(1), in: crs)
    }

    /// The tiles of a job: those that are made by their documents, the others by their place beside one of these.
    static func rings(of tiles: [Tile]) -> [String: [[Double]]] {
        // A file of several tiles tells where all of them lie, not each.
        let hasOwnFiles = Set(tiles.compactMap(\.path)).count == tiles.count { $0.path != nil }
        guard let known = tiles.lazy.compactMap({ grid($0, readsFile: hasOwnFiles) }).first else { return [:] }
        var rings: [String: [[Double]]] = [:]
        var byCell: [TileIndex: [[Double]]] = [:]
        for tile in tiles {
            guard let cell = cell(of: tile.name) else { continue }
            let found = byCell[cell] ?? ring(box(of: cell, beside: known.cell, known.box).outline(segments: 4), in: known.crs)
            byCell[cell] = found
            rings[tile.name] = found
        }
        return rings
    }

    /// The column and row that the name of a tile tells.
    private static func cell(of name: String) -> TileIndex? {
        guard let match = name.firstMatch(of: #/\((-?\d+), *(-?\d+)\)/#), let x = Int(match.1), let y = Int(match.2) else {
            return nil
        }
        return TileIndex(x: x, y: y)
    }

    private static func grid(_ tile: Tile, readsFile: Bool) -> (cell: TileIndex, crs: CRS, box: BoundingBox)? {
        guard let cell = cell(of: tile.name) else { return nil }
        if let text = tile.document, let document = try? JSONText.parse(text, origin: tile.name) {
            let dataset = Dataset(id: UUID(), productName: "", document: document, locations: [])
            let box = dataset.geoBox(of: "")?.bounds ?? dataset.footprint?.bounds
            if let crs = dataset.crs, let box { return (cell, crs, box) }
        }
        guard readsFile, let path = tile.path, let grid = try? RasterFile(opening: path).geoBox else { return nil }
        return (cell, grid.crs, grid.bounds)
    }

    /// Cells are counted to the east and to the north, and are all of one size.
    private static func box(of cell: TileIndex, beside other: TileIndex, _ box: BoundingBox) -> BoundingBox {
        let (x, y) = (Double(cell.x - other.x) * box.width, Double(cell.y - other.y) * box.height)
        return BoundingBox(left: box.left + x, bottom: box.bottom + y, right: box.right + x, top: box.top + y)
    }

    private static func ring(_ points: [Point], in crs: CRS) -> [[Double]]? {
        guard let transform = try? CoordinateTransform(from: crs, to: .wgs84) else { return nil }
        let moved = transform.apply(points).filter { $0.x.isFinite && $0.y.isFinite }
        guard moved.count > 2 else { return nil }
        return moved.map { [($0.x * 1e5).rounded() / 1e5, ($0.y * 1e5).rounded() / 1e5] }
    }
}

/// A tile of the web's maps: EPSG:3857, 256 pixels a side.
struct WebMercatorTile: Sendable {
    let geoBox: GeoBox
    /// In longitude and latitude.
    let degrees: BoundingBox

    init(_ request: TileRequest) {
        let edge = 20_037_508.342789244
        let size = 2 * edge / Double(1 << request.zoom)
        let corner = Point(x: Double(request.x) * size - edge, y: edge - Double(request.y) * size)
        geoBox = GeoBox(
            crs: CRS("EPSG:3857"),
            affine: Affine(origin: corner, resolution: XY(x: size / 256, y: -size / 256)),
            width: 256,
            height: 256
        )
        func latitude(_ y: Double) -> Double { atan(sinh(y / edge * .pi)) * 180 / .pi }
        degrees = BoundingBox(
            left: corner.x / edge * 180,
            bottom: latitude(corner.y - size),
            right: (corner.x + size) / edge * 180,
            top: latitude(corner.y)
        )
    }
}
