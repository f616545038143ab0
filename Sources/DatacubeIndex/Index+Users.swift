import Foundation
import Postgres

/// An account that may use the index, and as what.
public struct IndexUser: Sendable, Hashable, Encodable {
    public let role: IndexRole
    public let user: String
    public let description: String?
}

/// What an account may do; each role may do what those before it may.
public enum IndexRole: String, Sendable, Hashable, CaseIterable, Encodable {
    /// Reads.
    case user
    /// Adds datasets.
    case ingest
    /// Adds and deletes products.
    case manage
    /// Everything, other accounts included.
    case admin

    /// Its name on the server.
    var serverName: String { "agdc_\(rawValue)" }
}

extension Index {
    /// All accounts with a role, by role.
    public func users() async throws -> [IndexUser] {
        try await connection.query(
            """
            SELECT r.rolname AS role, u.rolname AS name, shobj_description(u.oid, 'pg_authid') AS description
            FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.roleid JOIN pg_roles AS u ON u.oid = m.member
            WHERE r.rolname LIKE 'agdc\\_%' AND u.rolname NOT LIKE 'agdc\\_%'
            ORDER BY r.oid, u.oid
            """
        ).compactMap { row in
            guard let role = row["role"].flatMap({ IndexRole(rawValue: String($0.dropFirst(5))) }) else { return nil }
            return IndexUser(role: role, user: row["name"] ?? "", description: row["description"])
        }
    }

    /// Makes an account with a password and a role; the password is sent as the server stores it, and never logged.
    public func createUser(_ name: String, password: String, role: IndexRole, description: String?) async throws {
        try await connection.transaction { session in
            let user = try session.quotedIdentifier(name)
            let secret = try session.quotedLiteral(try session.encrypted(password: password, user: name))
            try session.execute(
                "CREATE ROLE \(user) LOGIN INHERIT PASSWORD \(secret) IN ROLE \(role.serverName)",
                isSecret: true
            )
            guard let description, !description.isEmpty else { return }
            try session.execute("COMMENT ON ROLE \(user) IS \(try session.quotedLiteral(description))")
        }
    }

    /// Gives accounts a role in place of those that they have.
    ///
    /// - Throws: `IndexError` for an account that does not exist.
    public func grant(_ role: IndexRole, to names: [String]) async throws {
        try await connection.transaction { session in
            for name in names {
                guard try !session.query("SELECT FROM pg_roles WHERE rolname = $1", [name]).isEmpty else {
                    throw IndexError(.conflict, name, "Unknown user '\(name)'", hint: "Make it: datacube user create")
                }
            }
            let users = try names.map { try session.quotedIdentifier($0) }.joined(separator: ", ")
            let all = IndexRole.allCases.map(\.serverName).joined(separator: ", ")
            try session.execute("REVOKE \(all) FROM \(users)")
            try session.execute("GRANT \(role.serverName) TO \(users)")
        }
    }

    /// Deletes accounts, all or none.
    public func deleteUsers(_ names: [String]) async throws {
        try await connection.transaction { session in
            for name in names { try session.execute("DROP ROLE \(try session.quotedIdentifier(name))") }
        }
    }
}
