import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// One's own tokens: `/api/v1/tokens`.
struct TokenRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        router.get("api/v1/tokens", use: list)
        router.post("api/v1/tokens", use: create)
        router.delete("api/v1/tokens/{id}", use: revoke)
    }

    private struct Document: Encodable {
        let id: String, label: String, created: Instant, expires: Instant?, roles: [String]?
        /// Shown once.
        let token: String?

        init(_ token: AccessToken, word: String? = nil) {
            // Its beginning is enough to name it.
            id = String(token.id.prefix(16))
            (label, created, expires) = (token.label, token.created, token.expires)
            (roles, self.token) = (token.roles?.sorted(), word)
        }
    }

    private struct List: Encodable { let tokens: [Document] }

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.requireUser()
        return try .json(List(tokens: try await parts.accounts.tokens(of: name).map { Document($0) }))
    }

    @Sendable private func create(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.requireUser()
        try context.checkForm(nil, request)
        var request = request
        let body = try await request.jsonBody(limit: parts.options.bodyLimit)
        try body.allowOnly(["label", "expires", "days", "roles"])
        var expires = try body.optional("expires")?.instant()
        if let days = body.optional("days") {
            let number = try days.integer()
            guard (1...36500).contains(number) else { throw days.failure("must be from 1 to 36500, not \(number)") }
            expires = .now + number * 86400
        }
        let label = try body.optional("label")?.string() ?? ""
        var roles = try body.optional("roles").map { Set(try $0.strings()) }
        // A token never gives more than the one that asked for it.
        let own = context.identity
        if own.means == .token, !own.roles.contains(User.everyRole) {
            roles = roles.map { $0.intersection(own.roles) } ?? own.roles
        }
        let made = try await parts.accounts.makeToken(for: name, label: label, expires: expires, roles: roles)
        var response = try Response.json(Document(made.token, word: made.word), status: .created)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    @Sendable private func revoke(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.requireUser()
        try context.checkForm(nil, request)
        try await parts.accounts.revokeToken(context.parameter("id"), of: name)
        return Response(status: .noContent)
    }
}
