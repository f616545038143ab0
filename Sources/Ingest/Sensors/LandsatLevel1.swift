public import Documents
import Foundation
import Geo

/// Level-1 scenes of Landsat 4 to 8 of Collection 1 and from before the collections, by the MTL file.
public struct LandsatLevel1: SceneReader {
    public let name = "landsat_l1"
    public let product = "landsat_l1"
    public let layout = "a folder with *_MTL.txt of Collection 1 or older, Level 1, and the TIF files that it names"

    public init() {}

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        LandsatScene.scenes(at: place, isCollection2: false)
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        var scene = try LandsatScene(path, options: options)
        guard scene.metadata.collection < 2 else {
            throw SceneError(scene.metadata.path, "is of Collection 2", hint: "Use --dataset_name landsat_c2.")
        }
        let isMSS = try scene.metadata.required(LandsatScene.attributes, "SENSOR_ID") == "MSS"
        try Self.addBands(to: &scene)
        return [try scene.document(product: isMSS ? "landsat_l1_mss" : product, family: "l1", mask: "pixel_qa")]
    }

    /// The reflective bands with what makes them reflectance at the top of the atmosphere (the sun's height is not
    /// taken into account, as the USGS does it), then thermal bands as radiance and the bits of quality.
    static func addBands(to scene: inout LandsatScene) throws {
        let metadata = scene.metadata
        for (name, number) in try reflective(metadata) {
            let key = "FILE_NAME_BAND_\(number)"
            let isWanted = scene.has(key) || ["blue", "green", "red", "nir", "swir1", "swir2"].contains(name)
            guard isWanted, metadata.text(LandsatScene.contents, key) != nil else { continue }
            let scaling = try reflectance(number, metadata)
            try scene.add(name, key: key, scale: scaling.scale, offset: scaling.offset)
        }
        let rescaling = "LEVEL1_RADIOMETRIC_RESCALING"
        for (name, number) in try thermal(metadata) {
            try scene.addOptional(
                name,
                key: "FILE_NAME_BAND_\(number)",
                scale: metadata.number(rescaling, "RADIANCE_MULT_BAND_\(number)"),
                offset: metadata.number(rescaling, "RADIANCE_ADD_BAND_\(number)")
            )
        }
        let quality = "FILE_NAME_QUALITY_L1_PIXEL"
        if metadata.text(LandsatScene.contents, quality) != nil { try scene.add("pixel_qa", key: quality) }
        try scene.addOptional("radsat_qa", key: "FILE_NAME_QUALITY_L1_RADIOMETRIC_SATURATION")
        for (name, key) in [("solar_azimuth", "SOLAR_AZIMUTH"), ("solar_zenith", "SOLAR_ZENITH")] {
            try scene.addOptional(name, key: "FILE_NAME_ANGLE_\(key)_BAND_4", scale: 0.01, offset: 0)
        }
    }

    private static func reflective(_ metadata: LandsatMTL) throws -> [(name: String, number: String)] {
        if try metadata.isOLI {
            return [
                ("blue", "2"), ("green", "3"), ("red", "4"), ("nir", "5"), ("swir1", "6"), ("swir2", "7"),
                ("coastal", "1"), ("pan", "8"), ("cirrus", "9"),
            ]
        }
        if try metadata.required(LandsatScene.attributes, "SENSOR_ID") == "MSS" {
            let first = ["LANDSAT_4", "LANDSAT_5"].contains(try metadata.required("IMAGE_ATTRIBUTES", "SPACECRAFT_ID"))
            return Array(zip(["green", "red", "nir1", "nir2"], first ? ["1", "2", "3", "4"] : ["4", "5", "6", "7"]))
        }
        return [
            ("blue", "1"), ("green", "2"), ("red", "3"), ("nir", "4"), ("swir1", "5"), ("swir2", "7"), ("pan", "8"),
        ]
    }

    private static func thermal(_ metadata: LandsatMTL) throws -> [(name: String, number: String)] {
        if try metadata.isOLI { return [("thermal1", "10"), ("thermal2", "11")] }
        return [("thermal", "6"), ("thermal_low", "6_VCID_1"), ("thermal_high", "6_VCID_2")]
    }

    /// Factor and term as the metadata give them; for older TM scenes made from radiance.
    ///
    /// Source: Chander, Markham and Helder (2009), Remote Sensing of Environment 113, equation 2 without the sun's angle.
    private static func reflectance(_ number: String, _ metadata: LandsatMTL) throws -> (scale: Double, offset: Double)
    {
        let group = "LEVEL1_RADIOMETRIC_RESCALING"
        if let scale = metadata.number(group, "REFLECTANCE_MULT_BAND_\(number)"),
            let offset = metadata.number(group, "REFLECTANCE_ADD_BAND_\(number)")
        {
            return (scale, offset)
        }
        let spacecraft = try metadata.required("IMAGE_ATTRIBUTES", "SPACECRAFT_ID")
        let scale = try metadata.requiredNumber(group, "RADIANCE_MULT_BAND_\(number)")
        let offset = try metadata.requiredNumber(group, "RADIANCE_ADD_BAND_\(number)")
        guard let irradiance = irradiances[spacecraft]?[number] else {
            throw SceneError(
                metadata.path,
                "has no REFLECTANCE_MULT_BAND_\(number), and none follows from radiance for \(spacecraft)",
                hint: "Order the scene from Collection 2."
            )
        }
        let known = metadata.number("IMAGE_ATTRIBUTES", "EARTH_SUN_DISTANCE")
        let distance = try known ?? earthSunDistance(metadata.time)
        let factor = Double.pi * distance * distance / irradiance
        return (scale * factor, offset * factor)
    }

    /// Astronomical units, to 0.0004; Spencer (1971) by the day of the year.
    private static func earthSunDistance(_ time: Date) -> Double {
        let day = Calendar.utc.ordinality(of: .day, in: .year, for: time) ?? 1
        let angle = 2 * Double.pi * Double(day - 1) / 365
        let inverseSquare =
            1.000110 + 0.034221 * cos(angle) + 0.001280 * sin(angle) + 0.000719 * cos(2 * angle)
            + 0.000077 * sin(2 * angle)
        return (1 / inverseSquare).squareRoot()
    }

    /// Mean solar irradiances in W/(m² µm).
    ///
    /// Source: Chander, Markham and Helder (2009), tables 3 and 4.
    private static let irradiances: [String: [String: Double]] = [
        "LANDSAT_4": ["1": 1983, "2": 1795, "3": 1539, "4": 1028, "5": 219.8, "7": 83.49],
        "LANDSAT_5": ["1": 1983, "2": 1796, "3": 1536, "4": 1031, "5": 220.0, "7": 83.44],
        "LANDSAT_7": ["1": 1997, "2": 1812, "3": 1533, "4": 1039, "5": 230.8, "7": 84.90, "8": 1362],
    ]
}
