import Foundation
import HTTPTypes
import Hummingbird

/// Finds out who sends a request; a request that changes something in a browser's session must bring the form's token.
struct AuthenticationMiddleware: RouterMiddleware {
    typealias Context = ServiceContext
    static let cookie = "antares_session"
    let accounts: Accounts
    let webTokens: WebTokens?
    let failures: FailureLimit

    func handle(
        _ request: Request,
        context: ServiceContext,
        next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.identity = try await identity(request, context)
        return try await next(request, context)
    }

    private func identity(_ request: Request, _ context: ServiceContext) async throws -> Identity {
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1).map(String.init)
            switch (parts.first?.lowercased(), parts.count) {
            case ("basic", 2): return try await basic(parts[1], context)
            case ("bearer", 2), ("token", 2): return try await bearer(parts[1], context)
            default: throw ServiceError(.unauthenticated, "the header Authorization is neither Basic nor Bearer.")
            }
        }
        if let word = request.cookies[Self.cookie]?.value, let identity = try await accounts.identify(session: word) {
            return identity
        }
        return .nobody
    }

    private func basic(_ credentials: String, _ context: ServiceContext) async throws -> Identity {
        guard let data = Data(base64Encoded: credentials) else {
            throw ServiceError(.unauthenticated, "the header Authorization is not in base 64.")
        }
        let parts = String(decoding: data, as: UTF8.self).split(
            separator: ":",
            maxSplits: 1,
            omittingEmptySubsequences: false
        ).map(String.init)
        // Clients without an account send both empty.
        guard parts.count == 2, !parts[0].isEmpty else { return .nobody }
        try failures.check(context.clientAddress)
        guard let identity = try await accounts.identify(user: parts[0], password: parts[1]) else {
            failures.note(context.clientAddress)
            throw ServiceError(.unauthenticated, "the user name or the password is wrong.")
        }
        return identity
    }

    private func bearer(_ word: String, _ context: ServiceContext) async throws -> Identity {
        try failures.check(context.clientAddress)
        if word.count(where: { $0 == "." }) == 2, let webTokens, let identity = try await webTokens.identify(word) {
            return identity
        }
        if let identity = try await accounts.identify(token: word) { return identity }
        failures.note(context.clientAddress)
        throw ServiceError(.unauthenticated, "the token is unknown, over or revoked.")
    }
}

extension ServiceContext {
    /// Who it is, where somebody has to be.
    ///
    /// - Throws: `ServiceError` (unauthenticated).
    func requireUser() throws(ServiceError) -> String {
        guard let name = identity.name else { throw ServiceError(.unauthenticated, "log in first.") }
        return name
    }

    /// - Throws: `ServiceError` for anybody but an administrator.
    func requireAdministrator() throws(ServiceError) {
        _ = try requireUser()
        guard identity.isAdministrator else { throw ServiceError(.forbidden, "only administrators may do this.") }
    }

    /// Refuses a change that another site's page has made a browser send.
    ///
    /// - Parameters:
    ///   - formToken: Of the form; a script sends it in the header X-CSRF-Token.
    ///   - request: With its headers.
    /// - Throws: `ServiceError` (forbidden) for a request of a browser's session without the session's own token.
    func checkForm(_ formToken: String?, _ request: Request) throws(ServiceError) {
        guard identity.means == .session else { return }
        guard let expected = identity.formToken, (formToken ?? request.headers[.formToken]) == expected else {
            throw ServiceError(.forbidden, "the form is not of this session. Load the page again.")
        }
    }

    /// The same for a form whose rest is still to come: what is not there may come later.
    func checkSentForm(_ form: FormBody, _ request: Request) throws(ServiceError) {
        if let word = form["csrf"] ?? request.headers[.formToken] { try checkForm(word, request) }
    }
}
