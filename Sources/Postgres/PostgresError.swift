/// A failure in talking to PostgreSQL, or in running the private server.
public struct PostgresError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case invalidSettings = "cannot use database settings"
        case connectionFailed = "cannot connect to database"
        /// All connections of a pool stayed lent for longer than a call was to wait.
        case poolBusy = "cannot get a connection to database"
        case statementFailed = "cannot run statement"
        case migrationFailed = "cannot upgrade database"
        /// Tables of antares itself, in the schemas `antares` and `uws`.
        case tablesMissing = "antares' own tables are missing in database"
        case serverFailed = "cannot run the private PostgreSQL in"
    }

    public let code: Code
    /// What it was about: a database (password hidden), a statement's beginning, a migration, a folder.
    public let subject: String
    public let messages: [String]
    /// The five characters by which PostgreSQL names the error, as `42501`.
    public let sqlState: String?
    public let hint: String?

    public init(
        _ code: Code,
        _ subject: String,
        _ messages: [String] = [],
        sqlState: String? = nil,
        hint: String? = nil
    ) {
        (self.code, self.subject, self.messages) = (code, subject, messages)
        (self.sqlState, self.hint) = (sqlState, hint)
    }

    /// True where the database could not be reached or was lost, as opposed to refusing what was asked.
    public var isUnreachable: Bool {
        switch code {
        case .connectionFailed, .poolBusy, .serverFailed: true
        case .invalidSettings, .migrationFailed, .statementFailed, .tablesMissing: sqlState?.hasPrefix("08") ?? false
        }
    }

    public var description: String {
        let reason = messages.isEmpty ? "" : ": " + messages.joined(separator: "; ")
        return "\(code.rawValue) '\(subject)'\(reason)." + (hint.map { " " + $0 } ?? "")
    }

    /// A failed connection, with what to do about it.
    static func connecting(to settings: ConnectionSettings, _ message: String) -> PostgresError {
        let text = clean(message)
        return PostgresError(
            .connectionFailed,
            settings.description,
            [text],
            hint: connectHint(text, settings)
        )
    }

    /// No connection of a pool came free in time.
    static func busy(_ settings: ConnectionSettings, connections: Int, after time: Duration) -> PostgresError {
        PostgresError(
            .poolBusy,
            settings.description,
            ["all \(connections) stayed in use for \(time)"],
            hint: "Try again, or allow more connections."
        )
    }

    /// The server took a statement and did not answer any more, not even by its own limit.
    static func silent(_ settings: ConnectionSettings) -> PostgresError {
        PostgresError(
            .connectionFailed,
            settings.description,
            ["the server has not answered for \(settings.answerTimeout.map { "\($0)" } ?? "long")"],
            hint: "Is the server overloaded or stopped? What was not committed is undone."
        )
    }

    /// The error of a statement that names a table of antares where none was made; nil for every other one.
    static func missingTable(_ state: String?, _ message: String?, in settings: ConnectionSettings) -> PostgresError? {
        guard let state, let message, state == "42P01" || state == "3F000",
            let name = message.firstMatch(of: #/\b(?:antares|uws)(?:\.\w+)?/#)?.output
        else { return nil }
        return PostgresError(
            .tablesMissing,
            settings.description,
            ["there is no \(name.contains(".") ? "table" : "schema") \(name)"],
            sqlState: state,
            hint: "Make them: antares init (without --no-create-tables), or name another database in ~/.antares."
        )
    }

    private static func connectHint(_ text: String, _ settings: ConnectionSettings) -> String {
        let user = settings.user.map { "'\($0)'" } ?? "the current user"
        let lower = text.lowercased()
        if lower.contains("password authentication failed") {
            return "The password of \(user) is wrong: correct it in the configuration or in ~/.pgpass."
        }
        if lower.contains("no password supplied") {
            return "Give the password of \(user) in the configuration or in ~/.pgpass."
        }
        if lower.contains("database") && lower.contains("does not exist") {
            let name = settings.database ?? "datacube"
            return "Create it: createdb \(name); or name another database in the configuration."
        }
        if lower.contains("role") && lower.contains("does not exist") {
            return "Create the account \(user): createuser; or name another user in the configuration."
        }
        if lower.contains("peer authentication failed") || lower.contains("no pg_hba.conf entry") {
            return
                "The server does not let \(user) in this way: connect as another user, or have its pg_hba.conf extended."
        }
        if lower.contains("could not translate host name") || lower.contains("name or service not known") {
            return "Check the name of the host in the configuration."
        }
        if lower.contains("starting up") || lower.contains("shutting down") || lower.contains("recovery mode") {
            return "Try again in a moment."
        }
        if lower.contains("too many clients") || lower.contains("connection slots") {
            return "Close other programs that use the database, or raise max_connections of the server."
        }
        return "Is the server running, and are host and port right? `antares config show` prints where they come from."
    }

    /// PostgreSQL's messages without their trailing newlines, on one line.
    static func clean(_ message: String) -> String {
        var text = message.split(whereSeparator: \.isNewline).map { $0.trimmingBlanks }.joined(separator: "; ")
        while text.hasSuffix(".") { text.removeLast() }
        return text
    }
}

extension StringProtocol {
    var trimmingBlanks: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
