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
    /// The cells that share area with a polygon in the grid's CRS.
    public func tiles(covering polygon: MultiPolygon) -> [TileIndex] {
        guard let box = polygon.bounds else { return [] }
        return tiles(covering: box).filter { polygon.intersects(bounds(of: $0)) }
    }
}
