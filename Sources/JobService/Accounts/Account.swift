public import Jobs

/// Somebody who may use the service.
public struct User: Record, Equatable {
    public static let recordKind = "user"
    /// The name to log in with.
    public let name: String
    /// See `PasswordHash`; nil for one who logs in by tokens or by another service alone.
    public var passwordHash: String?
    public var email: String?
    /// Names of job types that may be used; `all` for every one, `scripts` for changing what runs.
    public var roles: Set<String>
    /// Groups whose roles count too.
    public var groups: Set<String>
    public var isAdministrator: Bool
    /// False for one who may not log in.
    public var isActive: Bool
    /// Jobs that may wait or run at a time; nil for the service's own limit.
    public var jobLimit: Int?
    public let created: Instant
    public var revision = 0

    public var id: String { name }
    public var key: String? { nil }

    public init(
        name: String,
        passwordHash: String? = nil,
        email: String? = nil,
        roles: Set<String> = [User.everyRole],
        groups: Set<String> = [],
        isAdministrator: Bool = false,
        jobLimit: Int? = nil,
        created: Instant = .now
    ) {
        (self.name, self.passwordHash, self.email) = (name, passwordHash, email)
        (self.roles, self.groups, self.isAdministrator, self.jobLimit) = (roles, groups, isAdministrator, jobLimit)
        (self.created, isActive) = (created, true)
    }

    /// The role that stands for every job type.
    public static let everyRole = "all"
    /// The role of those who may bring scripts of their own.
    public static let scriptRole = "scripts"
}

/// Users with roles in common.
public struct Group: Record, Equatable {
    public static let recordKind = "group"
    public let name: String
    public var roles: Set<String>
    public var revision = 0

    public var id: String { name }
    public var key: String? { nil }

    public init(name: String, roles: Set<String>) { (self.name, self.roles) = (name, roles) }
}

/// A word that stands for a user's password in programs; the word itself is not kept.
public struct AccessToken: Record, Equatable {
    public static let recordKind = "token"
    /// The SHA-256 of the word, in hexadecimal digits.
    public let id: String
    public let user: String
    /// What the user calls it.
    public let label: String
    public let created: Instant
    /// Nil for one that does not end by itself.
    public let expires: Instant?
    /// The only roles that it gives; nil for all of the user's.
    public let roles: Set<String>?
    public var revision = 0

    public var key: String? { user }
}

/// A browser in which somebody has logged in; the cookie's word itself is not kept.
public struct LoginSession: Record, Equatable {
    public static let recordKind = "session"
    /// The SHA-256 of the cookie's word, in hexadecimal digits.
    public let id: String
    public let user: String
    /// What every form must bring along.
    public let formToken: String
    public let expires: Instant
    /// The token that somebody logged in by, whose rights and end are the session's too; nil for a password.
    public let token: String?
    public var revision = 0

    public var key: String? { user }
}

/// Who sends a request.
public struct Identity: Sendable, Equatable {
    /// How somebody has said who they are.
    public enum Means: String, Sendable { case none, password, token, session, jwt }

    /// Nil for nobody.
    public let name: String?
    public let roles: Set<String>
    public let isAdministrator: Bool
    public let jobLimit: Int?
    public let means: Means
    /// What forms must bring along, in a browser's session.
    public let formToken: String?

    public static let nobody = Identity(
        name: nil,
        roles: [],
        isAdministrator: false,
        jobLimit: nil,
        means: .none,
        formToken: nil
    )

    /// True for a job type that may be used.
    public func mayUse(_ kind: String) -> Bool {
        isAdministrator || roles.contains(User.everyRole) || roles.contains(kind)
    }

    /// True for somebody who may bring a script.
    public var mayScript: Bool { isAdministrator || roles.contains(User.scriptRole) }
}
