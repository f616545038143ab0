public import Documents

/// Sentinel-2 Level-2A at 60 m: every band, for overviews of large areas.
public struct Sentinel2L2A60m: SceneReader {
    public let name = "s2_l2a_60m"
    public let product = "s2_l2a_60m_granule"
    public let layout = "a SAFE folder (or a folder of its GRANULE) with IMG_DATA/R60m/*_<band>_60m.jp2 or .tif"

    public init() {}

    private static let bands = [
        Sentinel2Band("coastal", "B01", 60), Sentinel2Band("blue", "B02", 60), Sentinel2Band("green", "B03", 60),
        Sentinel2Band("red", "B04", 60), Sentinel2Band("re1", "B05", 60), Sentinel2Band("re2", "B06", 60),
        Sentinel2Band("re3", "B07", 60), Sentinel2Band("nir", "B8A", 60), Sentinel2Band("water_vapour", "B09", 60),
        Sentinel2Band("swir1", "B11", 60), Sentinel2Band("swir2", "B12", 60), Sentinel2Band("pixel_qa", "SCL", 60),
        Sentinel2Band("cloud_probability", "CLDPRB", 60, isRequired: false),
    ]

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        Sentinel2Scene.scenes(at: place, level: .l2a)
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        [try Sentinel2Scene.document(of: Self.bands, inTreeAt: 60, product: product, path: path, options: options)]
    }
}
