import DatacubeIndex
public import Documents
public import Foundation
public import Geo

/// A dataset as an EO3 document describes it; `document` writes it down.
public struct EO3Dataset: Sendable {
    /// Where one measurement lies, and how its numbers become values.
    public struct Measurement: Sendable, Hashable {
        public var name: String
        /// Absolute, or relative to the document.
        public var path: String
        /// Counted from 1; nil means the first.
        public var band: Int?
        /// The variable within a netCDF file.
        public var layer: String?
        /// The name of the grid in `grids`; nil means `default`.
        public var grid: String?
        /// `value = number · scaleFactor + addOffset`, in the product's units; overrides what the product says.
        ///
        /// The document holds it in the property `antares:scaling`.
        public var scaleFactor: Double?
        public var addOffset: Double?

        public init(
            name: String,
            path: String,
            band: Int? = nil,
            layer: String? = nil,
            grid: String? = nil,
            scaleFactor: Double? = nil,
            addOffset: Double? = nil
        ) {
            (self.name, self.path, self.band, self.layer, self.grid) = (name, path, band, layer, grid)
            (self.scaleFactor, self.addOffset) = (scaleFactor, addOffset)
        }

        var document: DocumentValue {
            var object = DocumentObject()
            object["path"] = .string(path)
            object["band"] = band.map { .integer($0) }
            object["layer"] = layer.map { .string($0) }
            object["grid"] = grid.map { .string($0) }
            return .object(object)
        }
    }

    public var id: UUID
    public var product: String
    /// A page about the product.
    public var productHref: String?
    public var label: String?
    public var crs: CRS
    /// Where valid data lie, one outer ring in `crs`; nil means the default grid's rectangle.
    public var validData: [Point]?
    /// The grids by name; there must be one called `default`.
    public var grids: [(name: String, geoBox: GeoBox)]
    /// Names are the product's.
    public var measurements: [Measurement]
    /// The middle of the acquisition.
    public var time: Date
    /// From the first to the last moment, nil where the acquisition counts as one moment.
    public var timeRange: TimeRange?
    /// When the file was made.
    public var processed: Date
    /// `eo:platform` and so on, in their order; times and format are added by `document`.
    public var properties: DocumentObject
    public var fileFormat: String
    /// Ids of sources by classifier.
    public var lineage: [(classifier: String, sources: [UUID])]
    /// Paths of other files by name.
    public var accessories: [(name: String, path: String)]

    public init(
        id: UUID,
        product: String,
        productHref: String? = nil,
        label: String? = nil,
        crs: CRS,
        validData: [Point]? = nil,
        grids: [(name: String, geoBox: GeoBox)],
        measurements: [Measurement],
        time: Date,
        timeRange: TimeRange? = nil,
        processed: Date,
        properties: DocumentObject = DocumentObject(),
        fileFormat: String,
        lineage: [(classifier: String, sources: [UUID])] = [],
        accessories: [(name: String, path: String)] = []
    ) {
        (self.id, self.product, self.productHref, self.label) = (id, product, productHref, label)
        (self.crs, self.validData, self.grids, self.measurements) = (crs, validData, grids, measurements)
        (self.time, self.timeRange, self.processed) = (time, timeRange, processed)
        (self.properties, self.fileFormat) = (properties, fileFormat)
        (self.lineage, self.accessories) = (lineage, accessories)
    }

    /// The EO3 document, keys in the usual order.
    public var document: DocumentValue {
        var root = DocumentObject()
        root["$schema"] = "https://schemas.opendatacube.org/dataset"
        root["id"] = .string(NameUUID.text(id))
        // The schema of EO3 takes no other characters.
        root["label"] = label.map { text in
            .string(String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") ? $0 : "_" }))
        }
        var productObject = DocumentObject()
        productObject["name"] = .string(product)
        productObject["href"] = productHref.map { .string($0) }
        root["product"] = .object(productObject)
        root["crs"] = .string(crs.epsg.map { "epsg:\($0)" } ?? crs.definition)
        if let ring = validData ?? grids.first(where: { $0.name == "default" })?.geoBox.corners {
            root["geometry"] = ["type": "Polygon", "coordinates": .array([.array(closed(ring).map(position))])]
        }
        root["grids"] = .object(DocumentObject(grids.map { (key: $0.name, value: gridDocument($0.geoBox)) }))
        root["properties"] = .object(allProperties)
        root["measurements"] = .object(DocumentObject(measurements.map { (key: $0.name, value: $0.document) }))
        let accessories = accessories.map { (key: $0.name, value: ["path": .string($0.path)] as DocumentValue) }
        root["accessories"] = .object(DocumentObject(accessories))
        let lineage = lineage.map { entry in
            (key: entry.classifier, value: DocumentValue.array(entry.sources.map { .string(NameUUID.text($0)) }))
        }
        root["lineage"] = .object(DocumentObject(lineage))
        return .object(root)
    }

    private var allProperties: DocumentObject {
        var all = DocumentObject()
        all["datetime"] = .string(Timestamp.iso(time))
        if let timeRange {
            all["dtr:start_datetime"] = .string(Timestamp.iso(timeRange.begin))
            all["dtr:end_datetime"] = .string(Timestamp.iso(timeRange.end))
        }
        for entry in properties { all[entry.key] = entry.value }
        // EO3 has no place for them beside the paths.
        let scalings = measurements.compactMap { measurement -> (key: String, value: DocumentValue)? in
            guard measurement.scaleFactor != nil || measurement.addOffset != nil else { return nil }
            var scaling = DocumentObject()
            scaling["scale_factor"] = measurement.scaleFactor.map { .double($0) }
            scaling["add_offset"] = measurement.addOffset.map { .double($0) }
            return (measurement.name, .object(scaling))
        }
        if !scalings.isEmpty { all[EO3.scaling] = .object(DocumentObject(scalings)) }
        all["odc:file_format"] = .string(fileFormat)
        all["odc:processing_datetime"] = .string(Timestamp.iso(processed))
        return all
    }
}

/// Shape as rows and columns, transform as nine numbers.
private func gridDocument(_ geoBox: GeoBox) -> DocumentValue {
    let numbers = geoBox.affine.rowMajor + [0, 0, 1]
    return [
        "shape": .array([.integer(geoBox.height), .integer(geoBox.width)]),
        "transform": .array(numbers.map { .double($0) }),
    ]
}

private func closed(_ ring: [Point]) -> [Point] {
    guard let first = ring.first, ring.last != first else { return ring }
    return ring + [first]
}

private func position(_ point: Point) -> DocumentValue { .array([.double(point.x), .double(point.y)]) }
