public import Logging

/// Connections to one database that concurrent code shares: lent one at a time, in the order of asking.
///
/// A connection that comes back broken, or that the server has closed meanwhile, is replaced by a new one, so that a
/// restart of the server costs the calls under way and no other.
public actor ConnectionPool {
    public nonisolated let settings: ConnectionSettings
    /// The most connections that are open at a time.
    public nonisolated let limit: Int
    /// How long a call waits for one of them; nil for as long as it takes.
    public nonisolated let waitTimeout: Duration?
    private let logger: Logger
    private var idle: [Connection] = []
    private var count = 0
    private var waiting: [(number: Int, continuation: CheckedContinuation<Connection?, any Error>)] = []
    private var asked = 0

    /// Connects once, so that wrong settings are reported at once.
    ///
    /// - Throws: `PostgresError` that says what to do about a wrong password, a missing database or a server that is down.
    public init(
        _ settings: ConnectionSettings,
        limit: Int = 4,
        waitTimeout: Duration? = nil,
        logger: Logger = Logger(label: "postgres")
    ) async throws {
        (self.settings, self.limit, self.waitTimeout) = (settings, max(1, limit), waitTimeout)
        self.logger = logger
        idle = [try await Connection.open(settings, logger: logger)]
        count = 1
    }

    /// How many connections are open.
    public var openConnections: Int { count }

    /// Runs `body` with a connection; nothing else uses that one meanwhile.
    ///
    /// - Throws: What `body` throws; `PostgresError` where no connection can be made, or none came free in time.
    public nonisolated func perform<T: Sendable>(_ body: @Sendable (Session) throws -> T) async throws -> T {
        let connection = try await take()
        do {
            let value = try await connection.perform(body)
            await give(connection)
            return value
        } catch {
            await give(connection)
            throw error
        }
    }

    /// Runs `body` within a transaction, which is rolled back when it throws.
    public nonisolated func transaction<T: Sendable>(
        isolation: Session.Isolation = .readCommitted,
        _ body: @Sendable (Session) throws -> T
    ) async throws -> T {
        try await perform { session in try session.transaction(isolation: isolation) { try body(session) } }
    }

    /// Runs one statement and returns its rows.
    @discardableResult
    public nonisolated func query(_ sql: String, _ parameters: [String?] = []) async throws -> [Row] {
        try await perform { try $0.query(sql, parameters) }
    }

    /// Ends the connections that are not lent.
    public func close() async {
        let ending = idle
        idle = []
        count -= ending.count
        for connection in ending { await connection.close() }
    }

    private func take() async throws -> Connection {
        while true {
            try Task.checkCancellation()
            while let connection = idle.popLast() {
                if await connection.isUsable { return connection }
                count -= 1
                await connection.close()
            }
            if count < limit {
                count += 1
                do {
                    return try await Connection.open(settings, logger: logger)
                } catch {
                    count -= 1
                    wakeNext(with: nil)
                    throw error
                }
            }
            // Nil means that there is room for a new one.
            if let connection = try await wait() { return connection }
        }
    }

    private func wait() async throws -> Connection? {
        asked += 1
        let number = asked
        let alarm = waitTimeout.map { timeout in
            Task {
                try await Task.sleep(for: timeout)
                self.giveUp(number, with: PostgresError.busy(settings, connections: limit, after: timeout))
            }
        }
        defer { alarm?.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                waiting.append((number, continuation))
            }
        } onCancel: {
            Task { await self.giveUp(number, with: CancellationError()) }
        }
    }

    private func giveUp(_ number: Int, with error: any Error) {
        guard let place = waiting.firstIndex(where: { $0.number == number }) else { return }
        waiting.remove(at: place).continuation.resume(throwing: error)
    }

    private func give(_ connection: Connection) async {
        guard await connection.isUsable else {
            count -= 1
            await connection.close()
            return wakeNext(with: nil)
        }
        if waiting.isEmpty { idle.append(connection) } else { wakeNext(with: connection) }
    }

    private func wakeNext(with connection: Connection?) {
        guard !waiting.isEmpty else { return }
        waiting.removeFirst().continuation.resume(returning: connection)
    }
}
