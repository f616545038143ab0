import Checksums
import Documents
import Foundation

/// The files of one item in a folder of their own, and the item's document beside them.
struct ItemFiles: Sendable {
    struct File: Sendable {
        let key: String
        let asset: DocumentValue
        /// Absolute.
        let href: String
        let path: String
        let size: Int?
        let checksum: Multihash?
        /// True for a file with bands of samples.
        let isRaster: Bool
    }

    let item: DocumentValue
    let collection: String?
    /// The path of the item's document.
    let document: String
    private(set) var files: [File] = []
    /// What became of each file.
    var made: [Int: Made] = [:]
    /// The document that an earlier run wrote.
    private let earlier: DocumentValue?

    /// - Throws: `CatalogError` where the item lacks an asset that is asked for, or one of its references is of no use.
    init(_ found: STACFound, in folder: String, assets wanted: [String], cuts: Bool) throws(CatalogError) {
        item = found.item
        collection = item["collection"]?.string
        let id = item["id"]?.string ?? ""
        let place = [collection.map(Self.folderName), Self.folderName(id)].compactMap { $0 }.joined(separator: "/")
        let own = URL(fileURLWithPath: folder).standardizedFileURL.path + "/" + place
        document = "\(own)/\(Self.folderName(id)).json"
        earlier = FileManager.default.contents(atPath: document).flatMap {
            try? JSONText.parse(String(decoding: $0, as: UTF8.self), origin: "item")
        }
        let all = item["assets"]?.object ?? DocumentObject()
        if let missing = wanted.first(where: { all[$0] == nil }) {
            throw CatalogError(
                .badRequest,
                id,
                "the item has no asset '\(missing)'",
                hint: "It has: \(all.keys.prefix(40).joined(separator: ", "))."
            )
        }
        var used: Set<String> = ["\(Self.folderName(id)).json".lowercased()]
        for (key, asset) in all where wanted.isEmpty || wanted.contains(key) {
            guard let href = asset["href"]?.string else {
                throw CatalogError(.badRequest, id, "its asset '\(key)' has no href")
            }
            let isRaster = Self.isRaster(asset, href)
            var name = SafeName.ofFile(at: href)
            if name.isEmpty { name = Self.folderName(key) }
            if cuts, isRaster { name = Self.stem(name) + ".tif" }
            while !used.insert(name.lowercased()).inserted { name = "\(Self.folderName(key))-\(name)" }
            files.append(
                File(
                    key: key,
                    asset: asset,
                    href: try Self.absolute(href, from: found.location),
                    path: "\(own)/\(name)",
                    size: asset["file:size"]?.integer,
                    checksum: (asset["file:checksum"] ?? asset["checksum:multihash"])?.string.flatMap(Multihash.init),
                    isRaster: isRaster
                )
            )
        }
    }

    /// A name of a folder that no other text gives.
    private static func folderName(_ text: String) -> String {
        let name = SafeName.make(text)
        guard name != text else { return name }
        return (name.isEmpty ? "item" : name) + "-" + text.sha256.prefix(8)
    }

    private static func stem(_ name: String) -> String {
        name.lastIndex(of: ".").map { $0 > name.startIndex ? String(name[..<$0]) : name } ?? name
    }

    private static func isRaster(_ asset: DocumentValue, _ href: String) -> Bool {
        let roles = asset["roles"]?.array?.compactMap(\.string) ?? []
        if roles.contains(where: { ["thumbnail", "overview", "metadata"].contains($0) }) { return false }
        let type = asset["type"]?.string?.lowercased() ?? ""
        if ["image/tiff", "image/vnd.stac.geotiff", "image/jp2"].contains(where: type.hasPrefix) { return true }
        let name = SafeName.ofFile(at: href).lowercased()
        return type.isEmpty && [".tif", ".tiff", ".jp2"].contains(where: name.hasSuffix)
    }

    /// A reference seen from the item; items of the web may not point to files of this machine.
    private static func absolute(_ href: String, from location: String) throws(CatalogError) -> String {
        if WebAddress.isWeb(href) { return href }
        let scheme = href.range(of: "://").map { href[..<$0.lowerBound].lowercased() }
        if let scheme, ["s3", "gs", "az"].contains(scheme) { return href }
        if WebAddress.isWeb(location) {
            guard scheme == nil else {
                throw CatalogError(.badAddress, WebAddress.shown(href), "an item of the web may not name it")
            }
            return try WebAddress.resolve(href, against: try WebAddress.parse(location)).absoluteString
        }
        if let scheme {
            guard scheme == "file" else {
                throw CatalogError(.badAddress, WebAddress.shown(href), "its scheme is not known")
            }
            return URL(string: href)?.path ?? href
        }
        let path = href.removingPercentEncoding ?? href
        return URL(fileURLWithPath: path, relativeTo: URL(fileURLWithPath: location)).standardizedFileURL.path
    }

    /// The asset as an earlier run described the file that it made; nil where that is not there.
    func known(_ file: File) -> DocumentValue? {
        guard let asset = earlier?.at("assets", file.key), asset["href"]?.string == Self.reference(file.path),
            FileManager.default.fileExists(atPath: file.path)
        else { return nil }
        return asset
    }

    private static func reference(_ path: String) -> String { "./" + URL(fileURLWithPath: path).lastPathComponent }

    /// Writes the item with references to its files; assets that were fetched by earlier runs stay.
    func write() throws(CatalogError) {
        guard case .object(var root) = item else { return }
        var assets = DocumentObject()
        for entry in earlier?.at("assets")?.object ?? DocumentObject() {
            let name = entry.value["href"]?.string ?? ""
            let path = URL(fileURLWithPath: document).deletingLastPathComponent().appendingPathComponent(name).path
            if name.hasPrefix("./"), FileManager.default.fileExists(atPath: path) { assets[entry.key] = entry.value }
        }
        for (index, file) in files.enumerated() {
            guard let made = made[index], let asset = Self.asset(file, made) else { continue }
            assets[file.key] = asset
        }
        root["assets"] = .object(assets)
        let links = (root["links"]?.array ?? []).filter { link in
            !["self", "root", "parent", "collection", "next", "prev"].contains(link["rel"]?.string ?? "")
        }
        let origin = STACItems.link("self", of: item).map { href -> DocumentValue in
            ["rel": "via", "href": .string(href), "type": "application/geo+json"]
        }
        root["links"] = .array(links + [origin].compactMap { $0 })
        var extensions = root["stac_extensions"]?.array ?? []
        if !extensions.contains(where: { $0.string?.contains("/file/v2") == true }) {
            extensions.append("https://stac-extensions.github.io/file/v2.1.0/schema.json")
        }
        root["stac_extensions"] = .array(extensions)
        try Self.write(JSONText.pretty(.object(root)) + "\n", to: document)
    }

    private static func asset(_ file: File, _ made: Made) -> DocumentValue? {
        guard case .object(var asset) = file.asset else { return nil }
        asset["href"] = .string(reference(file.path))
        asset["alternate"] = nil
        switch made {
        case .whole(_, let bytes): asset["file:size"] = .integer(bytes)
        case .made(let said, let bytes):
            asset["file:checksum"] = nil
            for entry in said { asset[entry.key] = entry.value }
            asset["file:size"] = .integer(bytes)
        case .kept(let known): return known
        case .left: return nil
        }
        return .object(asset)
    }

    /// Whole or not at all.
    private static func write(_ text: String, to path: String) throws(CatalogError) {
        do {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CatalogError(.cannotWrite, path, error.localizedDescription)
        }
    }
}
