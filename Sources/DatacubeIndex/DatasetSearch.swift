import Documents
import Foundation
import Geo
import IndexSQL
import Postgres

/// Finding datasets in one session.
struct DatasetSearch {
    let session: Session

    /// Datasets by time and id.
    func datasets(matching query: DatasetQuery) throws -> [Dataset] {
        var found: [Dataset] = []
        for (_, conditions) in try searches(for: query) {
            let rest = query.limit.map { $0 - found.count }
            if let rest, rest <= 0 { break }
            found += try select(conditions, limit: rest)
        }
        // Times are read once each, not at every comparison.
        return found.map { (time: $0.time?.center ?? .distantPast, id: $0.idText, dataset: $0) }
            .sorted { ($0.time, $0.id) < ($1.time, $1.id) }
            .map(\.dataset)
    }

    /// The conditions of a query in SQL, for each product that it can apply to; they are about `tables`.
    func searches(for query: DatasetQuery) throws -> [(product: Product, conditions: [String])] {
        let candidates = try candidates(for: query)
        let searches = try candidates.compactMap { product, type in
            try conditions(query, product, type).map { (product, $0) }
        }
        guard searches.isEmpty, let name = candidates.first?.0.name else { return searches }
        throw IndexError(
            .invalidQuery,
            query.product ?? query.fields.keys.sorted().joined(separator: ", "),
            "No products match search terms: the signatures say otherwise",
            hint: candidates.count == 1 ? "See: product show \(name)." : "See: product show."
        )
    }

    /// What conditions are about: `d` is a dataset; `p` is its product, which they do not ask for.
    static let tables = "FROM agdc.dataset AS d JOIN agdc.dataset_type AS p ON p.id = d.dataset_type_ref"

    func type(of product: Product) throws -> MetadataType {
        try Index.find(product.metadataType, in: try DefinitionStore.metadataTypes(session))
    }

    func datasets(ids: [UUID]) throws -> [Dataset] {
        let list = try session.quotedLiteral(SQLArray.text(ids.map(\.lowercased)))
        return try select(["d.id = ANY (\(list)::uuid[])"], limit: nil)
    }

    /// Products that the query can apply to.
    private func candidates(for query: DatasetQuery) throws -> [(Product, MetadataType)] {
        let products = try DefinitionStore.products(session)
        let types = try DefinitionStore.metadataTypes(session)
        let chosen = try query.product.map { [try Index.find($0, in: products)] } ?? products
        let wanted =
            query.fields.keys + (query.time == nil ? [] : ["time"]) + (query.bounds == nil ? [] : ["lat", "lon"])
        let pairs = chosen.compactMap { product in
            types.first { $0.name == product.metadataType }.map { (product, $0) }
        }
        let able = pairs.filter { _, type in wanted.allSatisfy { Self.natives[$0] != nil || type.field($0) != nil } }
        guard able.isEmpty, !pairs.isEmpty else { return able }
        let known = Set(pairs.flatMap { $0.1.fields.map(\.name) } + Self.natives.keys).sorted()
        let missing = wanted.first { !known.contains($0) } ?? wanted.first ?? ""
        let near = nearest(to: missing, in: known).map { "Did you mean '\($0)'? " } ?? ""
        throw IndexError(
            .invalidQuery,
            missing,
            "No products match search terms: none of them has this field",
            hint: near + "Known: \(known.joined(separator: ", "))."
        )
    }

    /// Columns that are searched directly.
    static let natives = [
        "id": "d.id", "product": "p.name", "indexed_by": "d.added_by", "indexed_time": "d.added",
        "metadata_type": "(SELECT t.name FROM agdc.metadata_type AS t WHERE t.id = p.metadata_type_ref)",
        // The preferred location.
        "uri": """
        (SELECT l.uri_scheme || ':' || l.uri_body FROM agdc.dataset_location AS l
        WHERE l.dataset_ref = d.id AND l.archived IS NULL ORDER BY l.added DESC, l.id DESC LIMIT 1)
        """,
    ]

    /// The conditions in SQL, nil where the product's signature contradicts the query.
    private func conditions(_ query: DatasetQuery, _ product: Product, _ type: MetadataType) throws -> [String]? {
        guard let number = product.id else { return nil }
        var parts = ["d.dataset_type_ref = \(number)"]
        switch query.status {
        case .active: parts.insert("d.archived IS NULL", at: 0)
        case .archived: parts.insert("d.archived IS NOT NULL", at: 0)
        case .all: break
        }
        var terms = query.fields
        if let time = query.time, terms["time"] == nil { terms["time"] = .during(time) }
        for (name, term) in terms.sorted(by: { $0.key < $1.key }) {
            if let column = Self.natives[name] {
                parts.append(try native(column, name, term, product))
            } else if let field = type.field(name) {
                if let fixed = field.value(in: product.metadata), case .equals(let value) = term {
                    guard Self.spelled(fixed) == Self.spelled(value) else { return nil }
                    continue
                }
                parts.append(try condition(field, term))
            }
        }
        if let box = query.bounds, let lat = type.field("lat"), let lon = type.field("lon") {
            parts.append(try overlap(lat, box.bottom, box.top))
            // Datasets across the date line have longitudes beyond 180 degrees.
            let turned = box.left < 0 ? [try overlap(lon, box.left + 360, box.right + 360)] : []
            let sides = [try overlap(lon, box.left, box.right)] + turned
            parts.append("(\(sides.joined(separator: " OR ")))")
        }
        if let box = query.bounds, try IndexSchema.keepsFootprints(session) {
            // The box around a dataset is larger than the dataset; those without footprint have nothing but their box.
            let rest = "SELECT dataset FROM antares.dataset_footprint WHERE problem IS NOT NULL"
            parts.append("d.id IN (\(try footprints(meeting: SearchArea(box))) UNION ALL \(rest))")
        }
        if let area = query.area {
            guard try IndexSchema.keepsFootprints(session) else {
                throw IndexError(
                    .invalidQuery,
                    "geometry",
                    "the index has no table of footprints",
                    hint: "Make it: antares index footprints"
                )
            }
            parts.append("d.id IN (\(try footprints(meeting: area)))")
        }
        return parts
    }

