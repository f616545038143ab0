import Checksums
import Crypto
import Foundation
public import Jobs

/// Users, groups, tokens and sessions.
public struct Accounts: Sendable {
    let records: any RecordStore
    private let recent = RecentPasswords()
    /// Seconds that a browser stays logged in.
    static let sessionSeconds = 12 * 3600

    public init(_ records: any RecordStore) { self.records = records }

    // MARK: - Users

    /// Every user by name.
    public func users() async throws -> [User] { try await records.all() }

    /// - Throws: `ServiceError` (not found).
    public func user(_ name: String) async throws -> User {
        guard let user: User = try await records.find(name) else {
            throw ServiceError(.notFound, "there is no user '\(name)'.")
        }
        return user
    }

    /// Adds a user.
    ///
    /// - Throws: `ServiceError` for a name that cannot be one, and for one that is taken.
    public func add(_ user: User, password: String?) async throws {
        guard user.name.wholeMatch(of: Self.name) != nil else {
            throw ServiceError(.unprocessable, "'\(user.name)' is no user name: \(Self.nameRule)", field: "name")
        }
        try await checkGroups(user)
        var user = user
        user.passwordHash = try password.map(Self.hash)
        try await records.add(user)
    }

    /// Changes what is known of a user; one who may not log in any more is logged out.
    ///
    /// - Returns: The user as stored.
    /// - Throws: `ServiceError` for a user or group who is not there.
    @discardableResult
    public func change(_ name: String, _ body: (inout User) throws -> Void) async throws -> User {
        var draft = try await user(name)
        try body(&draft)
        try await checkGroups(draft)
        let user = try await records.change(name, User.self, body)
        if !user.isActive { try await endSessions(of: name) }
        return user
    }

    private func checkGroups(_ user: User) async throws {
        for name in user.groups.sorted() where try await records.find(name, Group.self) == nil {
            throw ServiceError(.unprocessable, "there is no group '\(name)'.", field: "groups")
        }
    }

    /// Gives a user another password, and ends their sessions.
    public func setPassword(_ password: String, of name: String) async throws {
        let hash = try Self.hash(password)
        try await records.change(name, User.self) { $0.passwordHash = hash }
        try await endSessions(of: name)
    }

    /// Removes a user with tokens and sessions; jobs stay.
    public func remove(_ name: String) async throws {
        guard try await records.remove(name, User.self) else {
            throw ServiceError(.notFound, "there is no user '\(name)'.")
        }
        for token in try await records.all(AccessToken.self, of: name) {
            try await records.remove(token.id, AccessToken.self)
        }
        try await endSessions(of: name)
    }

    private func endSessions(of name: String) async throws {
        for session in try await records.all(LoginSession.self, of: name) {
            try await records.remove(session.id, LoginSession.self)
        }
    }

    private static func hash(_ password: String) throws -> String {
        guard password.count >= 8 else {
            throw ServiceError(.unprocessable, "a password has at least 8 characters.", field: "password")
        }
        guard password.utf8.count <= 1024 else {
            throw ServiceError(.unprocessable, "the password is too long.", field: "password")
        }
        return try PasswordHash.make(password)
    }

    // MARK: - Groups

    /// Every group by name.
    public func groups() async throws -> [Group] { try await records.all() }

    /// Makes a group, or gives one other roles.
    ///
    /// - Throws: `ServiceError` for a name that cannot be one.
    public func setGroup(_ name: String, roles: Set<String>) async throws {
        guard name.wholeMatch(of: Self.name) != nil else {
            throw ServiceError(.unprocessable, "'\(name)' is no name of a group: \(Self.nameRule)", field: "name")
        }
        if try await records.insert(StoredRecord(Group(name: name, roles: roles))) { return }
        try await records.change(name, Group.self) { $0.roles = roles }
    }

    /// Removes a group, also from its users.
    public func removeGroup(_ name: String) async throws {
        guard try await records.remove(name, Group.self) else {
            throw ServiceError(.notFound, "there is no group '\(name)'.")
        }
        for user in try await users() where user.groups.contains(name) {
            try await records.change(user.name, User.self) { $0.groups.remove(name) }
        }
    }

