import Documents
import Foundation
import Geo
import Raster

/// What a dataset document becomes before it is stored: the parts that searches need are added to EO3 documents.
struct PreparedDataset {
    /// One edge of lineage, with the source's own document where it is embedded.
    struct Source {
        let classifier: String
        let id: UUID
        let embedded: DocumentValue?
    }

    let id: UUID
    /// The whole document, its lineage rewritten to `{"source_datasets": {...}}`.
    let document: DocumentValue
    let sources: [Source]
    let isEO3: Bool

    /// - Throws: `EO3Problem` with the reason, in the Open Data Cube's words where it has some.
    init(_ document: DocumentValue) throws(EO3Problem) {
        guard document.object != nil else { throw EO3Problem("is \(document.kind), not a mapping") }
        switch document.at("$schema") {
        case nil: isEO3 = false
        case .string(EO3.schema): isEO3 = true
        case let other?: throw EO3Problem("Unsupported dataset schema: \(other.string ?? JSONText.write(other))")
        }
        id = try Self.id(of: document)
        self.document = isEO3 ? try Self.prepareEO3(document) : document
        var sources: [Source] = []
        for (classifier, source) in self.document.at("lineage", "source_datasets")?.object ?? DocumentObject() {
            let isReference = source.object?.keys == ["id"]
            sources.append(
                Source(
                    classifier: classifier,
                    id: try Self.id(of: source),
                    embedded: isReference ? DocumentValue?.none : source
                )
            )
        }
        self.sources = sources
    }

    private static func id(of document: DocumentValue) throws(EO3Problem) -> UUID {
        guard let value = document.at("id") else { throw EO3Problem("No id defined in dataset doc") }
        guard let text = value.string, let id = UUID(anySpelling: text) else {
            throw EO3Problem("the id \(JSONText.write(value)) is no UUID")
        }
        return id
    }

    private static func prepareEO3(_ document: DocumentValue) throws(EO3Problem) -> DocumentValue {
        guard let crsText = document.at("crs")?.string, let entries = document.at("grids")?.object, !entries.isEmpty
        else {
            throw EO3Problem("Input must have crs and grids.")
        }
        var grids: [String: EO3Grid] = [:]
        for (name, entry) in entries { grids[name] = try EO3Grid(entry) }
        guard let grid = grids["default"] else { throw EO3Problem("Input must have grids.default") }
        var vertices: [Point]
        let validData: DocumentValue
        if let geometry = document.at("geometry") {
            guard geometry["type"]?.string?.lowercased() == "polygon",
                let ring = MultiPolygon(geoJSON: geometry)?.parts.first?.rings.first
            else {
                throw EO3Problem("geometry must be a GeoJSON Polygon, not \(geometry["type"]?.string ?? geometry.kind)")
            }
            (validData, vertices) = (geometry, ring)
        } else {
            let ring = (grid.corners + [grid.corners[0]]).map { DocumentValue.array([.double($0.x), .double($0.y)]) }
            validData = .object(
                DocumentObject([("type", .string("Polygon")), ("coordinates", .array([.array(ring)]))])
            )
            vertices = grids.values.flatMap(\.corners)
        }
        var prepared = document
        prepared = prepared.setting(["extent"], to: try extent(vertices, CRS(crsText.trimmingBlanks)))
        let corners = zip(["ul", "ur", "lr", "ll"], grid.corners).map { name, point in
            (key: name, value: DocumentValue.object(pair("x", point.x, "y", point.y)))
        }
        let projection = DocumentObject([
            ("spatial_reference", .string(crsText)), ("geo_ref_points", .object(DocumentObject(corners))),
            ("valid_data", validData),
        ])
        prepared = prepared.setting(
            ["grid_spatial"],
            to: .object(DocumentObject([("projection", .object(projection))]))
        )
        let sources = try lineage(document["lineage"])
        return prepared.setting(["lineage"], to: .object(DocumentObject([("source_datasets", .object(sources))])))
    }

    /// Longitudes and latitudes of the vertices; sides are not cut into pieces, as Python does not either.
    private static func extent(_ vertices: [Point], _ crs: CRS) throws(EO3Problem) -> DocumentValue {
        let points: [Point]
        do {
            points = try TransformCache.apply(vertices, from: crs, to: .wgs84)
        } catch {
            throw EO3Problem("\(error)")
        }
        guard var box = BoundingBox(around: points) else {
            throw EO3Problem("its geometry has no longitude and latitude (crs \(crs))")
        }
        if box.width > 180 {
            let shifted = points.map { Point(x: $0.x < 0 ? $0.x + 360 : $0.x, y: $0.y) }
            if let other = BoundingBox(around: shifted), other.width < box.width { box = other }
        }
        return .object(
            DocumentObject([
                ("lat", .object(pair("begin", box.bottom, "end", box.top))),
                ("lon", .object(pair("begin", box.left, "end", box.right))),
            ])
        )
    }

    /// `{name: [uuid, …]}` becomes `{name: {"id": uuid}}`, or name1, name2 … where there are several.
    private static func lineage(_ value: DocumentValue?) throws(EO3Problem) -> DocumentObject {
        guard let value else { return DocumentObject() }
        guard let entries = value.object else { throw EO3Problem("lineage must be a mapping, not \(value.kind)") }
        var sources = DocumentObject()
        for (name, ids) in entries {
            guard let ids = ids.array else {
                throw EO3Problem(
                    ids.object == nil
                        ? "lineage.\(name) must be a list of ids, not \(ids.kind)"
                        : "Embedded lineage not supported for eo3 metadata types"
                )
            }
            for (index, id) in ids.enumerated() {
                guard id.string != nil else {
                    throw EO3Problem("Embedded lineage not supported for eo3 metadata types")
                }
                let key = ids.count == 1 ? name : "\(name)\(index + 1)"
                sources[key] = .object(DocumentObject([("id", id)]))
            }
        }
        return sources
    }

    private static func pair(_ first: String, _ a: Double, _ second: String, _ b: Double) -> DocumentObject {
        DocumentObject([(first, .double(a)), (second, .double(b))])
    }
}

extension UUID {
    /// A UUID as Python reads it: with or without hyphens, braces and `urn:uuid:`, in any case.
    init?(anySpelling text: String) {
        let digits = text.lowercased().replacing("urn:", with: "").replacing("uuid:", with: "")
            .filter { $0 != "-" && $0 != "{" && $0 != "}" }
        guard digits.utf8.count == 32 else { return nil }
        var parts: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        self.init(uuidString: parts.joined(separator: "-"))
    }

    /// The spelling of PostgreSQL and Python.
    var lowercased: String { uuidString.lowercased() }
}
