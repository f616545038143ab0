public import Documents
import Foundation
import Geo
import Raster

/// Surface reflectance of Landsat 4 to 8 as ESPA delivers it (Collection 1 and before), by its XML file.
public struct LandsatESPA: SceneReader {
    public let name = "landsat_espa"
    /// Of Landsat 8; of the others the number differs.
    public let product = "ls8_espa_scene"
    public let layout = "a folder with ESPA's XML file (LXSS_L1TP_PPPRRR_…_01_T1.xml) and the files that it names"

    public init() {}

    private static let schema = "espa_metadata"

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        guard place.isFolder else { return Self.isESPA(place.path) ? [place.path] : [] }
        let files = place.paths { $0.hasPrefix("L") && $0.lowercased().hasSuffix(".xml") }.filter(Self.isESPA)
        return files.count == 1 ? [place.path] : files
    }

    private static func isESPA(_ path: String) -> Bool {
        guard path.lowercased().hasSuffix(".xml"), let file = VirtualBytes(path) else { return false }
        return String(decoding: file.bytes(at: 0, count: 1000), as: UTF8.self).contains(schema)
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let path = absolutePath(path)
        let hint = "An ESPA scene needs its XML file: fetch the scene again."
        let isFile = path.lowercased().hasSuffix(".xml")
        let place = ScenePlace(path, isFolder: !isFile)
        let found = isFile ? path : place.paths { $0.lowercased().hasSuffix(".xml") }.first(where: Self.isESPA)
        guard let found else { throw SceneError("\(path)/*.xml", "is missing", hint: hint) }
        let xml = try XMLMetadata(found)
        guard xml.root == Self.schema else {
            throw SceneError(found, "is no metadata of ESPA (it begins with '\(xml.root)')", hint: hint)
        }
        let folder = SceneFolder(isFile ? String(path.dropLast(lastPart(path).count + 1)) : path)
        let satellite = try xml.required("//satellite")
        guard let number = satellite.last.flatMap({ Int(String($0)) }), (4...8).contains(number) else {
            throw SceneError(found, "is of the satellite '\(satellite)'", hint: "Landsat 4 to 8 are read.")
        }
        let product = options.product ?? "ls\(number)_espa_scene"
        let time = try Self.time(xml)
        let identifier = xml.text("//product_id") ?? xml.text("//scene_id") ?? stem(lastPart(found))
        var scene = FileScene(
            product: product,
            identifier: identifier,
            path: path,
            bands: try bands(xml, folder, isOLI: number == 8),
            time: TimeRange(begin: time, end: time)
        )
        scene.properties = Self.properties(xml, satellite: satellite, identifier: identifier)
        scene.processed = xml.text("//production_date").flatMap(Timestamp.parse)
        scene.needsOneGrid = true
        return [try scene.document(options)]
    }

    public func legacySignature(of document: DocumentValue) -> DocumentObject {
        var signature = LegacyLayout.signature(of: document)
        signature["processing_level"] = "L1TP"
        signature["product_type"] = "ESPA"
        return signature
    }

    /// The names of the measurements by ESPA's names of the bands.
    private static func names(isOLI: Bool) -> [String: String] {
        var names = [
            "pixel_qa": "pixel_qa", "radsat_qa": "radsat_qa", "sr_aerosol": "aerosol_qa",
            "sr_atmos_opacity": "atmos_opacity", "sr_cloud_qa": "cloud_qa", "cfmask": "cfmask",
            "bt_band6": "brightness_temperature", "bt_band10": "brightness_temperature",
        ]
        let numbers = isOLI ? [2, 3, 4, 5, 6, 7] : [1, 2, 3, 4, 5, 7]
        for (name, number) in zip(["blue", "green", "red", "nir", "swir1", "swir2"], numbers) {
            names["sr_band\(number)"] = name
        }
        if isOLI { names["sr_band1"] = "coastal" }
        return names
    }

    private func bands(_ xml: XMLMetadata, _ folder: SceneFolder, isOLI: Bool) throws -> [FileScene.Band] {
        let names = Self.names(isOLI: isOLI)
        let order = ["blue", "green", "red", "nir", "swir1", "swir2", "pixel_qa"]
        let there = Set(folder.names())
        var bands: [FileScene.Band] = []
        for record in xml.records("band") {
            guard let own = record.attributes["name"], let name = names[own],
                let file = record.children["file_name"]
            else { continue }
            let path = try folder.path(of: file, named: xml.path)
            guard there.contains(file) || order.contains(name) else { continue }
            let scale = record.attributes["scale_factor"].flatMap { Double($0) }
            let offset = record.attributes["add_offset"].flatMap { Double($0) }
            bands.append(.init(name, path, scale: scale, offset: scale == nil ? nil : offset ?? 0))
        }
        guard bands.contains(where: { $0.name == "red" }) else {
            throw SceneError(xml.path, "names no surface reflectance (sr_band…)", hint: "Order it from ESPA with 'sr'.")
        }
        func rank(_ band: FileScene.Band) -> Int { order.firstIndex(of: band.name) ?? order.count }
        return bands.enumerated().sorted { (rank($0.1), $0.0) < (rank($1.1), $1.0) }.map(\.element)
    }

    private static func time(_ xml: XMLMetadata) throws -> Date {
        let day = try xml.required("//acquisition_date")
        let clock = try xml.required("//scene_center_time")
        guard let time = Timestamp.parse("\(day)T\(clock)") else {
            throw SceneError(xml.path, "has the unreadable time '\(day) \(clock)'", hint: "Fetch the file again.")
        }
        return time
    }

    private static func properties(_ xml: XMLMetadata, satellite: String, identifier: String) -> DocumentObject {
        var all = DocumentObject()
        all["eo:platform"] = .string(satellite.lowercased().replacing("_", with: "-"))
        all["eo:instrument"] = xml.text("//instrument").map { .string($0) }
        all["eo:sun_azimuth"] = xml.text("//solar_angles/@azimuth").flatMap { Double($0) }.map { .double($0) }
        all["eo:sun_elevation"] = xml.text("//solar_angles/@zenith").flatMap { Double($0) }.map { .double(90 - $0) }
        all["odc:product_family"] = "sr"
        let numbers = ["path", "row"].compactMap { xml.text("//wrs/@\($0)").flatMap { Int($0) } }
        if numbers.count == 2 {
            all["odc:region_code"] = .string(numbers.map { String(format: "%03d", $0) }.joined())
            all["landsat:wrs_path"] = .integer(numbers[0])
            all["landsat:wrs_row"] = .integer(numbers[1])
        }
        all["landsat:landsat_product_id"] = .string(identifier)
        return all
    }
}