    /// The ids of datasets whose footprints meet an area; served by dataset_footprint_shape_idx.
    private func footprints(meeting area: SearchArea) throws -> String {
        // Found once, so that the planner sees what it looks for.
        let sql = "SELECT encode(ST_AsEWKB(antares.search_area($1, $2)::geometry), 'hex') AS area"
        let shape: String
        do {
            shape = try session.query(sql, [area.text, area.crs.definition]).first?["area"] ?? ""
        } catch let error as PostgresError where !error.isUnreachable {
            throw IndexError(
                .invalidQuery,
                String(area.text.prefix(60)),
                error.messages.joined(separator: "; "),
                hint: "Give a polygon as WKT or GeoJSON, in EPSG:4326 or the CRS that you name."
            )
        }
        return
            "SELECT f.dataset FROM antares.dataset_footprint AS f WHERE ST_Intersects(f.shape, \(try literal(shape))::geography)"
    }

    private func overlap(_ field: SearchField, _ low: Double, _ high: Double) throws -> String {
        let constructor = field.rangeConstructor ?? "agdc.float8range"
        return "\(try field.expression(session, table: "d")) && \(constructor)(\(low), \(high), '[]')"
    }

    private func condition(_ field: SearchField, _ term: SearchTerm) throws -> String {
        let expression = try field.expression(session, table: "d")
        switch (term, field.kind.isRange) {
        case (.during(let time), true):
            let (begin, end) = (try literal(Timestamp.iso(time.begin)), try literal(Timestamp.iso(time.end)))
            return "\(expression) && tstzrange(\(begin), \(end), '[]')"
        case (.during(let time), false):
            let (begin, end) = (try literal(Timestamp.iso(time.begin)), try literal(Timestamp.iso(time.end)))
            return "\(expression) BETWEEN \(begin) AND \(end)"
        case (.between(let low, let high), true): return try overlap(field, low, high)
        case (.between(let low, let high), false): return "(\(expression) >= \(low) AND \(expression) < \(high))"
        case (.equals(let value), true):
            let cast: String
            switch field.kind {
            case .datetimeRange: cast = "timestamptz"
            case .doubleRange: cast = "double precision"
            default: cast = "numeric"
            }
            return "\(expression) @> CAST(\(try literal(Self.spelled(value))) AS \(cast))"
        case (.equals(let value), false):
            return "\(expression) = \(try literal(Self.spelled(value)))"
        }
    }

    private func native(_ column: String, _ name: String, _ term: SearchTerm, _ product: Product) throws -> String {
        switch term {
        case .equals(let value) where name == "product":
            return "\(try literal(product.name)) = \(try literal(Self.spelled(value)))"
        case .equals(let value) where name == "metadata_type":
            return "\(try literal(product.metadataType)) = \(try literal(Self.spelled(value)))"
        case .equals(let value): return "\(column) = \(try literal(Self.spelled(value)))"
        case .during(let time) where name == "indexed_time":
            return
                "\(column) BETWEEN \(try literal(Timestamp.iso(time.begin))) AND \(try literal(Timestamp.iso(time.end)))"
        case .during, .between:
            throw IndexError(.invalidQuery, name, "this field can only be compared for equality")
        }
    }

    private func literal(_ text: String) throws -> String { try session.quotedLiteral(text) }

    private static func spelled(_ value: DocumentValue) -> String { value.string ?? JSONText.write(value) }

    private func select(_ conditions: [String], limit: Int?) throws -> [Dataset] {
        let sql = try SQLFiles.query("select_datasets") + "WHERE \(conditions.joined(separator: " AND "))\n"
        return try session.query(sql + (limit.map { "ORDER BY d.id LIMIT \($0)" } ?? "")).map(Self.dataset)
    }

    static func dataset(_ row: Row) throws -> Dataset {
        guard let id = row["id"].flatMap({ UUID(uuidString: $0) }) else {
            throw IndexError(.unknownDataset, row["id"] ?? "", "the database holds an id that is no UUID")
        }
        return Dataset(
            id: id,
            productName: row["product"] ?? "",
            document: try DefinitionStore.document(row["metadata"], row["id"]),
            locations: SQLArray.values(row["uris"] ?? "{}").compactMap { $0 },
            archivedTime: row["archived"].flatMap(Timestamp.parse),
            indexedTime: row["added"].flatMap(Timestamp.parse),
            indexedBy: row["added_by"]
        )
    }
}
