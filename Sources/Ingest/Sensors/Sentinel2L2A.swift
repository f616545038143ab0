public import Documents

/// Sentinel-2 Level-2A with every band at its own resolution: 10, 20 and 60 m, each on its grid.
///
/// Of flat folders (`granule_metadata.xml` beside `B02.tif` …) it takes the bands that are there.
public struct Sentinel2L2A: SceneReader {
    public let name = "s2_l2a"
    public let product = "s2_l2a"
    public let layout = "a SAFE folder with IMG_DATA/R10m, R20m and R60m, or granule_metadata.xml with bands beside it"

    public init() {}

    private static let bands = [
        Sentinel2Band("blue", "B02", 10), Sentinel2Band("green", "B03", 10), Sentinel2Band("red", "B04", 10),
        Sentinel2Band("nir", "B08", 10),
        Sentinel2Band("re1", "B05", 20), Sentinel2Band("re2", "B06", 20), Sentinel2Band("re3", "B07", 20),
        Sentinel2Band("nir_narrow", "B8A", 20), Sentinel2Band("swir1", "B11", 20), Sentinel2Band("swir2", "B12", 20),
        Sentinel2Band("pixel_qa", "SCL", 20),
        Sentinel2Band("coastal", "B01", 60), Sentinel2Band("water_vapour", "B09", 60),
        Sentinel2Band("aot", "AOT", 20, isRequired: false), Sentinel2Band("wvp", "WVP", 20, isRequired: false),
        Sentinel2Band("cloud_probability", "CLDPRB", 20, isRequired: false),
        Sentinel2Band("snow_probability", "SNWPRB", 20, isRequired: false),
    ]

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        Sentinel2Scene.scenes(at: place, level: .l2a)
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let scene = try Sentinel2Scene(path)
        let bands =
            scene.isFlat
            ? Self.bands.map { Sentinel2Band($0.name, $0.code, $0.resolution, isRequired: false) } : Self.bands
        return [try scene.document(of: bands, product: product, path: path, options: options)]
    }
}
