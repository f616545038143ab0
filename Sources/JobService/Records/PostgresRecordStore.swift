public import Postgres

/// Records in the schema `uws` of antares' own database, beside the jobs.
public struct PostgresRecordStore: RecordStore {
    private let pool: ConnectionPool

    /// - `pool`: To a database whose migrations of the component `uws` have been applied.
    public init(_ pool: ConnectionPool) { self.pool = pool }

    public func insert(_ record: StoredRecord) async throws -> Bool {
        let sql = """
            INSERT INTO uws.record (kind, id, key, revision, document) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING RETURNING id
            """
        let values = [record.kind, record.id, record.key, "\(record.revision)", record.document]
        return try await !pool.query(sql, values).isEmpty
    }

    public func update(_ record: StoredRecord) async throws -> Bool {
        let sql = """
            UPDATE uws.record SET key = $1, revision = $2, document = $3
            WHERE kind = $4 AND id = $5 AND revision = $6 RETURNING id
            """
        let values = [
            record.key, "\(record.revision)", record.document, record.kind, record.id, "\(record.revision - 1)",
        ]
        return try await !pool.query(sql, values).isEmpty
    }

    public func delete(kind: String, id: String) async throws -> Bool {
        try await !pool.query("DELETE FROM uws.record WHERE kind = $1 AND id = $2 RETURNING id", [kind, id]).isEmpty
    }

    public func document(kind: String, id: String) async throws -> String? {
        let sql = "SELECT document FROM uws.record WHERE kind = $1 AND id = $2"
        return try await pool.query(sql, [kind, id]).first?["document"]
    }

    public func documents(kind: String, key: String?) async throws -> [String] {
        let condition = key == nil ? "" : " AND key = $2"
        let sql = "SELECT document FROM uws.record WHERE kind = $1\(condition) ORDER BY id COLLATE \"C\""
        return try await pool.query(sql, [kind] + (key.map { [$0] } ?? [])).compactMap { $0["document"] }
    }
}
