import CPQ
import Glibc
public import Logging

/// An open connection, used by one thread at a time; `Connection` is the same for concurrent code.
///
/// Statements with parameters take `$1`, `$2` …; values travel beside the text and are never pasted into it.
public final class Session {
    private var handle: OpaquePointer?
    private let notices: NoticeLog
    public let settings: ConnectionSettings

    /// Connects; blocks until the server answers or the time-out of the settings is over.
    ///
    /// - Throws: `PostgresError` that says what to do about a wrong password, a missing database or a server that is down.
    public init(_ settings: ConnectionSettings, logger: Logger = Logger(label: "postgres")) throws {
        (self.settings, notices) = (settings, NoticeLog(logger))
        let pairs = settings.keywords
        let handle = withCStrings(pairs.map(\.0)) { keys in
            withCStrings(pairs.map { $0.1 }) { values in PQconnectdbParams(keys, values, 0) }
        }
        guard let handle else {
            throw PostgresError(.connectionFailed, settings.description, ["out of memory"])
        }
        guard PQstatus(handle) == CONNECTION_OK else {
            let message = String(cString: PQerrorMessage(handle))
            PQfinish(handle)
            throw PostgresError.connecting(to: settings, message)
        }
        self.handle = handle
        PQsetNoticeProcessor(handle, logNotice, Unmanaged.passUnretained(notices).toOpaque())
        // Compiling a statement takes longer than running most of ours.
        try execute(
            "SET TIME ZONE 'UTC'; SET datestyle TO ISO; SET standard_conforming_strings TO on; SET jit TO off"
        )
    }

    deinit { close() }

    /// Ends the connection; later statements fail.
    public func close() {
        guard let handle else { return }
        self.handle = nil
        PQfinish(handle)
    }

