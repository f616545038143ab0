public import Documents
import Foundation
import Geo

/// CBERS-4 and 4A wide field images as INPE delivers them: one file a band, 13 to 16.
public struct CBERS4AWFI: SceneReader {
    public let name = "cbers4_awfi"
    public let product = "cbers4_awfi"
    public let layout = "CBERS_4_AWFI_YYYYMMDD_PPP_RRR_L<n>_BAND13.tif to BAND16.tif"

    public init() {}

    private static let bands = ["13": "blue", "14": "green", "15": "red", "16": "nir"]

    /// The name without the band, and the band.
    private static func classify(_ name: String) -> (key: String, band: String)? {
        let pattern = #/(?i)^(CBERS_?4A?_A?WFI_.*?)_(?:BAND|B)?(1[3-6]|CMASK)\.tiff?$/#
        guard let match = name.wholeMatch(of: pattern), NameDates.find(in: String(match.1)) != nil else { return nil }
        return (String(match.1), bands[String(match.2)] ?? "pixel_qa")
    }

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        guard place.isFolder else { return Self.classify(place.name) == nil ? [] : [place.path] }
        let groups = FileGroups.of(place.path, kind: name, names: place.names, Self.classify)
        return groups.count == 1 ? [place.path] : groups.keys.sorted().map { "\(place.path)/\($0)" }
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let path = absolutePath(path)
        let isFile = looksLikeRaster(lastPart(path))
        let folder = isFile ? folder(of: path) : path
        let groups = FileGroups.of(folder, kind: name, Self.classify)
        guard let group = isFile ? groups[lastPart(path)] : groups.values.first,
            let date = NameDates.find(in: group.key)?.date
        else { throw SceneError(path, "holds no bands of CBERS AWFI", hint: "A scene is \(layout).") }
        let order = ["blue", "green", "red", "nir", "pixel_qa"]
        let files = group.files.sorted { (order.firstIndex(of: $0.band) ?? 9) < (order.firstIndex(of: $1.band) ?? 9) }
        if let lacking = order.dropLast().first(where: { band in !files.contains { $0.band == band } }) {
            throw SceneError("\(folder)/\(group.key)", "lacks the band \(lacking)", hint: "Fetch the scene again.")
        }
        var scene = FileScene(
            product: options.product ?? product,
            identifier: group.key,
            path: path,
            bands: files.map { FileScene.Band($0.band, "\(folder)/\($0.name)") },
            time: TimeRange(begin: date, end: date)
        )
        scene.needsOneGrid = true
        scene.properties["eo:platform"] = group.key.uppercased().contains("4A_") ? "cbers-4a" : "cbers-4"
        scene.properties["eo:instrument"] = "AWFI"
        scene.properties["odc:product_family"] = "l4"
        if let place = group.key.firstMatch(of: #/_(\d{3})_(\d{3})(?:_|$)/#) {
            scene.properties["odc:region_code"] = .string("\(place.1)\(place.2)")
        }
        return [try scene.document(options)]
    }
}
