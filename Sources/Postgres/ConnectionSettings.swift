import CPQ
import Foundation

/// How to reach a database; what is nil is left to libpq (its `PG…` variables, `~/.pgpass`, its defaults).
public struct ConnectionSettings: Sendable, Hashable, CustomStringConvertible {
    /// A host name, an address, or the folder of a Unix socket (starting with `/`); nil for the default socket.
    public var host: String?
    public var port: Int?
    public var database: String?
    public var user: String?
    public var password: String?
    /// Seconds to wait for the server to answer.
    public var connectTimeout: Int
    /// Further connection parameters of libpq, as `sslmode`, or `options` with the server's `statement_timeout`.
    public var parameters: [String: String]

    public init(
        host: String? = nil,
        port: Int? = nil,
        database: String? = nil,
        user: String? = nil,
        password: String? = nil,
        connectTimeout: Int = 60,
        parameters: [String: String] = [:]
    ) {
        (self.host, self.port, self.database, self.user) = (host, port, database, user)
        (self.password, self.connectTimeout, self.parameters) = (password, connectTimeout, parameters)
    }

    /// From `postgresql://user:password@host:port/database?key=value`, as libpq reads it (`PQconninfoParse`): several hosts,
    /// `sslmode` and every other key of its own; a driver as in `postgresql+psycopg2:` is left out.
    ///
    /// - Throws: `PostgresError` that shows the URL without its password.
    public init(url: String, connectTimeout: Int = 60) throws(PostgresError) {
        let secret = url.firstMatch(of: #/:\/\/[^:@\/?]*:([^@\/]*)@/#)?.1 ?? ""
        func hidden(_ text: String) -> String { secret.isEmpty ? text : text.replacing(secret, with: "***") }
        func failure(_ reason: String) -> PostgresError {
            PostgresError(
                .invalidSettings,
                hidden(url),
                [hidden(reason)],
                hint: "Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, special characters percent-encoded."
            )
        }
        guard let scheme = url.prefixMatch(of: #/postgres(?:ql)?(?:\+\w+)?:\/\//#) else {
            throw failure("is no PostgreSQL URL")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse("postgresql://" + url[scheme.range.upperBound...], &message) else {
            defer { PQfreemem(message) }
            throw failure(message.map { PostgresError.clean(String(cString: $0)) } ?? "out of memory")
        }
        defer { PQconninfoFree(options) }
        self.init(connectTimeout: connectTimeout)
        var option = options
        while let keyword = option.pointee.keyword {
            defer { option += 1 }
            guard let value = option.pointee.val.map({ String(cString: $0) }), !value.isEmpty else { continue }
            switch String(cString: keyword) {
            case "host": host = value
            case "port":
                // Several hosts may have several ports.
                guard value.split(separator: ",").allSatisfy({ (1...65535).contains(Int($0) ?? 0) }) else {
                    throw failure("has no valid port")
                }
                port = Int(value)
                if port == nil { parameters["port"] = value }
            case "dbname": database = value
            case "user": user = value
            case "password": password = value
            case "connect_timeout": self.connectTimeout = Int(value) ?? connectTimeout
            case let key: parameters[key] = value
            }
        }
    }

    /// The same server and account, another database.
    public func with(database: String) -> ConnectionSettings {
        var copy = self
        copy.database = database
        return copy
    }

    /// The settings as a URL with the password hidden.
    public var description: String {
        var text = "postgresql://"
        if let user { text += user + (password == nil ? "" : ":***") + "@" }
        if let host, !host.hasPrefix("/") { text += host }
        if let port { text += ":\(port)" }
        text += "/" + (database ?? "")
        if let host, host.hasPrefix("/") {
            text += "?host=" + (host.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? host)
        }
        return text
    }

    /// How long to wait for the answer to a statement: the server's own limit (`statement_timeout` in `options`), and then the
    /// time that it has to answer at all; nil where it has no limit.
    var answerTimeout: Duration? {
        guard let options = parameters["options"],
            let found = options.matches(of: #/statement_timeout\s*=\s*'?(\d+)\s*(ms|s|min|h|d)?/#).last?.output,
            let number = Int(found.1), number > 0
        else { return nil }
        let unit: [Substring: Int] = ["s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000]
        let limit = number.multipliedReportingOverflow(by: found.2.flatMap { unit[$0] } ?? 1)
        return limit.overflow ? nil : .milliseconds(limit.partialValue) + .seconds(connectTimeout)
    }

    /// What libpq is given, in its own words.
    var keywords: [(String, String)] {
        var pairs = parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        let own: [(String, String?)] = [
            ("host", host), ("port", port.map(String.init)), ("dbname", database), ("user", user),
            ("password", password), ("connect_timeout", String(max(2, connectTimeout))),
            ("application_name", parameters["application_name"] == nil ? "antares" : nil),
            ("client_encoding", "UTF8"),
        ]
        // A host that went away without a word is noticed after two minutes, not after two hours.
        let keepAlive = [
            "keepalives_idle": "60", "keepalives_interval": "10", "keepalives_count": "6", "tcp_user_timeout": "120000",
        ]
        for (key, value) in keepAlive where parameters[key] == nil { pairs.append((key, value)) }
        for (key, value) in own { if let value, !value.isEmpty { pairs.append((key, value)) } }
        return pairs
    }
}
