import Documents
import Foundation
import Raster

/// The metadata of a Landsat scene, read from `_MTL.txt`, `_MTL.json` or `_MTL.xml`: keys by group.
///
/// The groups of collections before the second are given the names of the second.
struct LandsatMTL: Sendable {
    let path: String
    /// `2`, `1`, or 0 for scenes from before the collections.
    let collection: Int
    private let groups: [String: [String: String]]

    private static let hint = "A Landsat scene needs its _MTL.txt, _MTL.json or _MTL.xml: fetch the scene again."
    private static let endings = ["_mtl.txt", "_mtl.json", "_mtl.xml"]

    /// The metadata files of a folder, one a scene; text goes before JSON before XML.
    static func files(in names: [String]) -> [String] {
        var chosen: [String: (rank: Int, name: String)] = [:]
        for name in names {
            let lower = name.lowercased()
            guard let rank = endings.firstIndex(where: { lower.hasSuffix($0) }) else { continue }
            let stem = String(lower.dropLast(endings[rank].count))
            if let known = chosen[stem], known.rank <= rank { continue }
            chosen[stem] = (rank, name)
        }
        return chosen.values.map(\.name).sorted()
    }

    /// True where a file begins as the metadata of Collection 2 do, false for older ones, nil for anything else.
    static func isCollection2(_ path: String) -> Bool? {
        guard let file = VirtualBytes(path) else { return nil }
        let head = String(decoding: file.bytes(at: 0, count: 400), as: UTF8.self)
        if head.contains("LANDSAT_METADATA_FILE") { return true }
        return head.contains("L1_METADATA_FILE") || head.contains("METADATA_FILE_INFO") ? false : nil
    }

    /// Finds and reads the metadata in a scene's folder.
    init(in folder: SceneFolder) throws {
        guard let name = Self.files(in: folder.names()).first else {
            throw SceneError("\(folder.path)/*_MTL.txt", "is missing", hint: Self.hint)
        }
        try self.init(file: "\(folder.path)/\(name)")
    }

    /// Reads a metadata file.
    init(file: String) throws {
        path = file
        guard let data = try SceneFile.contents(file, limit: XMLMetadata.longest) else {
            throw SceneError(file, "is missing or cannot be read", hint: Self.hint)
        }
        let first = data.first { $0 > 32 && $0 < 128 }
        let found: [String: [String: String]]
        switch first {
        case UInt8(ascii: "<"): found = try XMLMetadata(data, path: file).groups()
        case UInt8(ascii: "{"): found = try Self.parse(json: SceneFile.text(data, file, hint: Self.hint), origin: file)
        default: found = Self.parse(text: try SceneFile.text(data, file, hint: Self.hint))
        }
        if found["PRODUCT_CONTENTS"] != nil, found["IMAGE_ATTRIBUTES"] != nil {
            (groups, collection) = (found, 2)
        } else if found["PRODUCT_METADATA"] != nil {
            groups = Self.renamed(found)
            collection = groups["PRODUCT_CONTENTS"]?["COLLECTION_NUMBER"].flatMap { Int($0) } ?? 0
        } else {
            throw SceneError(
                file,
                "has no group PRODUCT_CONTENTS or IMAGE_ATTRIBUTES",
                hint: "It is no metadata of a Landsat scene, or cut off: fetch it again."
            )
        }
    }

    /// The value of a key within a group, nil where there is none.
    func text(_ group: String, _ key: String) -> String? { groups[group]?[key] }

    /// The value of a key that has to be there.
    func required(_ group: String, _ key: String) throws -> String {
        guard let value = text(group, key), !value.isEmpty else {
            throw SceneError(path, "has no \(key) in the group \(group)", hint: "Fetch the file again.")
        }
        return value
    }

    func number(_ group: String, _ key: String) -> Double? {
        text(group, key).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }

    /// A number that has to be there.
    func requiredNumber(_ group: String, _ key: String) throws -> Double {
        let text = try required(group, key)
        guard let number = Double(text), number.isFinite else {
            throw SceneError(
                path,
                "has '\(text.prefix(40))' where \(key) needs a number",
                hint: "Fetch the file again."
            )
        }
        return number
    }

    /// `KEY = value` lines between `GROUP = name` and `END_GROUP = name`.
    private static func parse(text: String) -> [String: [String: String]] {
        var groups: [String: [String: String]] = [:]
        var open: [String] = []
        for line in text.split(whereSeparator: { $0.isNewline || $0 == "\0" }) {
            guard let equals = line.firstIndex(of: "=") else { continue }
            let key = line[..<equals].trimmingCharacters(in: .whitespaces)
            let value = line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)
            switch key {
            case "GROUP": if open.count < 64 { open.append(value) }
            case "END_GROUP": _ = open.popLast()
            default: groups[open.last ?? "", default: [:]][key] = value.trimmingCharacters(in: ["\""])
            }
        }
        return groups
    }

    private static func parse(json: String, origin: String) throws -> [String: [String: String]] {
        let root = try JSONText.parse(json, origin: origin)["LANDSAT_METADATA_FILE"]?.object ?? DocumentObject()
        var groups: [String: [String: String]] = [:]
        for group in root {
            for entry in group.value.object ?? DocumentObject() {
                let number = entry.value.integer.map(String.init) ?? entry.value.double.map { "\($0)" }
                groups[group.key, default: [:]][entry.key] = entry.value.string ?? number
            }
        }
        return groups
    }

    /// Collection 1 and before, by the names of Collection 2.
    private static func renamed(_ old: [String: [String: String]]) -> [String: [String: String]] {
        var groups = old
        let (info, product) = (old["METADATA_FILE_INFO"] ?? [:], old["PRODUCT_METADATA"] ?? [:])
        var contents = product.merging(info) { own, _ in own }
        contents["PROCESSING_LEVEL"] = contents["DATA_TYPE"]
        contents["LANDSAT_PRODUCT_ID"] = contents["LANDSAT_PRODUCT_ID"] ?? contents["LANDSAT_SCENE_ID"]
        contents["FILE_NAME_QUALITY_L1_PIXEL"] =
            contents["FILE_NAME_BAND_QUALITY"] ?? contents["FILE_NAME_QUALITY_L1_PIXEL"]
        groups["PRODUCT_CONTENTS"] = contents
        groups["IMAGE_ATTRIBUTES"] = (old["IMAGE_ATTRIBUTES"] ?? [:]).merging(product) { own, _ in own }
        let projection = old["PROJECTION_PARAMETERS"] ?? [:]
        groups["PROJECTION_ATTRIBUTES"] = projection.merging(product) { own, _ in own }
        groups["LEVEL1_RADIOMETRIC_RESCALING"] = old["RADIOMETRIC_RESCALING"]
        groups["LEVEL1_PROCESSING_RECORD"] = info.merging(
            ["DATE_PRODUCT_GENERATED": info["FILE_DATE"] ?? ""]
        ) { own, _ in own }
        return groups
    }
}
