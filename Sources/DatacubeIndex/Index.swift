public import Logging
public import Postgres

/// The Open Data Cube's index in a PostgreSQL database (schema `agdc`).
///
/// Python's datacube 1.8 and 1.9 work on the same tables. Calls share a few connections, and make new ones where the
/// server has ended them.
public final class Index: DatasetIndex {
    let connection: ConnectionPool
    let log: Logger

    init(_ connection: ConnectionPool, _ log: Logger) { (self.connection, self.log) = (connection, log) }

    /// Connects to the database; whether it holds an index is asked by `isInitialised` and `check`.
    ///
    /// - Throws: `PostgresError` that says what to do about a wrong password, a missing database or a server that is down.
    public static func open(
        _ settings: ConnectionSettings,
        connections: Int = 4,
        logger: Logger = Logger(label: "index")
    ) async throws -> Index {
        Index(try await ConnectionPool(settings, limit: connections, logger: logger), logger)
    }

    /// Connects to a database that holds an index.
    ///
    /// - Throws: `IndexError` that names the command to run where it holds none.
    public static func openInitialised(
        _ settings: ConnectionSettings,
        logger: Logger = Logger(label: "index")
    ) async throws -> Index {
        let index = try await open(settings, logger: logger)
        try await index.check()
        return index
    }

    public var settings: ConnectionSettings { connection.settings }

    /// True where the database has the schema `agdc`.
    public func isInitialised() async throws -> Bool {
        try await connection.perform { try IndexSchema.exists($0) }
    }

    /// - Throws: `IndexError` that names the command to run where the database holds no index.
    public func check() async throws {
        guard try await isInitialised() else {
            throw IndexError(
                .notInitialised,
                connection.settings.description,
                "No DB schema exists",
                hint: "Have you run init? Run: datacube system init"
            )
        }
    }

    /// The roles of the account in use: user, ingest, manage, admin.
    public func roles() async throws -> [String] {
        try await connection.query(
            """
            SELECT r.rolname AS role FROM pg_auth_members AS m
            JOIN pg_roles AS r ON r.oid = m.roleid JOIN pg_roles AS u ON u.oid = m.member
            WHERE u.rolname = current_user AND r.rolname LIKE 'agdc\\_%' ORDER BY r.rolname
            """
        ).compactMap { $0["role"].map { String($0.dropFirst(5)) } }
    }

    /// Ends the connections.
    public func close() async { await connection.close() }
}
