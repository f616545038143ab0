public import Documents

/// Tiles of biogeographic zones (CONABIO's, by `rasterize_vector_file -field BIOG5_ID`).
public struct BiogeographicZones: SceneReader {
    public let name = "biogeographic_zones"
    public let product = "biogeo_zones_tile"
    public let layout = "<prefix>_<n>.tif, as rasterize_vector_file writes them"
    /// Their names say nothing.
    public let isDetected = false

    public init() {}

    private static let tiles = MaskTiles(
        product: "biogeo_zones_tile",
        measurement: "biogeo_region",
        source: "biogeo",
        family: "mask",
        period: ("1970-01-01", "2050-12-31"),
        center: "2000-01-01"
    )

    private static func isTile(_ name: String) -> Bool { name.wholeMatch(of: #/.*_\d+\.tiff?/#) != nil }

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        place.isFolder ? place.paths(where: Self.isTile) : Self.isTile(place.name) ? [place.path] : []
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        [try Self.tiles.document(path, options)]
    }
}
