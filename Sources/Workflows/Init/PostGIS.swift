import Postgres

/// The extension by which the database knows geometries.
enum PostGIS {
    /// Creates the extension where it is missing.
    ///
    /// - Throws: `PostgresError` with the command that a superuser must run, or the package to install.
    static func ensure(_ session: Session) throws {
        guard try session.query("SELECT 1 FROM pg_extension WHERE extname = 'postgis'").isEmpty else { return }
        do {
            try session.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        } catch let error as PostgresError where error.code == .statementFailed {
            let database = session.settings.database ?? "datacube"
            let version = session.serverVersion / 10_000
            throw PostgresError(
                .migrationFailed,
                session.settings.description,
                ["PostGIS cannot be created"] + error.messages,
                sqlState: error.sqlState,
                hint: error.sqlState == "42501"
                    ? "A superuser must run: psql -d \(database) -c 'CREATE EXTENSION postgis'"
                    : "Install PostGIS on the database server (Debian: postgresql-\(version)-postgis-3)."
            )
        }
    }
}
