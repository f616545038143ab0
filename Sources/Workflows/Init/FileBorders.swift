import Geo
import Raster

/// Borders in a vector file: countries, states, or both in one or several layers.
public struct FileBorders: BorderSource {
    public let path: String
    public let name: String
    /// The field of country codes, nil to look for one of the usual names.
    private let isoField: String?

    public init(path: String, isoField: String? = nil, name: String? = nil) {
        (self.path, self.isoField, self.name) = (path, isoField, name ?? path)
    }

    private static let isoFields = ["ISO_A3", "ISO3", "GID_0", "ISO", "ADM0_A3"]
    /// Right where Natural Earth leaves ISO_A3 at -99, as for France and Norway.
    private static let secondIsoFields = ["ISO_A3_EH", "ADM0_A3"]
    private static let countryNameFields = ["NAME_LONG", "NAME_0", "ADMIN", "NAME", "COUNTRY", "NAME_EN"]
    private static let regionNameFields = ["NAME_1", "NAME1", "ADM1_NAME", "NOM_ENT", "NOMGEO"]

    /// What the fields of one layer mean.
    private struct Layer {
        let name: String
        let iso: [String]
        let countryName: String?
        let regionName: String?

        func code(_ fields: [String: String], among wanted: Set<String>) -> String? {
            iso.lazy.compactMap { fields[$0]?.uppercased() }.first(where: wanted.contains)
        }
    }

    public func countries(_ codes: [String]) throws -> [Country] {
        let file = try VectorFile(opening: path)
        let layers = file.layerNames.compactMap { name in layer(name, file.fieldNames(layer: name)) }
        guard !layers.isEmpty else {
            let fields = file.layerNames.flatMap { file.fieldNames(layer: $0) }
            let wanted =
                isoField.map { "no field '\($0)'" } ?? "none of the fields \(Self.isoFields.joined(separator: ", "))"
            throw InitError(
                .unusableFile,
                path,
                "it has \(wanted)",
                hint: "Name the field of ISO codes by --iso-field; there are: \(fields.joined(separator: ", "))."
            )
        }
        let wanted = Set(codes)
        var found: [String: Country] = [:]
        var states: [String: [MultiPolygon.Part]] = [:]
        var known = CountryCodes(names: [:])
        for layer in layers {
            let features = try file.features(layer: layer.name) { fields in
                for field in layer.iso { Self.note(fields[field], layer.countryName.flatMap { fields[$0] }, &known) }
                return layer.code(fields, among: wanted) != nil
            }
            for feature in features {
                guard let code = layer.code(feature.fields, among: wanted) else { continue }
                let name = layer.countryName.flatMap { feature.fields[$0] } ?? code
                var country = found[code] ?? Country(code: code, name: name, border: MultiPolygon(parts: []))
                if let region = layer.regionName.flatMap({ feature.fields[$0] }) {
                    country.regions.append(Region(name: region, country: code, border: feature.polygon))
                    states[code, default: []] += feature.polygon.parts
                } else {
                    country.border.parts += feature.polygon.parts
                }
                found[code] = country
            }
        }
        return try codes.map { code in
            guard var country = found[code] else { throw known.unknown(code, in: name) }
            if country.border.parts.isEmpty { country.border.parts = states[code] ?? [] }
            return country
        }
    }

    private func layer(_ name: String, _ fields: [String]) -> Layer? {
        guard let iso = fieldName(isoField.map { [$0] } ?? Self.isoFields, of: fields) else { return nil }
        let second = isoField == nil ? Self.secondIsoFields.compactMap { fieldName([$0], of: fields) } : []
        return Layer(
            name: name,
            iso: [iso] + second.filter { $0 != iso },
            countryName: fieldName(Self.countryNameFields, of: fields),
            regionName: fieldName(Self.regionNameFields, of: fields)
        )
    }

    private static func note(_ code: String?, _ name: String?, _ known: inout CountryCodes) {
        guard let code, code.count == 3, code != "-99", known.names[code] == nil else { return }
        known.names[code] = name ?? code
    }
}
