import DatacubeIndex
public import Documents
import Foundation
import Raster

/// STAC items (or collections of them in one file) whose assets are rasters, here or at URLs.
public struct STACItems: SceneReader {
    public let name = "stac"
    public let product = "stac"
    public let layout = "a STAC item (.json), or a file with several (a FeatureCollection)"

    public init() {}

    /// By the content; what cannot be parsed counts too, so that `prepare` says what is wrong with it.
    private static func isItem(_ path: String) -> Bool {
        let lower = path.lowercased()
        guard lower.hasSuffix(".json") || lower.hasSuffix(".geojson"),
            let data = try? SceneFile.contents(path, limit: XMLMetadata.longest),
            data.range(of: Data("\"stac_version\"".utf8)) != nil
        else { return false }
        guard let value = try? JSONText.parse(String(decoding: data, as: UTF8.self), origin: path) else { return true }
        return ["Feature", "FeatureCollection"].contains(value["type"]?.string)
    }

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        place.isFolder
            ? place.paths { $0.lowercased().hasSuffix("json") }.filter(Self.isItem)
            : Self.isItem(place.path) ? [place.path] : []
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let path = absolutePath(path)
        let hint = "Check that it is a STAC item, and fetch it again."
        guard let data = try SceneFile.contents(path, limit: XMLMetadata.longest) else {
            throw SceneError(path, "is missing or cannot be read", hint: hint)
        }
        let text = try SceneFile.text(data, path, hint: hint)
        let location = path.hasPrefix("/vsi") ? path : DatasetFiles.uri(ofFile: path)
        do {
            let source = SourceDocument(origin: path, value: try JSONText.parse(text, origin: path))
            let known = STACDocuments(products: options.products)
            return try known.candidates(of: DatasetCandidate(document: source, location: location)).map { result in
                let made = try result.get()
                guard made.document.value["$schema"] != nil else {
                    throw SceneError(path, "is no STAC item", hint: hint)
                }
                return Self.absolute(made.document.value, from: made.location, product: options.product)
            }
        } catch let error as DocumentError {
            let reason = "\(error)".trimmingCharacters(in: ["."])
            throw SceneError(path, "cannot be used: \(reason)", hint: hint)
        }
    }

    /// The document with paths that hold wherever it is written, and with the product that was asked for.
    private static func absolute(_ document: DocumentValue, from location: String, product: String?) -> DocumentValue {
        guard case .object(var root) = document else { return document }
        for key in ["measurements", "accessories"] {
            guard let entries = root[key]?.object else { continue }
            root[key] = .object(
                DocumentObject(
                    entries.map { entry in
                        guard case .object(var place) = entry.value, let path = place["path"]?.string,
                            !path.contains("://")
                        else { return (key: entry.key, value: entry.value) }
                        place["path"] = .string(Dataset.fileName(of: path, relativeTo: location))
                        return (key: entry.key, value: .object(place))
                    }
                )
            )
        }
        if let product { root["product"] = ["name": .string(product)] }
        return .object(root)
    }
}
