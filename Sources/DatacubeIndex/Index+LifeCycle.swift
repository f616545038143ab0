public import Foundation
import Postgres

extension Index {
    /// Archives datasets, so that searches leave them out; those archived before keep their time.
    ///
    /// - Returns: How many became archived.
    @discardableResult
    public func archive(_ ids: [UUID]) async throws -> Int {
        try await connection.perform { session in
            try session.change(
                "UPDATE agdc.dataset SET archived = now() WHERE id = ANY ($1::uuid[]) AND archived IS NULL",
                [SQLArray.text(ids.map(\.lowercased))]
            )
        }
    }

    /// Makes archived datasets active again.
    ///
    /// - Returns: How many became active.
    @discardableResult
    public func restore(_ ids: [UUID]) async throws -> Int {
        try await connection.perform { session in
            try session.change(
                "UPDATE agdc.dataset SET archived = NULL WHERE id = ANY ($1::uuid[]) AND archived IS NOT NULL",
                [SQLArray.text(ids.map(\.lowercased))]
            )
        }
    }

    /// The ids of all datasets that are archived, or of all that are not.
    public func datasetIDs(archived: Bool) async throws -> [UUID] {
        let condition = archived ? "IS NOT NULL" : "IS NULL"
        return try await connection.query("SELECT id FROM agdc.dataset WHERE archived \(condition) ORDER BY id")
            .compactMap { $0["id"].flatMap { UUID(uuidString: $0) } }
    }

    /// A dataset and all that derive from it, directly or not.
    public func derivedClosure(of id: UUID) async throws -> [Dataset] {
        let sql = """
            WITH RECURSIVE line (id) AS (
                SELECT $1::uuid
                UNION
                SELECT s.dataset_ref FROM agdc.dataset_source AS s JOIN line ON s.source_dataset_ref = line.id
            )
            SELECT id FROM line
            """
        let ids = try await connection.query(sql, [id.lowercased]).compactMap {
            $0["id"].flatMap { UUID(uuidString: $0) }
        }
        return try await datasets(ids: ids)
    }

    /// Adds a location to a dataset and makes it the preferred one.
    public func addLocation(_ uri: String, to id: UUID) async throws {
        let location = Location(uri)
        try await connection.query(
            """
            INSERT INTO agdc.dataset_location (dataset_ref, uri_scheme, uri_body) VALUES ($1, $2, $3)
            ON CONFLICT (uri_scheme, uri_body, dataset_ref) DO UPDATE SET archived = NULL
            """,
            [id.lowercased, location.scheme, location.body]
        )
    }

    /// Archives datasets whose location is `uri`, as before a file is written anew under another id.
    ///
    /// - Returns: How many became archived.
    @discardableResult
    public func archiveDatasets(at uri: String) async throws -> Int {
        try await archive(try await datasets(at: uri).filter { !$0.isArchived }.map(\.id))
    }
}
