public import Documents

/// Sentinel-2 Level-2A at 20 m, the bands of antares3's `s2_l2a_20m`, and the probability of clouds where it is there.
public struct Sentinel2L2A20m: SceneReader {
    public let name = "s2_l2a_20m"
    public let product = "s2_l2a_20m_granule"
    public let layout = "a SAFE folder (or a folder of its GRANULE) with IMG_DATA/R20m/*_<band>_20m.jp2 or .tif"

    public init() {}

    /// The product's measurements and the sensor's bands.
    private static let bands = [
        Sentinel2Band("blue", "B02", 20), Sentinel2Band("green", "B03", 20), Sentinel2Band("red", "B04", 20),
        Sentinel2Band("re1", "B05", 20), Sentinel2Band("re2", "B06", 20), Sentinel2Band("re3", "B07", 20),
        Sentinel2Band("nir", "B8A", 20), Sentinel2Band("swir1", "B11", 20), Sentinel2Band("swir2", "B12", 20),
        Sentinel2Band("pixel_qa", "SCL", 20), Sentinel2Band("cloud_probability", "CLDPRB", 20, isRequired: false),
    ]

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        Sentinel2Scene.scenes(at: place, level: .l2a)
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        [try Sentinel2Scene.document(of: Self.bands, inTreeAt: 20, product: product, path: path, options: options)]
    }

    public func legacySignature(of document: DocumentValue) -> DocumentObject {
        sentinel2LegacySignature(of: document)
    }
}
