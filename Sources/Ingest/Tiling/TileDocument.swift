public import DatacubeIndex
public import Documents
public import Foundation
public import Geo
import Raster

/// What the dataset document of a tile says, in whichever layout the product's metadata type asks for.
public struct TileDocument: Sendable {
    /// Where a measurement of the tile is: a variable of the tile's file, or a file beside the document.
    public enum Place: Sendable {
        case variable(String)
        case file(String)
    }

    public let id: UUID
    public let product: Product
    public let tile: TileIndex
    public let geoBox: GeoBox
    public let time: TimeRange
    /// Where the tile may have data, in the grid's CRS: a closed ring.
    public let validRing: [Point]
    public let measurements: [(name: String, place: Place)]
    /// When the content was settled: taken from the inputs, so that two runs write the same bytes.
    public let created: Date
    /// What made it, as `ingest` or a recipe's name.
    public let algorithm: String
    /// Values that went into it, besides the sources.
    public let parameters: DocumentObject
    public let software: String
    /// The input of each name, in the order in which they were laid over each other.
    public let sources: [(name: String, datasets: [Dataset])]
    /// Properties to keep from the sources, as `eo:platform`.
    public let properties: DocumentObject
    /// What the sources were made from: documents of the older layout hold it.
    public let lineage: DatasetLineage

    public init(
        id: UUID,
        product: Product,
        tile: TileIndex,
        geoBox: GeoBox,
        time: TimeRange,
        validRing: [Point],
        measurements: [(name: String, place: Place)],
        created: Date,
        algorithm: String,
        parameters: DocumentObject,
        software: String,
        sources: [(name: String, datasets: [Dataset])],
        properties: DocumentObject = DocumentObject(),
        lineage: DatasetLineage = DatasetLineage()
    ) {
        (self.id, self.product, self.tile, self.geoBox, self.time) = (id, product, tile, geoBox, time)
        (self.validRing, self.measurements, self.created) = (validRing, measurements, created)
        (self.algorithm, self.parameters, self.software) = (algorithm, parameters, software)
        (self.sources, self.properties, self.lineage) = (sources, properties, lineage)
    }

    /// The document: EO3, or the older layout for products of a metadata type like `eo`.
    public func make() throws -> DocumentValue {
        product.isLegacy ? try legacy() : eo3()
    }

    private func eo3() -> DocumentValue {
        var properties = properties
        properties["datetime"] = .string(Timestamp.iso(time.center))
        if time.begin != time.end {
            properties["dtr:start_datetime"] = .string(Timestamp.iso(time.begin))
            properties["dtr:end_datetime"] = .string(Timestamp.iso(time.end))
        }
        properties["odc:file_format"] = .string(formatName)
        properties["odc:processing_datetime"] = .string(Timestamp.iso(created))
        properties["odc:region_code"] = .string("\(tile.x)_\(tile.y)")
        properties["antares:algorithm"] = .string(algorithm)
        properties["antares:parameters"] = .object(parameters)
        properties["processing:software"] = ["antares": .string(software)]
        let ring = DocumentValue.array(validRing.map { [.double($0.x), .double($0.y)] })
        return [
            "$schema": .string(EO3.schema),
            "id": .string(NameUUID.text(id)),
            "label": .string("\(product.name)_\(tile.x)_\(tile.y)_\(Timestamp.day(time.center))"),
            "product": ["name": .string(product.name)],
            "crs": .string(geoBox.crs.definition),
            "geometry": ["type": "Polygon", "coordinates": .array([ring])],
            "grids": [
                "default": [
                    "shape": [.integer(geoBox.height), .integer(geoBox.width)],
                    "transform": .array(geoBox.affine.rowMajor.map { .double($0) } + [0.0, 0.0, 1.0]),
                ]
            ],
            "properties": .object(properties),
            "measurements": .object(DocumentObject(measurements.map { (key: $0.name, value: entry($0.place)) })),
            "lineage": .object(
                DocumentObject(
                    sources.map { (key: $0.name, value: .array($0.datasets.map { .string($0.idText) })) }
                )
            ),
        ]
    }

    /// The layout that `datacube ingest` writes.
    private func legacy() throws -> DocumentValue {
        let lonLat = try CoordinateTransform(from: geoBox.crs, to: .wgs84)
        let names = ["ul", "ur", "lr", "ll"]
        let corners = geoBox.corners
        let geographic = lonLat.apply(corners)
        func table(_ points: [Point], _ x: String, _ y: String) -> DocumentValue {
            .object(
                DocumentObject(
                    zip(names, points).map { (key: $0, value: [x: .double($1.x), y: .double($1.y)] as DocumentValue) }
                )
            )
        }
        var document = DocumentObject([
            (key: "id", value: .string(NameUUID.text(id))),
            (key: "creation_dt", value: .string(Timestamp.iso(created))),
        ])
        for (key, value) in product.metadata.object ?? DocumentObject() { document[key] = value }
        let ring = DocumentValue.array(validRing.map { [.double($0.x), .double($0.y)] })
        document["image"] = [
            "bands": .object(DocumentObject(measurements.map { (key: $0.name, value: entry($0.place)) }))
        ]
        document["format"] = ["name": .string(formatName)]
        document["extent"] = [
            "coord": table(geographic, "lon", "lat"),
            "from_dt": .string(Timestamp.iso(time.begin)),
            "to_dt": .string(Timestamp.iso(time.end)),
            "center_dt": .string(Timestamp.iso(time.center)),
        ]
        document["grid_spatial"] = [
            "projection": [
                "spatial_reference": .string(try CRSDescription.of(geoBox.crs).wkt),
                "geo_ref_points": table(corners, "x", "y"),
                "valid_data": ["type": "Polygon", "coordinates": .array([ring])],
            ]
        ]
        let embedded = sources.flatMap(\.datasets).enumerated().map { index, dataset in
            (key: String(index), value: lineage.wholeDocument(of: dataset))
        }
        document["lineage"] = [
            "machine": ["software_versions": ["antares": .string(software)]],
            "algorithm": ["name": .string(algorithm), "parameters": .object(parameters)],
            "source_datasets": .object(DocumentObject(embedded)),
        ]
        return .object(document)
    }

    private func entry(_ place: Place) -> DocumentValue {
        switch place {
        case .variable(let name): ["path": "", "layer": .string(name)]
        case .file(let name): ["path": .string(name)]
        }
    }

    private var formatName: String {
        if case .file = measurements.first?.place { return "GeoTIFF" }
        return "NetCDF"
    }
}

extension Product {
    /// True where documents of the product have the layout from before EO3, with their sources' documents inside.
    public var isLegacy: Bool { !metadataType.contains("eo3") }
}
