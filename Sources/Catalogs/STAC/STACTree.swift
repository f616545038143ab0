import Documents
import Foundation

/// Items of files and static catalogues, on this machine or at addresses: an item, a FeatureCollection, or a catalogue or
/// collection whose links `item` and `child` are followed.
public struct STACTree: Sendable {
    /// The most documents that are followed from one catalogue.
    static let mostDocuments = 500_000
    static let longestDocument = 1 << 27

    private let client: WebClient

    public init(_ client: WebClient) { self.client = client }

    /// Hands over the items below a path or an address, each once.
    ///
    /// - Throws: `CatalogError` where a document cannot be had, `DocumentError` where it cannot be read.
    public func items(at root: String, take: (STACFound) async throws -> Void) async throws {
        var waiting = WebAddress.isWeb(root) ? [root] : try Self.documents(at: root)
        var known = Set(waiting)
        while let place = waiting.popLast() {
            try Task.checkCancellation()
            let document = try await read(place)
            switch document["type"]?.string {
            case "Feature" where STACItems.isItem(document):
                try await take(STACFound(document, at: place))
            case "FeatureCollection":
                for item in document["features"]?.array ?? [] where STACItems.isItem(item) {
                    let own = STACItems.link("self", of: item)
                    try await take(STACFound(item, at: own.flatMap { WebAddress.isWeb($0) ? $0 : nil } ?? place))
                }
            case "Catalog", "Collection":
                for link in (document["links"]?.array ?? []).reversed() {
                    guard let relation = link["rel"]?.string, ["item", "child"].contains(relation),
                        let href = link["href"]?.string, let next = try next(href, from: place),
                        known.insert(next).inserted
                    else { continue }
                    guard known.count <= Self.mostDocuments else {
                        throw CatalogError(
                            .tooLarge,
                            WebAddress.shown(root),
                            "the catalogue has more than \(Self.mostDocuments) documents",
                            hint: "Name its collections one by one."
                        )
                    }
                    waiting.append(next)
                }
            default:
                throw DocumentError(
                    origin: WebAddress.shown(place),
                    reason: "is no STAC item, collection of items, or catalogue",
                    hint: "Its 'type' must be Feature, FeatureCollection, Collection or Catalog."
                )
            }
        }
    }

    /// The file itself; of a folder its catalogue or collection, else all JSON files below it that are items.
    private static func documents(at path: String) throws(CatalogError) -> [String] {
        let root = URL(fileURLWithPath: path).standardizedFileURL.path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder) else {
            throw CatalogError(.notFound, path, "there is no such file or folder")
        }
        guard isFolder.boolValue else { return [root] }
        for name in ["catalog.json", "collection.json"] where FileManager.default.fileExists(atPath: "\(root)/\(name)")
        {
            return ["\(root)/\(name)"]
        }
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        let files = names.filter { $0.lowercased().hasSuffix("json") }.sorted().map { "\(root)/\($0)" }.filter { file in
            guard let data = FileManager.default.contents(atPath: file), data.count <= longestDocument else {
                return false
            }
            let text = String(decoding: data, as: UTF8.self)
            return (try? JSONText.parse(text, origin: file)).map(STACItems.isItem) ?? text.contains("\"stac_version\"")
        }
        guard !files.isEmpty else {
            throw CatalogError(
                .notFound,
                path,
                "the folder holds no STAC item",
                hint: "Name a catalogue, or the items."
            )
        }
        return files.reversed()
    }

    /// Where a link leads; a document of the web leads nowhere on this machine.
    private func next(_ href: String, from place: String) throws(CatalogError) -> String? {
        if WebAddress.isWeb(place) {
            return try WebAddress.resolve(href, against: try WebAddress.parse(place)).absoluteString
        }
        if WebAddress.isWeb(href) { return href }
        if href.contains("://") { return nil }
        let folder = URL(fileURLWithPath: place).deletingLastPathComponent()
        let path = href.removingPercentEncoding ?? href
        return URL(fileURLWithPath: path, relativeTo: folder).standardizedFileURL.path
    }

    private func read(_ place: String) async throws -> DocumentValue {
        let data: Data
        if WebAddress.isWeb(place) {
            var request = WebRequest(try WebAddress.parse(place))
            request.headers = [(name: "Accept", value: "application/geo+json, application/json")]
            data = try await client.send(request, limit: Self.longestDocument).body
        } else {
            let size = try? FileManager.default.attributesOfItem(atPath: place)[.size] as? Int
            guard size ?? 0 <= Self.longestDocument else {
                throw CatalogError(.tooLarge, place, "it has more than \(Self.longestDocument) bytes")
            }
            guard let found = FileManager.default.contents(atPath: place) else {
                throw CatalogError(.notFound, place, "the file does not exist or cannot be read")
            }
            data = found
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw DocumentError(origin: WebAddress.shown(place), reason: "is not UTF-8 text")
        }
        return try JSONText.parse(text, origin: WebAddress.shown(place))
    }
}
