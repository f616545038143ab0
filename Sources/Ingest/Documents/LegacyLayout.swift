public import Documents
import Foundation
import Geo

/// EO3 documents in the older layout of the metadata type `eo`, as antares3 wrote them.
public enum LegacyLayout {
    /// Platform, instrument and format as the document's properties tell them.
    public static func signature(of document: DocumentValue) -> DocumentObject {
        func property(_ name: String) -> String? { document.at("properties", name)?.string }
        var signature = DocumentObject()
        signature["platform"] = ["code": .string(property("eo:platform")?.uppercased().replacing("-", with: "_") ?? "")]
        signature["instrument"] = ["name": .string(property("eo:instrument") ?? "")]
        signature["format"] = ["name": .string(property("odc:file_format") ?? "GeoTIFF")]
        signature["product_type"] = property("odc:product_family").map { .string($0) }
        return signature
    }

    /// The same dataset in the older layout.
    ///
    /// Scale, offset and grids of single bands have no place there.
    /// - `signature`: Platform, instrument and so on.
    /// - Throws: `SceneError` where the document lacks what the layout needs.
    public static func document(_ eo3: DocumentValue, signature: DocumentObject) throws -> DocumentValue {
        let label = eo3["label"]?.string ?? eo3["id"]?.string ?? "document"
        func lacks(_ what: String) -> SceneError {
            SceneError(label, "has no \(what)", hint: "Write it as EO3, without --format eo.")
        }
        guard let id = eo3["id"]?.string.flatMap({ UUID(uuidString: $0) }) else { throw lacks("id") }
        guard let crs = eo3["crs"]?.string, let grid = eo3.at("grids", "default"),
            let shape = grid["shape"]?.array?.compactMap(\.integer), shape.count == 2,
            let transform = grid["transform"]?.array?.compactMap(\.double), transform.count >= 6
        else { throw lacks("grid") }
        let box = GeoBox(
            crs: CRS(crs.hasPrefix("epsg:") ? crs.uppercased() : crs),
            affine: Affine(
                a: transform[0],
                b: transform[1],
                c: transform[2],
                d: transform[3],
                e: transform[4],
                f: transform[5]
            ),
            width: shape[1],
            height: shape[0]
        )
        func time(_ name: String) -> Date? { eo3.at("properties", name)?.string.flatMap(Timestamp.parse) }
        guard let center = time("datetime") else { throw lacks("datetime") }
        let range = TimeRange(begin: time("dtr:start_datetime") ?? center, end: time("dtr:end_datetime") ?? center)
        let bands = (eo3["measurements"]?.object ?? DocumentObject()).map { entry in
            LegacyDataset.Band(
                name: entry.key,
                path: entry.value["path"]?.string ?? "",
                layer: entry.value["layer"]?.string,
                number: entry.value["band"]?.integer ?? 1
            )
        }
        let ring = eo3.at("geometry", "coordinates")?.array?.first?.array?.compactMap { position -> Point? in
            guard let pair = position.array?.compactMap(\.double), pair.count > 1 else { return nil }
            return Point(x: pair[0], y: pair[1])
        }
        return try LegacyDataset(
            id: id,
            created: time("odc:processing_datetime") ?? center,
            metadata: signature,
            bands: bands,
            grid: box,
            validData: ring,
            timeRange: range,
            centerTime: center
        ).document()
    }
}