    /// Runs one statement and returns its rows.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) throws -> [Row] {
        try read(try run(sql, parameters))
    }

    /// Runs one statement and returns how many rows it changed.
    @discardableResult
    public func change(_ sql: String, _ parameters: [String?] = []) throws -> Int {
        let result = try run(sql, parameters)
        defer { PQclear(result) }
        return Int(String(cString: PQcmdTuples(result))) ?? 0
    }

    /// Runs a script of several statements without parameters; one that holds a secret is not logged.
    public func execute(_ script: String, isSecret: Bool = false) throws {
        let handle = try open()
        statementLog.debug("\(isSecret ? "(a statement with a password)" : script)")
        let result = try answer(PQsendQuery(handle, script))
        PQclear(try check(result, isSecret ? "a statement with a password" : script))
    }

    /// Sends rows in the text format of COPY, part by part, until `next` gives none.
    ///
    /// - Returns: How many rows went in; none where it throws.
    public func copy(_ sql: String, _ next: () throws -> [UInt8]?) throws -> Int {
        let handle = try open()
        statementLog.debug("\(sql)")
        let begun = try answer(PQsendQuery(handle, sql))
        let status = PQresultStatus(begun)
        guard status == PGRES_COPY_IN else {
            defer { PQclear(begun) }
            throw failure(handle, sql, begun)
        }
        PQclear(begun)
        var stop: (any Error)?
        do {
            while let part = try next() {
                if part.isEmpty { continue }
                let sent = part.withUnsafeBytes { bytes in
                    PQputCopyData(
                        handle,
                        bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                        Int32(bytes.count)
                    )
                }
                guard sent == 1 else { throw failure(handle, sql) }
            }
        } catch {
            stop = error
        }
        PQputCopyEnd(handle, stop == nil ? nil : "given up")
        var rows = 0
        let deadline = settings.answerTimeout.map { ContinuousClock.now + $0 }
        while let result = try nextResult(by: deadline) {
            defer { PQclear(result) }
            if PQresultStatus(result) == PGRES_COMMAND_OK {
                rows = Int(String(cString: PQcmdTuples(result))) ?? 0
            } else if stop == nil {
                stop = failure(handle, sql, result)
            }
        }
        if let stop { throw stop }
        return rows
    }

    /// Runs `body` within a transaction, which is rolled back when it throws.
    public func transaction<T>(isolation: Isolation = .readCommitted, _ body: () throws -> T) throws -> T {
        try execute("BEGIN ISOLATION LEVEL \(isolation.rawValue)")
        do {
            let value = try body()
            try execute("COMMIT")
            return value
        } catch {
            // The first error is the one to report; a lost connection has rolled back already.
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// How much of others' work a transaction sees.
    public enum Isolation: String, Sendable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
    }

    /// A name quoted so that it can stand in a statement.
    public func quotedIdentifier(_ name: String) throws -> String {
        let handle = try open()
        guard let text = PQescapeIdentifier(handle, name, name.utf8.count) else { throw failure(handle, name) }
        defer { PQfreemem(text) }
        return String(cString: text)
    }

    /// A password as the server stores it, so that the password itself never leaves this program.
    public func encrypted(password: String, user: String) throws -> String {
        let handle = try open()
        guard let text = PQencryptPasswordConn(handle, password, user, nil) else { throw failure(handle, "a password") }
        defer { PQfreemem(text) }
        return String(cString: text)
    }

    /// A text quoted as a literal, for statements that take no parameters (as CREATE VIEW).
    public func quotedLiteral(_ value: String) throws -> String {
        let handle = try open()
        guard let text = PQescapeLiteral(handle, value, value.utf8.count) else { throw failure(handle, value) }
        defer { PQfreemem(text) }
        return String(cString: text)
    }

    /// True while statements can be run: the server has not hung up, and no transaction is left open.
    public var isUsable: Bool {
        guard let handle else { return false }
        // The first reads the server's last words, the second finds that it has gone.
        return PQconsumeInput(handle) == 1 && PQconsumeInput(handle) == 1 && PQstatus(handle) == CONNECTION_OK
            && PQtransactionStatus(handle) == PQTRANS_IDLE
    }

    /// The server's version, as 150020 for 15.20.
    public var serverVersion: Int { handle.map { Int(PQserverVersion($0)) } ?? 0 }

    private func open() throws -> OpaquePointer {
        guard let handle else {
            throw PostgresError(.connectionFailed, settings.description, ["the connection is closed"])
        }
        return handle
    }

    private func run(_ sql: String, _ parameters: [String?]) throws -> OpaquePointer {
        let handle = try open()
        if let text = parameters.first(where: { $0?.utf8.contains(0) ?? false }), let text {
            throw PostgresError(
                .statementFailed,
                String(text.prefix(60)),
                ["the text holds a NUL character, which PostgreSQL cannot store"],
                sqlState: "22021"
            )
        }
        statementLog.debug("\(sql)")
        let sent = withCStrings(parameters) { values in
            PQsendQueryParams(handle, sql, Int32(parameters.count), nil, values, nil, nil, 0)
        }
        return try check(try answer(sent), sql)
    }

    /// The last result of what was sent, as libpq's `PQexec` gives it; nil where nothing was sent or the connection is lost.
    private func answer(_ sent: Int32) throws -> OpaquePointer? {
        guard sent == 1 else { return nil }
        let deadline = settings.answerTimeout.map { ContinuousClock.now + $0 }
        var last: OpaquePointer?
        while let result = try nextResult(by: deadline) {
            PQclear(last)
            last = result
            // A COPY goes on with the connection in hand.
            if [PGRES_COPY_IN, PGRES_COPY_OUT].contains(PQresultStatus(result)) { break }
        }
        return last
    }

    /// One of the results of what was sent, nil after the last.
    ///
    /// - Throws: `PostgresError` where the server is silent beyond its own limit; the connection is closed then.
    private func nextResult(by deadline: ContinuousClock.Instant?) throws -> OpaquePointer? {
        let handle = try open()
        if let deadline, !isAnswered(handle, by: deadline) {
            close()
            throw PostgresError.silent(settings)
        }
        return PQgetResult(handle)
    }

    /// Waits until a result can be taken without waiting; false where the time is over.
    private func isAnswered(_ handle: OpaquePointer, by deadline: ContinuousClock.Instant) -> Bool {
        while PQisBusy(handle) == 1 {
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { return false }
            var socket = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
            _ = poll(&socket, 1, Int32(min(left + 1, 60_000)))
            // A lost connection is told by the result.
            guard PQconsumeInput(handle) == 1 else { return true }
        }
        return true
    }

    private func check(_ result: OpaquePointer?, _ sql: String) throws -> OpaquePointer {
        guard let handle, let result else { throw failure(handle, sql) }
        switch PQresultStatus(result) {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            return result
        default:
            defer { PQclear(result) }
            throw failure(handle, sql, result)
        }
    }

    private func read(_ result: OpaquePointer) throws -> [Row] {
        defer { PQclear(result) }
        let width = PQnfields(result)
        let columns = Row.Columns((0..<width).map { String(cString: PQfname(result, $0)) })
        return (0..<PQntuples(result)).map { row in
            let values = (0..<width).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
            return Row(columns: columns, values: values)
        }
    }

    private func failure(_ handle: OpaquePointer?, _ sql: String, _ result: OpaquePointer? = nil) -> PostgresError {
        func field(_ code: Int32) -> String? {
            guard let result, let text = PQresultErrorField(result, code) else { return nil }
            return PostgresError.clean(String(cString: text))
        }
        if handle.map({ PQstatus($0) }) != CONNECTION_OK {
            let text = handle.map { String(cString: PQerrorMessage($0)) } ?? "the connection is closed"
            return PostgresError(
                .connectionFailed,
                settings.description,
                ["the connection was lost", PostgresError.clean(text)],
                sqlState: field(antares_pg_diag_sqlstate),
                hint: "Run the command again once the server is up; what was not committed is undone."
            )
        }
        let primary =
            field(antares_pg_diag_primary) ?? handle.map { PostgresError.clean(String(cString: PQerrorMessage($0))) }
        let sqlState = field(antares_pg_diag_sqlstate)
        if let missing = PostgresError.missingTable(sqlState, primary, in: settings) { return missing }
        let subject = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(120)
        return PostgresError(
            .statementFailed,
            String(subject),
            [primary, field(antares_pg_diag_detail)].compactMap { $0 },
            sqlState: sqlState,
            hint: field(antares_pg_diag_hint) ?? Self.hint(sqlState, settings)
        )
    }

    private static func hint(_ sqlState: String?, _ settings: ConnectionSettings) -> String? {
        switch sqlState {
        case "42501": "The account \(settings.user ?? "in use") lacks the right: ask the owner of the database."
        case "57014" where settings.answerTimeout != nil:
            "Raise statement_timeout in the database's URL, or db_query_timeout, or take it out."
        case "53100": "The disk of the database server is full: free some space."
        default: nil
        }
    }
}

/// Every statement, without its values; shown by `--log-queries`.
private let statementLog = Logger(label: "antares.statements")

/// Where notices of one connection go.
private final class NoticeLog {
    let logger: Logger
    init(_ logger: Logger) { self.logger = logger }
}

private func logNotice(_ context: UnsafeMutableRawPointer?, _ message: UnsafePointer<CChar>?) {
    guard let context, let message else { return }
    let log = Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue().logger
    let text = PostgresError.clean(String(cString: message))
    log.log(level: text.hasPrefix("WARNING") ? .warning : .debug, "\(text)")
}
