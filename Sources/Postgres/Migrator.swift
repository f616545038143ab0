import Foundation

/// Brings a database to the newest version, once, however many programs ask at the same time.
///
/// What has been applied is recorded with its checksum in `antares.migrations`. Each migration runs in a transaction
/// of its own together with its record.
public struct Migrator: Sendable {
    /// What the migrations build, usually the name of a schema; versions count within it.
    public let component: String
    public let migrations: [Migration]
    /// Statements run at the start of each migration's transaction, as `SET LOCAL ROLE …`.
    public let preamble: String

    public init(component: String, migrations: [Migration], preamble: String = "") {
        (self.component, self.migrations, self.preamble) = (component, migrations, preamble)
    }

    /// The key of the advisory lock under which databases are changed: "antares" in ASCII.
    private static let lockKey = "27424518871082355"

    /// Runs `body` while no other program upgrades this database.
    public static func withLock<T>(_ session: Session, _ body: () throws -> T) throws -> T {
        // Asking again and again, as a session that waits within a statement would hold up CREATE INDEX CONCURRENTLY.
        while try session.query("SELECT pg_try_advisory_lock(\(lockKey)) AS locked").first?.bool("locked") != true {
            Thread.sleep(forTimeInterval: 0.05)
        }
        defer { _ = try? session.query("SELECT pg_advisory_unlock(\(lockKey))") }
        return try body()
    }

    /// Applies what is missing and returns the versions applied; call it within `withLock`.
    ///
    /// - Throws: `PostgresError` when a migration fails, or when one that has been applied reads differently now.
    @discardableResult
    public func migrate(_ session: Session) throws -> [Int] {
        try Self.makeRecords(session)
        try checkApplied(session)
        let current = try currentVersion(session)
        return try migrations.filter { $0.version > current }.map { migration in
            try apply(migration, session)
            return migration.version
        }
    }

    /// The newest version that has been applied, 0 for none.
    public func currentVersion(_ session: Session) throws -> Int {
        let sql = "SELECT coalesce(max(version), 0) AS version FROM antares.migrations WHERE component = $1"
        return try session.query(sql, [component]).first?.int("version") ?? 0
    }

    /// Records migrations up to `version` as applied, for a schema that another program made.
    public func adopt(version: Int, _ session: Session) throws {
        try Self.makeRecords(session)
        for migration in migrations where migration.version <= version { try record(migration, session) }
    }

    /// Forgets all records of the component, as when its schema has been dropped.
    public func forget(_ session: Session) throws {
        try Self.makeRecords(session)
        try session.query("DELETE FROM antares.migrations WHERE component = $1", [component])
    }

    private func apply(_ migration: Migration, _ session: Session) throws {
        do {
            try session.transaction {
                if !preamble.isEmpty { try session.execute(preamble) }
                try session.execute(migration.sql)
                if !preamble.isEmpty { try session.execute("RESET ROLE") }
                try record(migration, session)
            }
        } catch let error as PostgresError where error.code == .statementFailed {
            throw PostgresError(
                .migrationFailed,
                "\(component) V\(migration.version) \(migration.name)",
                error.messages,
                sqlState: error.sqlState,
                hint: error.hint
            )
        }
    }

    private func record(_ migration: Migration, _ session: Session) throws {
        try session.query(
            "INSERT INTO antares.migrations (component, version, name, checksum) VALUES ($1, $2, $3, $4)",
            [component, String(migration.version), migration.name, migration.checksum]
        )
    }

    private func checkApplied(_ session: Session) throws {
        let sql = "SELECT version, checksum FROM antares.migrations WHERE component = $1 ORDER BY version"
        for row in try session.query(sql, [component]) {
            guard let version = row.int("version") else { continue }
            guard let migration = migrations.first(where: { $0.version == version }) else {
                throw PostgresError(
                    .migrationFailed,
                    component,
                    ["the database has version \(version), this program knows up to \(migrations.count)"],
                    hint: "Use a newer version of the program."
                )
            }
            guard row["checksum"] == migration.checksum else {
                throw PostgresError(
                    .migrationFailed,
                    "\(component) V\(version) \(migration.name)",
                    ["its text is not the one that was applied to this database"],
                    hint: "Restore the file in sql/migrations; a change needs a new migration."
                )
            }
        }
    }

    /// Makes the table of records, the only part that has no version.
    private static func makeRecords(_ session: Session) throws {
        guard try session.query("SELECT to_regclass('antares.migrations') AS found").first?["found"] == nil else {
            return
        }
        try session.execute(
            """
            CREATE SCHEMA IF NOT EXISTS antares;
            CREATE TABLE IF NOT EXISTS antares.migrations (
                component text NOT NULL,
                version integer NOT NULL,
                name text NOT NULL,
                checksum text NOT NULL,
                applied timestamptz NOT NULL DEFAULT now(),
                applied_by name NOT NULL DEFAULT current_user,
                PRIMARY KEY (component, version)
            );
            GRANT USAGE ON SCHEMA antares TO PUBLIC;
            GRANT SELECT ON antares.migrations TO PUBLIC;
            """
        )
    }
}