    private static var name: Regex<Substring> { #/[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}/# }
    private static let nameRule = "letters, digits and . _ @ + -, at most 64 of them."

    // MARK: - Who sends a request

    /// - Returns: Nil for a wrong name or password, and for one who may not log in.
    public func identify(user name: String, password: String) async throws -> Identity? {
        guard let user: User = try await records.find(name), let hash = user.passwordHash else {
            // As long as for a name that exists: nobody learns names from the time it takes.
            _ = PasswordHash.matches(password, Self.dummyHash)
            // OPUS's clients send a token in place of the password.
            let identity = try await identify(token: password)
            return identity?.name == name ? identity : nil
        }
        if user.isActive {
            if await recent.contains(password, hash) { return try await identity(of: user, by: .password) }
            if PasswordHash.matches(password, hash) {
                await recent.insert(password, hash)
                return try await identity(of: user, by: .password)
            }
        }
        let identity = try await identify(token: password)
        return identity?.name == name ? identity : nil
    }

    /// - Returns: Nil for a token that is unknown or over, and for one whose user may not log in.
    public func identify(token word: String) async throws -> Identity? {
        guard let token = try await validToken(Self.digest(word)) else { return nil }
        return try await identity(ofUser: token.user, by: .token, only: token.roles)
    }

    private func validToken(_ id: String) async throws -> AccessToken? {
        guard let token: AccessToken = try await records.find(id) else { return nil }
        return token.expires.map { $0 > .now } ?? true ? token : nil
    }

    /// - Returns: Nil for a session that is unknown or over.
    func identify(session word: String) async throws -> Identity? {
        guard let session: LoginSession = try await records.find(Self.digest(word)), session.expires > .now else {
            return nil
        }
        var roles: Set<String>?
        if let id = session.token {
            guard let token = try await validToken(id) else { return nil }
            roles = token.roles
        }
        return try await identity(ofUser: session.user, by: .session, only: roles, formToken: session.formToken)
    }

    /// - Returns: Nil for a user who is not there or may not log in.
    func identity(
        ofUser name: String,
        by means: Identity.Means,
        only roles: Set<String>? = nil,
        formToken: String? = nil
    ) async throws -> Identity? {
        guard let user: User = try await records.find(name), user.isActive else { return nil }
        return try await identity(of: user, by: means, only: roles, formToken: formToken)
    }

    private func identity(
        of user: User,
        by means: Identity.Means,
        only: Set<String>? = nil,
        formToken: String? = nil
    ) async throws -> Identity {
        var roles = user.roles
        for name in user.groups {
            if let group: Group = try await records.find(name) { roles.formUnion(group.roles) }
        }
        // A token with roles of its own gives those alone, and never an administrator's rights.
        if let only { roles = roles.contains(User.everyRole) ? only : roles.intersection(only) }
        return Identity(
            name: user.name,
            roles: roles,
            isAdministrator: user.isAdministrator && only == nil,
            jobLimit: user.jobLimit,
            means: means,
            formToken: formToken
        )
    }

    // MARK: - Tokens and sessions

    /// Makes a token; its word is shown this once.
    ///
    /// - Parameters:
    ///   - user: Whose.
    ///   - label: What the user calls it.
    ///   - expires: When it ends by itself; nil for never.
    ///   - roles: The only roles that it gives; nil for all of the user's.
    /// - Returns: The word, and what is kept of it.
    /// - Throws: `ServiceError` for a user who is not there.
    public func makeToken(
        for user: String,
        label: String,
        expires: Instant? = nil,
        roles: Set<String>? = nil
    ) async throws -> (word: String, token: AccessToken) {
        guard try await records.find(user, User.self) != nil else {
            throw ServiceError(.notFound, "there is no user '\(user)'.")
        }
        let word = "antares_" + Self.makeWord()
        let token = AccessToken(
            id: Self.digest(word),
            user: user,
            label: label,
            created: .now,
            expires: expires,
            roles: roles
        )
        try await records.add(token)
        return (word, token)
    }

    /// The tokens of a user, or all.
    public func tokens(of user: String? = nil) async throws -> [AccessToken] {
        try await records.all(AccessToken.self, of: user).sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }

    /// Ends a token.
    ///
    /// - Parameters:
    ///   - id: The beginning of its id, at least eight characters.
    ///   - user: Whose it is.
    /// - Throws: `ServiceError` where there is none, or more than one.
    public func revokeToken(_ id: String, of user: String) async throws {
        let matches = try await records.all(AccessToken.self, of: user).filter { $0.id.hasPrefix(id) }
        guard id.count >= 8, matches.count == 1 else {
            throw ServiceError(.notFound, "user '\(user)' has no token '\(id)'.")
        }
        try await records.remove(matches[0].id, AccessToken.self)
    }

    /// Begins a browser's session, always a new one.
    ///
    /// - Returns: The cookie's word, and what forms must bring along.
    func makeSession(for user: String, token: String? = nil) async throws -> (word: String, formToken: String) {
        let word = Self.makeWord()
        let session = LoginSession(
            id: Self.digest(word),
            user: user,
            formToken: Self.makeWord(),
            expires: .now + Self.sessionSeconds,
            token: token
        )
        try await records.add(session)
        return (word, session.formToken)
    }

    /// Begins the session of a program that logs in by a token, with that token's rights.
    ///
    /// - Returns: The session's word; nil for a token that `identify(token:)` does not know.
    func makeSession(token word: String) async throws -> String? {
        guard let identity = try await identify(token: word), let name = identity.name else { return nil }
        return try await makeSession(for: name, token: Self.digest(word)).word
    }

    func endSession(_ word: String) async throws { try await records.remove(Self.digest(word), LoginSession.self) }

    /// Forgets the sessions and tokens that are over.
    func removeExpired() async throws {
        for session in try await records.all(LoginSession.self) where session.expires <= .now {
            try await records.remove(session.id, LoginSession.self)
        }
        for token in try await records.all(AccessToken.self) where token.expires.map({ $0 <= .now }) ?? false {
            try await records.remove(token.id, AccessToken.self)
        }
    }

    /// 256 random bits as a word of 43 letters.
    static func makeWord() -> String {
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
        return Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// A password of 24 letters and digits.
    public static func makePassword() -> String {
        String(makeWord().filter { $0.isLetter || $0.isNumber }.prefix(24))
    }

    static func digest(_ word: String) -> String { word.sha256 }

    private static let dummyHash = (try? PasswordHash.make("nobody's password")) ?? ""
}

/// Passwords that were right a moment ago: a program that asks every second need not pay for the hash each time.
private actor RecentPasswords {
    private var known: [String: Instant] = [:]
    private let secret = SymmetricKey(size: .bits256)

    func contains(_ password: String, _ hash: String) -> Bool {
        known[mark(password, hash)].map { $0 > .now } ?? false
    }

    func insert(_ password: String, _ hash: String) {
        if known.count > 1000 { known = known.filter { $0.value > .now } }
        if known.count > 1000 { known = [:] }
        known[mark(password, hash)] = .now + 60
    }

    private func mark(_ password: String, _ hash: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Data("\(hash)\n\(password)".utf8), using: secret)
        return Data(code).base64EncodedString()
    }
}
