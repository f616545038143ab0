import DatacubeIndex
import Documents
import Foundation
import Geo
import Raster

/// A STAC item (stacspec.org, 1.0 or 1.1) and the EO3 document that it becomes.
struct STACItem {
    /// The name space of items' ids, by odc-stac's rule: version 5 of `https://stacspec.org` in the name space of URLs.
    static let namespace = NameUUID.make(namespace: NameUUID.urlNamespace, name: "https://stacspec.org")

    private let reader: DocumentReader
    private let id: String
    private let properties: DocumentObject
    private let assets: [STACAsset]

    /// True for a GeoJSON feature that is an item.
    static func isItem(_ value: DocumentValue) -> Bool { value["stac_version"] != nil || value["assets"] != nil }

    /// - Throws: `DocumentError` that names the key which is missing or wrong.
    init(_ reader: DocumentReader) throws(DocumentError) {
        self.reader = reader
        id = try reader.required("id").string()
        let given = try reader.required("properties")
        guard let properties = given.value.object else { throw given.failure("must be a mapping") }
        self.properties = properties
        var assets: [STACAsset] = []
        for (key, entry) in try reader.required("assets").entries() {
            assets.append(try STACAsset(key: key, reader: entry, properties: .object(properties)))
        }
        self.assets = assets
    }

    /// The item as an EO3 document of the product that it belongs to.
    ///
    /// - `name`: Its product whatever the item says, nil to follow the item.
    /// - `location`: Where the item lies; files whose names are relative are opened from there where the item does
    ///   not tell their grids.
    func document(
        for products: [Product],
        name: String?,
        location: String
    ) throws(DocumentError) -> DocumentValue {
        let product = name.map { name in products.first { $0.name == name } } ?? self.product(among: products)
        let bands = STACBands(assets: assets, measurements: product?.measurements ?? [])
        let grids = try STACGrids(bands: bands, reader: reader, location: location)
        var root = DocumentObject()
        root["$schema"] = .string(EO3.schema)
        root["id"] = .string(NameUUID.text(datasetID))
        root["label"] = label.map { .string($0) }
        root["product"] = ["name": .string(product == nil ? name ?? signature(of: nil) : signature(of: product))]
        root["crs"] = .string(grids.crs.epsg.map { "epsg:\($0)" } ?? grids.crs.definition)
        root["geometry"] = geometry(in: grids.crs)
        root["grids"] = grids.document
        var facts = try eo3Properties()
        let scaling = bands.scaling(of: product?.measurements ?? [])
        if facts[EO3.scaling] == nil, !scaling.isEmpty { facts[EO3.scaling] = .object(scaling) }
        root["properties"] = .object(facts)
        root["measurements"] = .object(bands.document(gridNames: grids.names))
        root["accessories"] = .object(bands.accessories)
        root["lineage"] = .object(properties["odc:lineage"]?.object ?? DocumentObject())
        return .object(root)
    }

    /// An id that is a UUID is kept; else it follows from collection and id, as in odc-stac.
    private var datasetID: UUID {
        if let id = UUID(uuidString: id) { return id }
        return NameUUID.make(namespace: Self.namespace, name: "\(collection ?? "_")\n\(id)\n")
    }

    private var collection: String? {
        reader.value["collection"]?.string ?? properties["odc:product"]?.string
    }

    /// The names under which the item's product may be known.
    private var productNames: [String] {
        [properties["odc:product"]?.string, reader.value["collection"]?.string].compactMap { $0 }
            .flatMap { [$0, $0.replacing("-", with: "_")] }
    }

    private func product(among products: [Product]) -> Product? {
        for name in productNames {
            let found = products.first { product in
                [product.name, product.metadata.at("product", "name")?.string]
                    .contains { $0?.lowercased() == name.lowercased() }
            }
            if let found { return found }
        }
        return products.count == 1 ? products[0] : nil
    }

    private func signature(of product: Product?) -> String {
        product.map { $0.metadata.at("product", "name")?.string ?? $0.name } ?? productNames.last ?? "unknown"
    }

