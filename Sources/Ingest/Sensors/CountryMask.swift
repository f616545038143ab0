public import Documents

/// The tiles that `make_country_mask` writes: 1 within the country, 0 outside.
public struct CountryMask: SceneReader {
    public let name = "country_mask"
    public let product = "country_mask_tile"
    public let layout = "land_mask_tile_<n>.tif, as make_country_mask writes them"

    public init() {}

    private static let tiles = MaskTiles(
        product: "country_mask_tile",
        measurement: "mask",
        source: "GADM",
        family: "mask",
        period: ("1970-01-01", "2050-12-31"),
        center: "2000-01-01"
    )

    private static func isTile(_ name: String) -> Bool { name.hasPrefix("land_mask_tile_") && looksLikeRaster(name) }

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        place.isFolder ? place.paths(where: Self.isTile) : Self.isTile(place.name) ? [place.path] : []
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        [try Self.tiles.document(path, options)]
    }
}
