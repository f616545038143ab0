public import Documents
public import Foundation
public import Geo
import Raster

/// A dataset in the older layout of the metadata type `eo`, as antares3's products and ingested tiles have it.
public struct LegacyDataset: Sendable {
    /// Where one band lies.
    public struct Band: Sendable, Hashable {
        public var name: String
        /// Relative to the document; empty where the document lies within the file itself.
        public var path: String
        /// The variable of a netCDF file.
        public var layer: String?
        /// Counted from 1, where there is no variable.
        public var number: Int?

        public init(name: String, path: String, layer: String? = nil, number: Int? = nil) {
            (self.name, self.path, self.layer, self.number) = (name, path, layer, number)
        }
    }

    public var id: UUID
    /// When the file was made.
    public var created: Date
    /// Keys of the product's signature (platform, instrument, format …), merged into the document.
    public var metadata: DocumentObject
    public var bands: [Band]
    public var grid: GeoBox
    /// Where valid data lie, one outer ring in the grid's CRS; nil leaves the key out.
    public var validData: [Point]?
    public var timeRange: TimeRange
    /// nil means the middle of `timeRange`.
    public var centerTime: Date?
    /// The program that made the file: name, version and what else is known.
    public var algorithm: DocumentObject
    public var machine: DocumentObject
    /// Whole documents of the sources by classifier (`0`, `1` …).
    public var sources: [(classifier: String, document: DocumentValue)]

    public init(
        id: UUID,
        created: Date,
        metadata: DocumentObject,
        bands: [Band],
        grid: GeoBox,
        validData: [Point]? = nil,
        timeRange: TimeRange,
        centerTime: Date? = nil,
        algorithm: DocumentObject = DocumentObject(),
        machine: DocumentObject = DocumentObject(),
        sources: [(classifier: String, document: DocumentValue)] = []
    ) {
        (self.id, self.created, self.metadata, self.bands) = (id, created, metadata, bands)
        (self.grid, self.validData) = (grid, validData)
        (self.timeRange, self.centerTime) = (timeRange, centerTime)
        (self.algorithm, self.machine, self.sources) = (algorithm, machine, sources)
    }

    /// The document: id, creation_dt, the product's metadata, image, extent, grid_spatial, lineage.
    ///
    /// - Throws: Where the grid's CRS is unknown.
    public func document() throws -> DocumentValue {
        var root = DocumentObject()
        root["id"] = .string(NameUUID.text(id))
        root["creation_dt"] = .string(Timestamp.iso(created))
        let corners = grid.corners
        root["extent"] = .object(try extent(corners))
        root["grid_spatial"] = ["projection": .object(try projection(corners))]
        let bands = bands.map { band in
            var object = DocumentObject()
            object["path"] = .string(band.path)
            object["layer"] = band.layer.map { .string($0) } ?? band.number.map { .integer($0) }
            return (key: band.name, value: DocumentValue.object(object))
        }
        root["image"] = ["bands": .object(DocumentObject(bands))]
        var lineage = DocumentObject()
        lineage["algorithm"] = .object(algorithm)
        lineage["machine"] = .object(machine)
        let sources = sources.map { (key: $0.classifier, value: $0.document) }
        lineage["source_datasets"] = .object(DocumentObject(sources))
        root["lineage"] = .object(lineage)
        return merged(.object(root), with: .object(metadata))
    }

    private func extent(_ corners: [Point]) throws -> DocumentObject {
        let degrees = try TransformCache.apply(corners, from: grid.crs, to: .wgs84)
        let coordinates = cornerDocument(degrees) { ["lat": .double($0.y), "lon": .double($0.x)] }
        var extent = DocumentObject()
        extent["center_dt"] = .string(Timestamp.iso(centerTime ?? timeRange.center))
        extent["from_dt"] = .string(Timestamp.iso(timeRange.begin))
        extent["to_dt"] = .string(Timestamp.iso(timeRange.end))
        extent["coord"] = coordinates
        return extent
    }

    private func projection(_ corners: [Point]) throws -> DocumentObject {
        var projection = DocumentObject()
        projection["geo_ref_points"] = cornerDocument(corners) { ["x": .double($0.x), "y": .double($0.y)] }
        projection["spatial_reference"] = .string(
            grid.crs.epsg == nil ? try CRSDescription.of(grid.crs).wkt : grid.crs.definition
        )
        if let validData {
            let ring = validData.first == validData.last ? validData : validData + validData.prefix(1)
            projection["valid_data"] = [
                "type": "Polygon",
                "coordinates": .array([.array(ring.map { .array([.double($0.x), .double($0.y)]) })]),
            ]
        }
        return projection
    }
}

/// Corners come as upper left, upper right, lower right, lower left.
private func cornerDocument(_ corners: [Point], _ write: (Point) -> DocumentValue) -> DocumentValue {
    let entries = zip(["ul", "ur", "lr", "ll"], corners).map { (key: $0, value: write($1)) }
    return .object(DocumentObject(entries))
}

/// `a` with what `b` adds; where both have a mapping the two are merged, else `a` wins.
private func merged(_ a: DocumentValue, with b: DocumentValue) -> DocumentValue {
    guard case .object(var result) = a, case .object(let other) = b else { return a }
    for entry in other { result[entry.key] = result[entry.key].map { merged($0, with: entry.value) } ?? entry.value }
    return .object(result)
}
