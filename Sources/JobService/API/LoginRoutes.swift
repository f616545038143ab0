import Documents
import Foundation
import HTTPTypes
import Hummingbird

/// Logging in and out of a browser's session: `/api/v1/login`, `/logout`, `/me`, `/password`.
struct LoginRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        router.post("api/v1/login", use: login)
        router.post("api/v1/logout", use: logout)
        router.get("api/v1/me", use: me)
        router.post("api/v1/password", use: setPassword)
    }

    /// Who somebody is, to themselves.
    private struct Person: Encodable {
        let name: String, means: String, administrator: Bool, roles: [String], groups: [String]
        let email: String?, jobLimit: Int, csrf: String?
    }

    @Sendable private func login(_ request: Request, _ context: ServiceContext) async throws -> Response {
        // Another site's page must not log a browser in as somebody else.
        guard request.headers[.fetchSite] != "cross-site" else {
            throw ServiceError(.forbidden, "log in from the service's own page.")
        }
        var request = request
        let (name, password): (String?, String?)
        if request.hasForm {
            let form = try await FormBody(&request, limit: parts.options.bodyLimit)
            (name, password) = (form["name"], form["password"])
        } else {
            let body = try await request.jsonBody(limit: parts.options.bodyLimit)
            try body.allowOnly(["name", "password"])
            (name, password) = (try body.required("name").string(), try body.required("password").string())
        }
        guard let name, let password else {
            throw ServiceError(.badRequest, "the form needs the fields name and password.")
        }
        try parts.failures.check(context.clientAddress)
        // A token in place of the password, as programs send it, makes no session: it may have fewer rights.
        guard let identity = try await parts.accounts.identify(user: name, password: password),
            identity.means == .password, let user = identity.name
        else {
            parts.failures.note(context.clientAddress)
            throw ServiceError(.unauthenticated, "the user name or the password is wrong.")
        }
        // Never the session that a browser came with: somebody else may know its word.
        if let old = request.cookies[AuthenticationMiddleware.cookie]?.value {
            try await parts.accounts.endSession(old)
        }
        let session = try await parts.accounts.makeSession(for: user)
        var response = try await Response.json(person(identity, formToken: session.formToken))
        response.setCookie(Self.cookie(session.word, context, seconds: Accounts.sessionSeconds))
        response.headers[.cacheControl] = "no-store"
        return response
    }

    static func cookie(_ word: String, _ context: ServiceContext, seconds: Int) -> Cookie {
        Cookie(
            name: AuthenticationMiddleware.cookie,
            value: word,
            maxAge: seconds,
            path: "/",
            secure: context.baseURL.hasPrefix("https:"),
            httpOnly: true,
            // A link on another site leads in as oneself; changes need the form's token.
            sameSite: .lax
        )
    }

    @Sendable private func logout(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var request = request
        let form = try await FormBody(&request, limit: parts.options.bodyLimit)
        try context.checkForm(form["csrf"], request)
        if let word = request.cookies[AuthenticationMiddleware.cookie]?.value {
            try await parts.accounts.endSession(word)
        }
        var response = Response(status: .noContent)
        response.setCookie(Self.cookie("", context, seconds: 0))
        return response
    }

    @Sendable private func me(_ request: Request, _ context: ServiceContext) async throws -> Response {
        _ = try context.requireUser()
        var response = try await Response.json(person(context.identity, formToken: context.identity.formToken))
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func person(_ identity: Identity, formToken: String?) async throws -> Person {
        let user = try await parts.accounts.user(identity.name ?? "")
        return Person(
            name: user.name,
            means: identity.means.rawValue,
            administrator: identity.isAdministrator,
            roles: identity.roles.sorted(),
            groups: user.groups.sorted(),
            email: user.email,
            jobLimit: identity.jobLimit ?? parts.options.userJobLimit,
            csrf: formToken
        )
    }

    /// Another password for oneself; the old one has to be known.
    @Sendable private func setPassword(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.requireUser()
        var request = request
        let (old, new, csrf): (String?, String?, String?)
        if request.hasForm {
            let form = try await FormBody(&request, limit: parts.options.bodyLimit)
            (old, new, csrf) = (form["old"], form["new"], form["csrf"])
        } else {
            let body = try await request.jsonBody(limit: parts.options.bodyLimit)
            try body.allowOnly(["old", "new"])
            (old, new, csrf) = (try body.required("old").string(), try body.required("new").string(), nil)
        }
        try context.checkForm(csrf, request)
        guard let old, let new else { throw ServiceError(.badRequest, "the form needs the fields old and new.") }
        try parts.failures.check(context.clientAddress)
        guard try await parts.accounts.identify(user: name, password: old)?.means == .password else {
            parts.failures.note(context.clientAddress)
            throw ServiceError(.forbidden, "the old password is wrong.", field: "old")
        }
        try await parts.accounts.setPassword(new, of: name)
        var response = Response(status: .noContent)
        // All sessions have ended; a browser goes on in a new one.
        if context.identity.means == .session {
            let session = try await parts.accounts.makeSession(for: name)
            response = try await .json(person(context.identity, formToken: session.formToken))
            response.setCookie(Self.cookie(session.word, context, seconds: Accounts.sessionSeconds))
        }
        return response
    }
}

extension HTTPField.Name {
    static let fetchSite: HTTPField.Name = {
        guard let name = HTTPField.Name("Sec-Fetch-Site") else { preconditionFailure("no name of a header") }
        return name
    }()
}
