import Geo
import Raster

extension RecipeApplication.Region {
    /// All polygons of a vector file.
    ///
    /// - Throws: `WorkflowError` where it has none, `RasterError` where it cannot be read.
    public init(file path: String) throws {
        let file = try VectorFile(opening: path)
        let parts = try file.layerNames.flatMap { try file.features(layer: $0).flatMap(\.polygon.parts) }
        guard !parts.isEmpty else {
            throw WorkflowError(
                .noInput,
                "'\(path)' holds no polygons",
                hint: "Give a GeoJSON, GeoPackage or Shapefile."
            )
        }
        self.init(name: path, polygon: MultiPolygon(parts: parts))
    }
}
