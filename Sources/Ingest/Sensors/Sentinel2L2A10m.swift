public import Documents

/// Sentinel-2 Level-2A at 10 m, with the scene classification of 20 m on a grid of its own.
///
/// Besides SAFE folders it reads flat folders of `granule_metadata.xml` and one file a band (`B02.tif` …), whose pixels
/// may be of any size.
public struct Sentinel2L2A10m: SceneReader {
    public let name = "s2_l2a_10m"
    public let product = "s2_l2a_10m_granule"
    public let layout =
        "a SAFE folder with IMG_DATA/R10m and R20m, or a folder of granule_metadata.xml, B02, B03, B04, B08 and SCL"

    public init() {}

    private static let bands = [
        Sentinel2Band("blue", "B02", 10), Sentinel2Band("green", "B03", 10), Sentinel2Band("red", "B04", 10),
        Sentinel2Band("nir", "B08", 10), Sentinel2Band("pixel_qa", "SCL", 20),
    ]

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        Sentinel2Scene.scenes(at: place, level: .l2a)
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let scene = try Sentinel2Scene(path)
        return [try scene.document(of: Self.bands, product: product, path: path, options: options)]
    }

    public func legacySignature(of document: DocumentValue) -> DocumentObject {
        sentinel2LegacySignature(of: document)
    }
}
