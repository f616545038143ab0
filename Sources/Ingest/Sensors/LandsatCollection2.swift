public import Documents
import Foundation
import Geo

/// Landsat 4 to 9, Collection 2, Level 2 (surface reflectance), by its MTL file.
public struct LandsatCollection2: SceneReader {
    public let name = "landsat_c2"
    public let product = "landsat_c2_l2"
    public let layout = "a folder with *_MTL.txt, *_SR_B<n>.TIF and *_QA_PIXEL.TIF of Collection 2, Level 2"

    public init() {}

    public func detect(_ folder: String) -> Bool {
        SceneFolder(folder).names().contains { $0.hasSuffix("_MTL.txt") || $0.hasSuffix("_MTL.json") }
    }

    /// The product's measurements and the numbers of the bands.
    private static func bands(isOLI: Bool) -> [(name: String, number: String)] {
        let names = ["blue", "green", "red", "nir", "swir1", "swir2"]
        return Array(zip(names, isOLI ? ["2", "3", "4", "5", "6", "7"] : ["1", "2", "3", "4", "5", "7"]))
    }

    public func prepare(_ path: String, identity: SceneIdentity) throws -> DocumentValue {
        let path = absolutePath(path)
        let folder = SceneFolder(path)
        let metadata = try LandsatMTL(in: folder)
        let level = try metadata.required("PRODUCT_CONTENTS", "PROCESSING_LEVEL")
        guard level.hasPrefix("L2") else {
            let hint = "Order the scene as Collection 2, Level 2 (L2SP or L2SR)."
            throw SceneError(metadata.path, "is of level \(level)", hint: hint)
        }
        let spacecraft = try metadata.required("IMAGE_ATTRIBUTES", "SPACECRAFT_ID")
        let isOLI = ["LANDSAT_8", "LANDSAT_9"].contains(spacecraft)
        let reflectance = "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS"
        var measurements: [EO3Dataset.Measurement] = []
        var grid: GeoBox?

        func add(_ name: String, key: String, scale: Double? = nil, offset: Double? = nil) throws {
            let file = try BandFile(checking: "\(path)/\(metadata.required("PRODUCT_CONTENTS", key))")
            guard let own = file.geoBox else {
                throw SceneError(file.path, "has no georeferencing", hint: "Fetch the file again.")
            }
            if let grid, grid != own {
                try file.require(width: grid.width, height: grid.height, source: "the first band")
                throw SceneError(file.path, "lies on another grid than the first band", hint: "Fetch the scene again.")
            }
            grid = own
            measurements.append(.init(name: name, path: file.path, scaleFactor: scale, addOffset: offset))
        }

        for band in Self.bands(isOLI: isOLI) {
            let scale = metadata.number(reflectance, "REFLECTANCE_MULT_BAND_\(band.number)")
            let offset = metadata.number(reflectance, "REFLECTANCE_ADD_BAND_\(band.number)")
            guard let scale, let offset else {
                throw SceneError(
                    metadata.path,
                    "has no REFLECTANCE_MULT_BAND_\(band.number) in the group \(reflectance)",
                    hint: "Order the scene as Collection 2, Level 2."
                )
            }
            try add(band.name, key: "FILE_NAME_BAND_\(band.number)", scale: scale, offset: offset)
        }
        try add("pixel_qa", key: "FILE_NAME_QUALITY_L1_PIXEL")
        try add("radsat_qa", key: "FILE_NAME_QUALITY_L1_RADIOMETRIC_SATURATION")
        let thermal = isOLI ? "ST_B10" : "ST_B6"
        if let file = metadata.text("PRODUCT_CONTENTS", "FILE_NAME_BAND_\(thermal)"), folder.has(file) {
            let group = "LEVEL2_SURFACE_TEMPERATURE_PARAMETERS"
            try add(
                "surface_temperature",
                key: "FILE_NAME_BAND_\(thermal)",
                scale: metadata.number(group, "TEMPERATURE_MULT_BAND_\(thermal)"),
                offset: metadata.number(group, "TEMPERATURE_ADD_BAND_\(thermal)")
            )
        }
        guard let grid else { preconditionFailure("a scene with bands has a grid") }
        let identifier = try metadata.required("PRODUCT_CONTENTS", "LANDSAT_PRODUCT_ID")
        let time = try metadata.time
        let generated = metadata.text("LEVEL2_PROCESSING_RECORD", "DATE_PRODUCT_GENERATED").flatMap(Timestamp.parse)
        return EO3Dataset(
            id: identity.datasetID(product: product, identifier: identifier, path: path),
            product: product,
            label: identifier,
            crs: grid.crs,
            grids: [("default", grid)],
            measurements: measurements,
            time: time,
            processed: generated ?? time,
            properties: try metadata.properties(gsd: Int(abs(grid.resolution.x).rounded())),
            fileFormat: "GeoTIFF",
            accessories: [("metadata:landsat_mtl", metadata.path)]
        ).document
    }
}

extension LandsatMTL {
    /// When the scene's middle was seen, UTC.
    var time: Date {
        get throws {
            let day = try required("IMAGE_ATTRIBUTES", "DATE_ACQUIRED")
            let clock = try required("IMAGE_ATTRIBUTES", "SCENE_CENTER_TIME")
            guard let date = Timestamp.parse("\(day)T\(clock)") else {
                throw SceneError(path, "has the unreadable time '\(day) \(clock)'", hint: "Fetch the file again.")
            }
            return date
        }
    }

    /// What EO3 and the Landsat extension of STAC call the facts of the scene.
    func properties(gsd: Int) throws -> DocumentObject {
        let image = "IMAGE_ATTRIBUTES"
        let (wrsPath, wrsRow) = (try required(image, "WRS_PATH"), try required(image, "WRS_ROW"))
        var all = DocumentObject()
        all["eo:platform"] = .string(try required(image, "SPACECRAFT_ID").lowercased().replacing("_", with: "-"))
        all["eo:instrument"] = .string(try required(image, "SENSOR_ID"))
        all["eo:gsd"] = .integer(gsd)
        all["eo:cloud_cover"] = number(image, "CLOUD_COVER").map { .double($0) }
        all["eo:sun_azimuth"] = number(image, "SUN_AZIMUTH").map { .double($0) }
        all["eo:sun_elevation"] = number(image, "SUN_ELEVATION").map { .double($0) }
        all["odc:product_family"] = "sr"
        all["odc:region_code"] = .string(padded(wrsPath) + padded(wrsRow))
        all["landsat:landsat_product_id"] = .string(try required("PRODUCT_CONTENTS", "LANDSAT_PRODUCT_ID"))
        all["landsat:landsat_scene_id"] = text("LEVEL1_PROCESSING_RECORD", "LANDSAT_SCENE_ID").map { .string($0) }
        all["landsat:collection_category"] = text("PRODUCT_CONTENTS", "COLLECTION_CATEGORY").map { .string($0) }
        all["landsat:collection_number"] = number("PRODUCT_CONTENTS", "COLLECTION_NUMBER").map { .integer(Int($0)) }
        all["landsat:wrs_path"] = Int(wrsPath).map { .integer($0) }
        all["landsat:wrs_row"] = Int(wrsRow).map { .integer($0) }
        return all
    }

    private func padded(_ number: String) -> String { String(repeating: "0", count: max(0, 3 - number.count)) + number }
}
