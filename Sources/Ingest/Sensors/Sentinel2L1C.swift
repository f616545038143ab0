public import Documents

/// Sentinel-2 Level-1C: reflectance at the top of the atmosphere, every band at its own resolution.
public struct Sentinel2L1C: SceneReader {
    public let name = "s2_l1c"
    public let product = "s2_l1c"
    public let layout = "a SAFE folder (or a folder of its GRANULE) with MTD_MSIL1C.xml and IMG_DATA/*_<band>.jp2"

    public init() {}

    private static let bands = [
        Sentinel2Band("blue", "B02", 10), Sentinel2Band("green", "B03", 10), Sentinel2Band("red", "B04", 10),
        Sentinel2Band("nir", "B08", 10),
        Sentinel2Band("re1", "B05", 20), Sentinel2Band("re2", "B06", 20), Sentinel2Band("re3", "B07", 20),
        Sentinel2Band("nir_narrow", "B8A", 20), Sentinel2Band("swir1", "B11", 20), Sentinel2Band("swir2", "B12", 20),
        Sentinel2Band("coastal", "B01", 60), Sentinel2Band("water_vapour", "B09", 60),
        Sentinel2Band("cirrus", "B10", 60),
    ]

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        Sentinel2Scene.scenes(at: place, level: .l1c)
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let scene = try Sentinel2Scene(path, level: .l1c)
        return [try scene.document(of: Self.bands, product: product, path: path, options: options)]
    }
}
