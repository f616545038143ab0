public import DatacubeIndex
import Documents
public import Foundation
import Geo
public import Raster

/// Products of the index as a static STAC catalogue (stacspec.org, 1.1).
///
/// It has `catalog.json`, a folder with `collection.json` for each product, and below it a folder with the item of each
/// dataset. All links are relative.
public struct STACExport: Sendable {
    /// How items name their files.
    public enum References: String, Sendable, CaseIterable {
        /// Relative to the item where the file is on this machine, else its address.
        case relative
        case absolute
        /// Each measurement is copied beside its item, as a cloud-optimised GeoTIFF.
        case copy
    }

    /// The folder of the catalogue.
    public let folder: String
    public let title: String
    public var references = References.relative
    /// Draws a small PNG of a dataset, which is written beside its item; nil for none.
    public var draw: (@Sendable (Dataset, Product) -> Data?)?

    public init(to folder: String, title: String) {
        self.folder = URL(fileURLWithPath: folder).standardizedFileURL.path
        self.title = title
    }

    /// What is collected of a product's items on the way.
    public struct Collection: Sendable {
        public let product: Product
        /// The ids of items.
        public fileprivate(set) var items: [String] = []
        fileprivate var titles: [String] = []
        fileprivate var boxes: [BoundingBox] = []
        fileprivate var begin: String?
        fileprivate var end: String?

        public init(_ product: Product) { self.product = product }
    }

    /// Writes the item of a dataset.
    ///
    /// - Throws: `DocumentError` where the dataset has no place or time, `RasterError` where a file cannot be read or
    ///   written.
    public func add(_ dataset: Dataset, to collection: inout Collection) throws {
        let place = "\(folder)/\(collection.product.name)/\(dataset.idText)"
        let path = "\(place)/\(dataset.idText).json"
        var made = try STACItemDraft(dataset, collection.product, at: path, references: references, root: title)
        if let picture = draw?(dataset, collection.product) {
            try AtomicFile.write(picture, to: "\(place)/\(STACItemDraft.thumbnail)")
            made.addThumbnail()
        }
        try write(made.document, to: path)
        collection.items.append(dataset.idText)
        collection.titles.append(dataset.label ?? dataset.idText)
        collection.boxes += made.boxes
        collection.begin = collection.begin.map { min($0, made.begin) } ?? made.begin
        collection.end = collection.end.map { max($0, made.end) } ?? made.end
    }

    /// Writes the collections and the catalogue around the items.
    ///
    /// - Throws: `RasterError` where a file cannot be written.
    public func finish(_ collections: [Collection]) throws(RasterError) {
        for collection in collections {
            let path = "\(folder)/\(collection.product.name)/collection.json"
            try write(document(of: collection), to: path)
        }
        var links = [STACItemDraft.link("root", "./catalog.json", title)]
        links += collections.map { collection in
            let name = collection.product.name
            return STACItemDraft.link("child", "./\(name)/collection.json", name)
        }
        try write(
            [
                "type": "Catalog", "id": .string(title), "title": .string(title), "stac_version": "1.1.0",
                "description": .string("Products of the index '\(title)', exported by antares"), "links": .array(links),
            ],
            to: "\(folder)/catalog.json"
        )
    }

    private func write(_ document: DocumentValue, to path: String) throws(RasterError) {
        try AtomicFile.write(Data((JSONText.pretty(document) + "\n").utf8), to: path)
    }

    private static func description(of product: Product) -> String {
        product.description.isEmpty ? product.name : product.description
    }

    private func document(of collection: Collection) -> DocumentValue {
        let product = collection.product
        let all = collection.boxes.dropFirst().reduce(collection.boxes.first) { $0?.union($1) }
        let box = all ?? BoundingBox(left: -180, bottom: -90, right: 180, top: 90)
        func text(_ value: String?) -> DocumentValue { value.map { .string($0) } ?? .null }
        var links = ["root", "parent"].map { STACItemDraft.link($0, "../catalog.json", title) }
        links += zip(collection.items, collection.titles).map { id, title in
            STACItemDraft.link("item", "./\(id)/\(id).json", title)
        }
        let assets = DocumentObject(
            product.measurements.map { measurement in
                let asset: DocumentValue = [
                    "title": .string(measurement.name), "roles": ["data"],
                    "bands": [STACItemDraft.bandDocument(measurement)],
                ]
                return (key: measurement.name, value: asset)
            }
        )
        return [
            "type": "Collection", "id": .string(product.name), "stac_version": "1.1.0",
            "stac_extensions": STACItemDraft.extensions(of: assets.map(\.value)),
            "title": .string(product.name), "description": .string(Self.description(of: product)),
            "license": product.definition.at("license")?.string.map { .string($0) } ?? "other",
            "extent": [
                "spatial": ["bbox": [.array([box.left, box.bottom, box.right, box.top].map { .double($0) })]],
                "temporal": ["interval": [[text(collection.begin), text(collection.end)]]],
            ],
            "item_assets": .object(assets),
            "links": .array(links),
        ]
    }
}
