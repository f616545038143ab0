import Documents
import Foundation

/// The metadata of a Landsat scene, read from `_MTL.txt` or `_MTL.json`: keys by group.
struct LandsatMTL: Sendable {
    let path: String
    private let groups: [String: [String: String]]

    /// Finds and reads the metadata in a scene's folder.
    init(in folder: SceneFolder) throws {
        let names = folder.names()
        let hint = "A Landsat scene needs its _MTL.txt: fetch the scene again."
        guard
            let name = names.first(where: { $0.hasSuffix("_MTL.txt") })
                ?? names.first(where: { $0.hasSuffix("_MTL.json") })
        else { throw SceneError("\(folder.path)/*_MTL.txt", "is missing", hint: hint) }
        path = "\(folder.path)/\(name)"
        let text = try folder.text(name, hint: hint)
        groups = name.hasSuffix(".json") ? try Self.parse(json: text, origin: path) : Self.parse(text: text)
        guard groups["PRODUCT_CONTENTS"] != nil, groups["IMAGE_ATTRIBUTES"] != nil else {
            throw SceneError(
                path,
                "has no group PRODUCT_CONTENTS or IMAGE_ATTRIBUTES",
                hint: "Only Collection 2 scenes are read; order the scene as Collection 2, Level 2."
            )
        }
    }

    /// The value of a key within a group, nil where there is none.
    func text(_ group: String, _ key: String) -> String? { groups[group]?[key] }

    /// The value of a key that has to be there.
    func required(_ group: String, _ key: String) throws -> String {
        guard let value = text(group, key) else {
            throw SceneError(path, "has no \(key) in the group \(group)", hint: "Fetch the file again.")
        }
        return value
    }

    func number(_ group: String, _ key: String) -> Double? { text(group, key).flatMap { Double($0) } }

    /// `KEY = value` lines between `GROUP = name` and `END_GROUP = name`.
    private static func parse(text: String) -> [String: [String: String]] {
        var groups: [String: [String: String]] = [:]
        var open: [String] = []
        for line in text.split(whereSeparator: \.isNewline) {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let key = line[..<equals].trimmingCharacters(in: .whitespaces)
            let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            switch key {
            case "GROUP": open.append(value)
            case "END_GROUP": _ = open.popLast()
            default: groups[open.last ?? "", default: [:]][key] = value.trimmingCharacters(in: ["\""])
            }
        }
        return groups
    }

    private static func parse(json: String, origin: String) throws -> [String: [String: String]] {
        let root = try JSONText.parse(json, origin: origin)["LANDSAT_METADATA_FILE"]?.object ?? DocumentObject()
        return Dictionary(
            uniqueKeysWithValues: root.map { group in
                let entries = (group.value.object ?? DocumentObject()).compactMap { entry in
                    entry.value.string.map { (entry.key, $0) }
                }
                return (group.key, Dictionary(uniqueKeysWithValues: entries))
            }
        )
    }
}