    private var label: String? {
        if let title = reader.value["title"]?.string ?? properties["title"]?.string { return title }
        return UUID(uuidString: id) == nil && Int(id) == nil ? id : nil
    }

    /// Properties by the names that EO3 uses; all others are kept as they are.
    private func eo3Properties() throws(DocumentError) -> DocumentObject {
        var result = DocumentObject()
        for (key, value) in properties where key != "odc:lineage" && key != "title" {
            let name = Self.eo3Names[key] ?? key
            if result[name] == nil { result[name] = value }
        }
        if let instruments = properties["instruments"]?.array?.compactMap(\.string) {
            result["eo:instrument"] =
                instruments.isEmpty ? DocumentValue?.none : .string(instruments.joined(separator: "_").uppercased())
        }
        let start = properties["start_datetime"]?.string
        guard let time = properties["datetime"]?.string ?? start else {
            let place = reader.optional("properties") ?? reader
            throw place.failure("needs the key 'datetime', or 'start_datetime' and 'end_datetime'")
        }
        result["datetime"] = .string(time)
        let processed = properties["odc:processing_datetime"] ?? properties["created"] ?? .string(time)
        result["odc:processing_datetime"] = processed
        if result["odc:file_format"] == nil { result["odc:file_format"] = "GeoTIFF" }
        if result["odc:region_code"] == nil { result["odc:region_code"] = regionCode.map { .string($0) } }
        return result
    }

    private static let eo3Names = [
        "start_datetime": "dtr:start_datetime", "end_datetime": "dtr:end_datetime", "gsd": "eo:gsd",
        "platform": "eo:platform", "constellation": "eo:constellation", "instruments": "eo:instrument",
        "view:off_nadir": "eo:off_nadir", "view:azimuth": "eo:azimuth", "view:sun_azimuth": "eo:sun_azimuth",
        "view:sun_elevation": "eo:sun_elevation",
    ]

    /// The tile of Sentinel-2's grid, or path and row of Landsat's.
    private var regionCode: String? {
        func text(_ name: String) -> String? { properties[name].map { $0.string ?? JSONText.write($0) } }
        if let tile = text("s2:mgrs_tile") ?? text("io:supercell_id") { return tile }
        if let code = text("grid:code"), let dash = code.firstIndex(of: "-") {
            return String(code[code.index(after: dash)...])
        }
        for prefix in ["mgrs", "sentinel"] {
            if let zone = text("\(prefix):utm_zone"), let band = text("\(prefix):latitude_band"),
                let square = text("\(prefix):grid_square")
            {
                return (zone.count < 2 ? "0" : "") + zone + band + square
            }
        }
        guard let path = text("landsat:wrs_path").flatMap({ Int($0) }),
            let row = text("landsat:wrs_row").flatMap({ Int($0) })
        else { return nil }
        return [path, row].map { String(repeating: "0", count: max(0, 3 - String($0).count)) + String($0) }.joined()
    }

    /// The item's outline in the dataset's CRS; nil where it is none that EO3 documents may have.
    private func geometry(in crs: CRS) -> DocumentValue? {
        if let own = properties["proj:geometry"], own["type"] == "Polygon" { return own }
        guard let outline = reader.value["geometry"], outline["type"] == "Polygon",
            let rings = outline["coordinates"]?.array
        else { return nil }
        var moved: [DocumentValue] = []
        for ring in rings {
            let points = (ring.array ?? []).compactMap { position -> Point? in
                let numbers = (position.array ?? []).compactMap(\.double)
                return numbers.count > 1 ? Point(x: numbers[0], y: numbers[1]) : nil
            }
            guard let carried = try? TransformCache.apply(points, from: .wgs84, to: crs), carried.count > 3,
                carried.allSatisfy({ $0.x.isFinite && $0.y.isFinite })
            else { return nil }
            moved.append(.array(carried.map { .array([.double($0.x), .double($0.y)]) }))
        }
        return moved.isEmpty ? nil : ["type": "Polygon", "coordinates": .array(moved)]
    }
}
