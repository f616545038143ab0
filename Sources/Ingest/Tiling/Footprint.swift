public import DatacubeIndex
public import Geo
import Raster

/// Footprints of datasets in the CRS of a grid; keeps one transformation for each CRS met.
public final class FootprintProjector {
    private let target: CRS
    private var transforms: [CRS: TransformBox] = [:]

    public init(to target: CRS) { self.target = target }

    /// Where a dataset has data, in the grid's CRS; nil where its document does not tell.
    public func footprint(of dataset: Dataset) throws -> MultiPolygon? {
        guard let polygon = dataset.footprint, let crs = dataset.crs else { return nil }
        return try project(polygon, from: crs)
    }

    /// A polygon carried into the grid's CRS, its edges cut so that they keep their course.
    public func project(_ polygon: MultiPolygon, from crs: CRS) throws -> MultiPolygon {
        if try CRSDescription.areSame(crs, target) { return polygon }
        let box = try transforms[crs] ?? TransformBox(CoordinateTransform(from: crs, to: target))
        transforms[crs] = box
        let dense = polygon.densified(pieces: 8)
        return MultiPolygon(
            parts: dense.parts.map { part in
                MultiPolygon.Part(
                    rings: part.rings.map { box.transform.apply($0).filter { $0.x.isFinite && $0.y.isFinite } }
                )
            }
        )
    }
}

extension GridSpec {
    /// The cells that share area with a polygon in the grid's CRS, by y and then x.
    ///
    /// - `cells`: The only ones that are wanted; a few of them take no longer to find in a large polygon than in a small one.
    public func tiles(covering polygon: MultiPolygon, among cells: Set<TileIndex>? = nil) -> [TileIndex] {
        guard let box = polygon.bounds, let (columns, rows) = span(covering: box) else { return [] }
        let candidates =
            if let cells, cells.count < columns.count * rows.count {
                cells.filter { columns.contains($0.x) && rows.contains($0.y) }.sorted()
            } else {
                tiles(covering: box).filter { cells?.contains($0) ?? true }
            }
        return candidates.filter { polygon.intersects(bounds(of: $0)) }
    }
}
