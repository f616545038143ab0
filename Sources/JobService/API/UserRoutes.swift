import Documents
import Foundation
import HTTPTypes
import Hummingbird
public import Jobs

/// Accounts and groups, for administrators: `/api/v1/users`, `/api/v1/groups`.
struct UserRoutes: Sendable {
    let parts: ServiceParts
    private var accounts: Accounts { parts.accounts }

    func add(to router: Router<ServiceContext>) {
        router.get("api/v1/users", use: list)
        router.post("api/v1/users", use: create)
        router.get("api/v1/users/{name}", use: show)
        router.patch("api/v1/users/{name}", use: change)
        router.delete("api/v1/users/{name}", use: remove)
        router.get("api/v1/groups", use: listGroups)
        router.put("api/v1/groups/{name}", use: setGroup)
        router.delete("api/v1/groups/{name}", use: removeGroup)
    }

    private struct UserList: Encodable { let users: [UserDocument] }
    private struct GroupList: Encodable { let groups: [GroupDocument] }

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        return try .json(UserList(users: try await accounts.users().map { UserDocument($0) }))
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        return try .json(UserDocument(try await accounts.user(context.parameter("name"))))
    }

    @Sendable private func create(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let body = try await body(request, context)
        var user = User(name: try body.required("name").string())
        try body.allowOnly(["name"] + Self.keys)
        try Self.apply(body, to: &user)
        let given = try body.optional("password")?.string()
        let random = given == nil ? Accounts.makePassword() : nil
        try await accounts.add(user, password: given ?? random)
        var response = try Response.json(UserDocument(user, password: random), status: .created)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    @Sendable private func change(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let body = try await body(request, context)
        let name = context.parameter("name")
        try body.allowOnly(Self.keys)
        let user = try await accounts.change(name) { try Self.apply(body, to: &$0) }
        if let password = try body.optional("password")?.string() {
            try await accounts.setPassword(password, of: name)
        }
        return try .json(UserDocument(user))
    }

    @Sendable private func remove(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        try context.checkForm(nil, request)
        try await accounts.remove(context.parameter("name"))
        return Response(status: .noContent)
    }

    @Sendable private func listGroups(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        return try .json(GroupList(groups: try await accounts.groups().map(GroupDocument.init)))
    }

    @Sendable private func setGroup(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let body = try await body(request, context)
        try body.allowOnly(["roles"])
        let name = context.parameter("name")
        let roles = Set(try body.required("roles").strings())
        try await accounts.setGroup(name, roles: roles)
        return try .json(GroupDocument(Group(name: name, roles: roles)))
    }

    @Sendable private func removeGroup(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        try context.checkForm(nil, request)
        try await accounts.removeGroup(context.parameter("name"))
        return Response(status: .noContent)
    }

    /// An administrator's change.
    private func body(_ request: Request, _ context: ServiceContext) async throws -> DocumentReader {
        try context.requireAdministrator()
        try context.checkForm(nil, request)
        var request = request
        return try await request.jsonBody(limit: parts.options.bodyLimit)
    }

    private static let keys = ["email", "roles", "groups", "administrator", "active", "jobLimit", "password"]

    /// Takes over what a document says; null takes an address of mail or a limit away.
    private static func apply(_ body: DocumentReader, to user: inout User) throws {
        if let roles = body.optional("roles") { user.roles = Set(try roles.strings()) }
        if let groups = body.optional("groups") { user.groups = Set(try groups.strings()) }
        if let flag = body.optional("administrator") { user.isAdministrator = try flag.bool() }
        if let flag = body.optional("active") { user.isActive = try flag.bool() }
        if body.value["email"] != nil { user.email = try body.optional("email")?.string() }
        if body.value["jobLimit"] != nil {
            user.jobLimit = try body.optional("jobLimit").map { reader in
                let number = try reader.integer()
                guard number >= 0 else { throw reader.failure("must be 0 or more, not \(number)") }
                return number
            }
        }
    }
}

/// An account as administrators see it.
public struct UserDocument: Encodable, Sendable {
    public let name: String, administrator: Bool, active: Bool, roles: [String], groups: [String]
    public let email: String?, jobLimit: Int?, created: Instant
    /// A random one, shown once.
    let password: String?

    public init(_ user: User) { self.init(user, password: nil) }

    init(_ user: User, password: String?) {
        (name, administrator, active) = (user.name, user.isAdministrator, user.isActive)
        (roles, groups) = (user.roles.sorted(), user.groups.sorted())
        (email, jobLimit, created, self.password) = (user.email, user.jobLimit, user.created, password)
    }
}

/// A group as administrators see it.
public struct GroupDocument: Encodable, Sendable {
    public let name: String, roles: [String]

    public init(_ group: Group) { (name, roles) = (group.name, group.roles.sorted()) }
}
