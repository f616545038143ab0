public import Logging

/// A connection that concurrent code may share: calls are served one after another, on a thread of its own.
public actor Connection {
    private let executor: QueueExecutor
    private let session: Session
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    public nonisolated let settings: ConnectionSettings

    private init(_ session: sending Session, _ executor: QueueExecutor) {
        (self.session, self.executor, settings) = (session, executor, session.settings)
    }

    /// Connects.
    ///
    /// - Throws: `PostgresError` that says what to do about a wrong password, a missing database or a server that is down.
    public static func open(
        _ settings: ConnectionSettings,
        logger: Logger = Logger(label: "postgres")
    ) async throws -> Connection {
        let opener = Opener(QueueExecutor(label: "antares.postgres"))
        return try await opener.open(settings, logger)
    }

    /// Connects on the thread that will own the connection, so that waiting for the server holds no other.
    private actor Opener {
        let executor: QueueExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        init(_ executor: QueueExecutor) { self.executor = executor }

        func open(_ settings: ConnectionSettings, _ logger: Logger) throws -> Connection {
            Connection(try Session(settings, logger: logger), executor)
        }
    }

    /// Runs `body` with the connection; nothing else uses it meanwhile, as `body` cannot wait for other tasks.
    public func perform<T: Sendable>(_ body: @Sendable (Session) throws -> T) throws -> T {
        try body(session)
    }

    /// Runs `body` within a transaction, which is rolled back when it throws.
    public func transaction<T: Sendable>(
        isolation: Session.Isolation = .readCommitted,
        _ body: @Sendable (Session) throws -> T
    ) throws -> T {
        try session.transaction(isolation: isolation) { try body(session) }
    }

    /// Runs one statement and returns its rows.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) throws -> [Row] {
        try session.query(sql, parameters)
    }

    /// True while statements can be run: the server has not hung up, and no transaction is left open.
    public var isUsable: Bool { session.isUsable }

    /// Ends the connection; later calls fail.
    public func close() { session.close() }
}
