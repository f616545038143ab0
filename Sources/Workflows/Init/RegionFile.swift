import Foundation
import Geo
import Raster

/// A vector file of regions, each of one country.
public struct RegionFile: Sendable {
    public let path: String
    private let nameField: String?
    private let isoField: String?

    public init(path: String, nameField: String? = nil, isoField: String? = nil) {
        (self.path, self.nameField, self.isoField) = (path, nameField, isoField)
    }

    private static let nameFields = ["NAME_1", "NAME", "NOMGEO", "NOM_ENT", "REGION"]
    private static let isoFields = ["ISO", "ISO_A3", "ISO3", "GID_0", "ADM0_A3", "COUNTRY"]

    /// The regions that belong to one of `countries`: by the file's field of codes, else by where they lie.
    public func regions(of countries: [Country]) throws -> [Region] {
        let file = try VectorFile(opening: path)
        var regions: [Region] = []
        var hasNames = false
        for layer in file.layerNames {
            let fields = file.fieldNames(layer: layer)
            guard let name = fieldName(nameField.map { [$0] } ?? Self.nameFields, of: fields) else { continue }
            hasNames = true
            let iso = fieldName(isoField.map { [$0] } ?? Self.isoFields, of: fields)
            for feature in try file.features(layer: layer) {
                guard let text = feature.fields[name], !feature.polygon.parts.isEmpty else { continue }
                let code = iso.flatMap { feature.fields[$0]?.uppercased() }
                let country = code ?? Self.countryAround(feature.polygon, countries)
                guard let country, countries.contains(where: { $0.code == country }) else { continue }
                regions.append(Region(name: text, country: country, border: feature.polygon))
            }
        }
        guard hasNames else {
            let fields = file.layerNames.flatMap { file.fieldNames(layer: $0) }.joined(separator: ", ")
            let wanted = nameField.map { "no field '\($0)'" } ?? "no field of names"
            throw InitError(
                .unusableFile,
                path,
                "it has \(wanted)",
                hint: "Name it by --region-field; there are: \(fields)."
            )
        }
        return regions
    }

    /// The vector files of a folder, or the file itself; nothing where the path does not exist.
    public static func files(at path: String) -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return [] }
        guard isDirectory.boolValue else { return [path] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.sorted().filter { name in
            [".geojson", ".json", ".gpkg", ".shp"].contains { name.lowercased().hasSuffix($0) }
        }.map { "\(path)/\($0)" }
    }

    /// The country that holds most of a region's vertices.
    private static func countryAround(_ polygon: MultiPolygon, _ countries: [Country]) -> String? {
        let vertices = polygon.parts.flatMap { $0.rings.first ?? [] }
        let sample = stride(from: 0, to: vertices.count, by: max(1, vertices.count / 20)).map { vertices[$0] }
        let counts = countries.map { country in (country.code, sample.count { country.border.contains($0) }) }
        return counts.filter { $0.1 > 0 }.max { $0.1 < $1.1 }?.0
    }
}
