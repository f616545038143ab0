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
    /// Further connection parameters of libpq, as `sslmode`.
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

    /// From `postgresql://user:password@host:port/database?key=value`; parts may be left out and percent-encoded.
    ///
    /// - Throws: `PostgresError` that shows the URL without its password.
    public init(url: String, connectTimeout: Int = 60) throws {
        func failure(_ reason: String) -> PostgresError {
            let shown = url.replacing(#/:[^:@\/]*@/#, with: ":***@")
            return PostgresError(
                .invalidSettings,
                shown,
                [reason],
                hint: "Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, special characters percent-encoded."
            )
        }
        let pattern =
            #/(?:postgresql|postgres)(?:\+\w+)?://(?:([^@\/]*)@)?(\[[^\]]*\]|[^:\/?]*)(?::(\d*))?(?:/([^?]*))?(?:\?(.*))?/#
        guard let match = url.wholeMatch(of: pattern) else { throw failure("is no PostgreSQL URL") }
        func part(_ text: Substring?) throws -> String? {
            guard let text, !text.isEmpty else { return nil }
            guard let decoded = String(text).removingPercentEncoding else {
                throw failure("has a broken percent-encoding")
            }
            return decoded
        }
        self.init(connectTimeout: connectTimeout)
        let account = match.1?.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        user = try part(account?.first)
        password = try account.flatMap { $0.count > 1 ? try part($0[1]) : nil }
        host = try part(match.2).map { $0.hasPrefix("[") ? String($0.dropFirst().dropLast()) : $0 }
        if let digits = match.3, !digits.isEmpty {
            guard let number = Int(digits), (1...65535).contains(number) else { throw failure("has no valid port") }
            port = number
        }
        database = try part(match.4)
        for pair in match.5?.split(separator: "&") ?? [] {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? try part(halves[1]) : nil
            switch String(halves[0]) {
            case "host": host = value
            case "port": port = value.flatMap { Int($0) }
            case "dbname": database = value
            case "user": user = value
            case "password": password = value
            case "connect_timeout": self.connectTimeout = value.flatMap { Int($0) } ?? connectTimeout
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
        if let host, host.hasPrefix("/") { text += "?host=\(host)" }
        return text
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
        for (key, value) in own { if let value, !value.isEmpty { pairs.append((key, value)) } }
        return pairs
    }
}
