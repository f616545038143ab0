import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// Accounts as OPUS's pages for administrators list and change them: `/scim/v2/Users`, by forms.
///
/// What OPUS calls a token is a password here: it is kept as a hash and shown at creation alone.
struct SCIMRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        let scim = router.group("scim/v2")
        for (path, document) in [
            ("ServiceProviderConfig", Self.configuration), ("Schemas", Self.schema),
            ("ResourceTypes", Self.list([Self.resourceType])), ("ResourceTypes/User", Self.resourceType),
        ] {
            scim.get(RouterPath(path)) { _, _ in Self.answer(document) }
        }
        scim.get("Users", use: list)
        scim.post("Users", use: create)
        scim.get("Users/{name}", use: show)
        scim.post("Users/{name}", use: change)
        scim.delete("Users/{name}", use: remove)
    }

    private static func answer(_ document: DocumentValue, status: HTTPResponse.Status = .ok) -> Response {
        Response(Data(JSONText.write(document).utf8), type: "application/json", status: status)
    }

    // MARK: - Users

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        let users = try await parts.records.all(User.self)
        return Self.answer(Self.list(users.map { Self.document($0, token: "", context) }))
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        return Self.answer(Self.document(try await find(context), token: "", context))
    }

    @Sendable private func create(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let form = try await form(request, context)
        guard let name = form["name"] ?? form["userName"], !name.isEmpty else {
            throw ServiceError(.badRequest, "the form has no field name.")
        }
        let token = form["token"].flatMap { $0.isEmpty ? nil : $0 } ?? Accounts.makePassword()
        let user = User(name: name, roles: Self.roles(form["roles"]))
        try await parts.accounts.add(user, password: token)
        return Self.answer(Self.document(user, token: token, context), status: .created)
    }

    @Sendable private func change(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let form = try await form(request, context)
        let name = try await find(context).name
        if let token = form["token"], !token.isEmpty { try await parts.accounts.setPassword(token, of: name) }
        let active = try form["active"].map { text in
            guard let flag = ["true": true, "1": true, "false": false, "0": false][text.lowercased()] else {
                throw ServiceError(.badRequest, "active '\(text)' is neither true nor false.")
            }
            return flag
        }
        let user = try await parts.records.change(name, User.self) { user in
            if let text = form["roles"] { user.roles = Self.roles(text) }
            if let active { user.isActive = active }
        }
        return Self.answer(Self.document(user, token: "", context))
    }

    @Sendable private func remove(_ request: Request, _ context: ServiceContext) async throws -> Response {
        _ = try await form(request, context)
        try await parts.accounts.remove(try await find(context).name)
        return Response(status: .noContent)
    }

    private func form(_ request: Request, _ context: ServiceContext) async throws -> FormBody {
        try context.requireAdministrator()
        var request = request
        let form = try await FormBody(&request, limit: parts.options.bodyLimit)
        try context.checkForm(form["csrf"], request)
        return form
    }

    private func find(_ context: ServiceContext) async throws -> User {
        let name = context.parameter("name")
        guard let user: User = try await parts.records.find(name) else {
            throw ServiceError(.notFound, "there is no user '\(name)'.")
        }
        return user
    }

    /// Roles apart by commas.
    private static func roles(_ text: String?) -> Set<String> {
        Set((text ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty })
    }

    // MARK: - Documents

    private static func object(_ entries: [(key: String, value: DocumentValue)]) -> DocumentValue {
        .object(DocumentObject(entries))
    }

    private static func document(_ user: User, token: String, _ context: ServiceContext) -> DocumentValue {
        let created = DocumentValue.string(user.created.description)
        return object([
            ("schemas", ["urn:ietf:params:scim:schemas:core:2.0:User"]), ("id", .string(user.name)),
            ("userName", .string(user.name)), ("token", .string(token)),
            ("roles", .string(user.roles.sorted().joined(separator: ","))), ("active", .bool(user.isActive)),
            (
                "meta",
                object([
                    ("resourceType", "User"), ("created", created), ("lastModified", created),
                    ("location", .string("\(context.baseURL)/scim/v2/Users/\(user.name)")),
                ])
            ),
        ])
    }

    private static func list(_ resources: [DocumentValue]) -> DocumentValue {
        object([
            ("schemas", ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]),
            ("totalResults", .integer(resources.count)), ("itemsPerPage", .integer(resources.count)),
            ("startIndex", 1), ("Resources", .array(resources)),
        ])
    }

    private static let resourceType = object([
        ("schemas", ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"]), ("id", "User"), ("name", "User"),
        ("endpoint", "/Users"), ("schema", "urn:ietf:params:scim:schemas:core:2.0:User"),
    ])

    private static let configuration: DocumentValue = {
        let no = object([("supported", false)])
        return object([
            ("schemas", ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]), ("patch", no), ("bulk", no),
            ("filter", no), ("changePassword", no), ("sort", no), ("etag", no),
            (
                "authenticationSchemes",
                [
                    object([
                        ("type", "httpbasic"), ("name", "HTTP Basic"), ("description", "A user name and a password"),
                    ])
                ]
            ),
        ])
    }()

    private static let schema: DocumentValue = {
        let attributes = [("userName", "string"), ("token", "string"), ("roles", "string"), ("active", "boolean")]
        return list([
            object([
                ("id", "urn:ietf:params:scim:schemas:core:2.0:User"), ("name", "User"),
                (
                    "attributes",
                    .array(
                        attributes.map {
                            object([("name", .string($0.0)), ("type", .string($0.1)), ("multiValued", false)])
                        }
                    )
                ),
            ])
        ])
    }()
}
