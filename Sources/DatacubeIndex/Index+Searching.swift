public import Foundation
import Postgres

extension Index {
    /// Datasets that match a query, by time and id.
    ///
    /// - Throws: `IndexError` with the nearest name for a product or field that does not exist.
    public func datasets(matching query: DatasetQuery) async throws -> [Dataset] {
        try await connection.perform { try DatasetSearch(session: $0).datasets(matching: query) }
    }

    /// The dataset of an id, nil where there is none.
    public func dataset(_ id: UUID) async throws -> Dataset? {
        try await connection.perform { try DatasetSearch(session: $0).datasets(ids: [id]).first }
    }

    /// The datasets of some ids, in their order; ids that are not in the index are left out.
    public func datasets(ids: [UUID]) async throws -> [Dataset] {
        let found = try await connection.perform { try DatasetSearch(session: $0).datasets(ids: ids) }
        let byID = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return ids.compactMap { byID[$0] }
    }

    /// The direct sources of a dataset by their classifiers.
    public func sources(of id: UUID) async throws -> [(classifier: String, dataset: Dataset)] {
        try await connection.perform { session in
            let sql =
                "SELECT classifier, source_dataset_ref AS id FROM agdc.dataset_source WHERE dataset_ref = $1 ORDER BY 1"
            let edges = try session.query(sql, [id.lowercased])
            let ids = edges.compactMap { $0["id"].flatMap { UUID(uuidString: $0) } }
            let found = try DatasetSearch(session: session).datasets(ids: ids)
            return edges.compactMap { edge in
                found.first { $0.idText == edge["id"] }.map { (edge["classifier"] ?? "", $0) }
            }
        }
    }

    /// The datasets directly derived from one.
    public func derived(from id: UUID) async throws -> [Dataset] {
        try await connection.perform { session in
            let sql = "SELECT dataset_ref AS id FROM agdc.dataset_source WHERE source_dataset_ref = $1"
            let ids = try session.query(sql, [id.lowercased]).compactMap { $0["id"].flatMap { UUID(uuidString: $0) } }
            return try DatasetSearch(session: session).datasets(ids: ids).sorted { $0.idText < $1.idText }
        }
    }

    /// Datasets with a location that equals a URI, or begins with it.
    public func datasets(at uri: String, isPrefix: Bool = false) async throws -> [Dataset] {
        try await connection.perform { session in
            let location = Location(uri)
            let comparison = isPrefix ? "starts_with(uri_body, $2)" : "uri_body = $2"
            let sql =
                "SELECT DISTINCT dataset_ref AS id FROM agdc.dataset_location WHERE uri_scheme = $1 AND \(comparison)"
            let rows = try session.query(sql, [location.scheme, location.body])
            let ids = rows.compactMap { $0["id"].flatMap { UUID(uuidString: $0) } }
            return try DatasetSearch(session: session).datasets(ids: ids).sorted { $0.idText < $1.idText }
        }
    }
}
