import Foundation

/// The database that a part of the program works with.
public enum DatabaseTarget: Sendable, Hashable {
    /// The server that antares runs for itself; nothing was configured.
    case privateServer
    case server(DatabaseAddress)
}

/// How to reach a database; what is nil is left to libpq (PGHOST, ~/.pgpass, …).
public struct DatabaseAddress: Sendable, Hashable {
    /// A host name, or the folder of a Unix socket; nil means the local socket.
    public var host: String?
    public var port: Int?
    public var database: String
    public var user: String?
    public var password: String?
    /// Seconds after which connecting is given up.
    public var connectTimeout: Int?

    public init(
        host: String? = nil,
        port: Int? = nil,
        database: String,
        user: String? = nil,
        password: String? = nil,
        connectTimeout: Int? = nil
    ) {
        (self.host, self.port, self.database) = (host, port, database)
        (self.user, self.password, self.connectTimeout) = (user, password, connectTimeout)
    }

    /// Reads `postgresql://user:password@host:port/database?host=…`; `origin` is named in errors.
    public init(url text: String, origin: Origin) throws(ConfigError) {
        let hint = "Write postgresql://user:password@host:port/database."
        // A URL holds a password: it is not shown.
        guard let url = URLComponents(string: text), url.scheme?.hasPrefix("postgres") == true else {
            throw ConfigError(origin.description, "is not the URL of a PostgreSQL database", hint: hint)
        }
        var (host, port, user, password) = (url.host, url.port, url.user, url.password)
        var database = String(url.path.drop { $0 == "/" })
        for item in url.queryItems ?? [] {
            guard let value = item.value, !value.isEmpty else { continue }
            switch item.name {
            case "host": host = value
            case "port": port = Int(value)
            case "user": user = value
            case "password": password = value
            case "dbname", "database": database = value
            default: continue
            }
        }
        if host?.isEmpty == true { host = nil }
        guard !database.isEmpty else { throw ConfigError(origin.description, "names no database", hint: hint) }
        self.init(host: host, port: port, database: database, user: user, password: password)
    }
}
