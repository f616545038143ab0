public import Foundation
import GRDB

/// Records in a file of their own, where no database is configured.
public struct SQLiteRecordStore: RecordStore {
    private let database: DatabasePool

    /// Opens the file, made with its folder where it is missing; nobody but its owner can read it.
    ///
    /// - Throws: `DatabaseError` of SQLite for a file that is none of its own; `CocoaError` for the folder.
    public init(opening file: URL) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        close(open(file.path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600))
        var configuration = Configuration()
        configuration.busyMode = .timeout(60)
        database = try DatabasePool(path: file.path, configuration: configuration)
        var migrator = DatabaseMigrator()
        migrator.registerMigration("V1 create records") { database in
            try database.execute(
                sql: """
                    CREATE TABLE record (
                        kind TEXT NOT NULL,
                        id TEXT NOT NULL,
                        key TEXT,
                        revision INTEGER NOT NULL,
                        document TEXT NOT NULL,
                        PRIMARY KEY (kind, id)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX record_key ON record (kind, key);
                    """
            )
        }
        try migrator.migrate(database)
    }

    public func insert(_ record: StoredRecord) async throws -> Bool {
        try await changes(
            "INSERT INTO record (kind, id, key, revision, document) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [record.kind, record.id, record.key, record.revision, record.document]
        )
    }

    public func update(_ record: StoredRecord) async throws -> Bool {
        try await changes(
            "UPDATE record SET key = ?, revision = ?, document = ? WHERE kind = ? AND id = ? AND revision = ?",
            [record.key, record.revision, record.document, record.kind, record.id, record.revision - 1]
        )
    }

    public func delete(kind: String, id: String) async throws -> Bool {
        try await changes("DELETE FROM record WHERE kind = ? AND id = ?", [kind, id])
    }

    public func document(kind: String, id: String) async throws -> String? {
        try await database.read { database in
            let sql = "SELECT document FROM record WHERE kind = ? AND id = ?"
            return try String.fetchOne(database, sql: sql, arguments: [kind, id])
        }
    }

    public func documents(kind: String, key: String?) async throws -> [String] {
        try await database.read { database in
            let sql = "SELECT document FROM record WHERE kind = ?1 AND (?2 IS NULL OR key = ?2) ORDER BY id"
            return try String.fetchAll(database, sql: sql, arguments: [kind, key])
        }
    }

    /// True where a statement changed a row.
    private func changes(_ sql: String, _ arguments: StatementArguments) async throws -> Bool {
        try await database.write { database in
            try database.execute(sql: sql, arguments: arguments)
            return database.changesCount > 0
        }
    }
}
