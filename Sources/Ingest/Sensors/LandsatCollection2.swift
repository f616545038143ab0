public import Documents
import Geo

/// Landsat 4 to 9, Collection 2: Level 2 (surface reflectance and temperature) and Level 1, by the MTL file.
public struct LandsatCollection2: SceneReader {
    public let name = "landsat_c2"
    public let product = "landsat_c2_l2"
    public let layout = "a folder with *_MTL.txt (.json, .xml) of Collection 2 and the TIF files that it names"

    static let level1Product = "landsat_c2_l1"

    public init() {}

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        LandsatScene.scenes(at: place, isCollection2: true)
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        var scene = try LandsatScene(path, options: options)
        guard scene.metadata.collection == 2 else {
            let hint = "Use --dataset_name landsat_l1, or landsat_espa for surface reflectance."
            throw SceneError(scene.metadata.path, "is of an older collection than the second", hint: hint)
        }
        let level = try scene.metadata.required(LandsatScene.contents, "PROCESSING_LEVEL")
        if level.hasPrefix("L2") {
            try addLevel2(to: &scene)
            return [try scene.document(product: product, family: "sr", mask: "pixel_qa")]
        }
        guard level.hasPrefix("L1") else {
            throw SceneError(scene.metadata.path, "is of level \(level)", hint: "Levels 1 and 2 are read.")
        }
        let isMSS = try scene.metadata.required(LandsatScene.attributes, "SENSOR_ID") == "MSS"
        try LandsatLevel1.addBands(to: &scene)
        return [
            try scene.document(
                product: isMSS ? "landsat_c2_l1_mss" : Self.level1Product,
                family: "l1",
                mask: "pixel_qa"
            )
        ]
    }

    /// The product's measurements and the numbers of the bands.
    private static func bands(isOLI: Bool) -> [(name: String, number: String)] {
        let names = ["blue", "green", "red", "nir", "swir1", "swir2"]
        return Array(zip(names, isOLI ? ["2", "3", "4", "5", "6", "7"] : ["1", "2", "3", "4", "5", "7"]))
    }

    private func addLevel2(to scene: inout LandsatScene) throws {
        let isOLI = try scene.metadata.isOLI
        let reflectance = "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"
        func scaling(_ number: String) throws -> (Double, Double) {
            let scale = scene.metadata.number(reflectance, "REFLECTANCE_MULT_BAND_\(number)")
            let offset = scene.metadata.number(reflectance, "REFLECTANCE_ADD_BAND_\(number)")
            guard let scale, let offset else {
                throw SceneError(
                    scene.metadata.path,
                    "has no REFLECTANCE_MULT_BAND_\(number) in the group \(reflectance)",
                    hint: "Order the scene as Collection 2, Level 2."
                )
            }
            return (scale, offset)
        }
        for band in Self.bands(isOLI: isOLI) {
            let (scale, offset) = try scaling(band.number)
            try scene.add(band.name, key: "FILE_NAME_BAND_\(band.number)", scale: scale, offset: offset)
        }
        if isOLI, scene.has("FILE_NAME_BAND_1") {
            let (scale, offset) = try scaling("1")
            try scene.add("coastal", key: "FILE_NAME_BAND_1", scale: scale, offset: offset)
        }
        try scene.add("pixel_qa", key: "FILE_NAME_QUALITY_L1_PIXEL")
        try scene.add("radsat_qa", key: "FILE_NAME_QUALITY_L1_RADIOMETRIC_SATURATION")
        try scene.addOptional("aerosol_qa", key: "FILE_NAME_QUALITY_L2_AEROSOL")
        try scene.addOptional("atmos_opacity", key: "FILE_NAME_ATMOSPHERIC_OPACITY", scale: 0.001, offset: 0)
        try scene.addOptional("cloud_qa", key: "FILE_NAME_QUALITY_L2_SURFACE_REFLECTANCE_CLOUD")
        try addTemperature(to: &scene, band: isOLI ? "ST_B10" : "ST_B6")
    }

    /// Surface temperature in kelvin, its uncertainty, and emissivity, where the scene holds them.
    private func addTemperature(to scene: inout LandsatScene, band: String) throws {
        let group = "LEVEL2_SURFACE_TEMPERATURE_PARAMETERS"
        try scene.addOptional(
            "surface_temperature",
            key: "FILE_NAME_BAND_\(band)",
            scale: scene.metadata.number(group, "TEMPERATURE_MULT_BAND_\(band)"),
            offset: scene.metadata.number(group, "TEMPERATURE_ADD_BAND_\(band)")
        )
        let uncertainty = "FILE_NAME_QUALITY_L2_SURFACE_TEMPERATURE"
        try scene.addOptional("surface_temperature_uncertainty", key: uncertainty, scale: 0.01, offset: 0)
        try scene.addOptional("emissivity", key: "FILE_NAME_EMISSIVITY", scale: 0.0001, offset: 0)
    }
}
