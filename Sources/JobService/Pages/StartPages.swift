import ClusterExec
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// The start page, logging in and out, and the files that pages are made with.
struct StartPages: Sendable {
    let pages: Pages
    private var parts: ServiceParts { pages.parts }

    func add(to router: Router<ServiceContext>) {
        router.get("", use: pages.route(start))
        router.get("login", use: pages.route(showLogin))
        router.post("login", use: pages.route(login))
        router.post("logout", use: pages.route(logout))
        router.get("assets/{name}", use: asset)
        router.get("favicon.ico") { _, context in Response.seeOther("\(context.root)/assets/icon.svg") }
    }

    @Sendable private func asset(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = context.parameter("name")
        guard name.wholeMatch(of: #/[a-z0-9-]+\.(css|js|svg)/#) != nil else {
            throw ServiceError(.notFound, "there is no file '\(name)'.")
        }
        return try await parts.files.make("\(pages.files.folder)/assets/\(name)", for: request, context)
    }

    private func start(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        var values: Pages.Values = ["base": context.baseURL]
        if context.identity.name != nil {
            var filter = JobFilter()
            if let name = context.identity.name { filter.ownerID = name }
            filter.last = 5
            let recent = try await parts.jobs.list(matching: filter)
            values["recent"] = recent.map { job -> Pages.Values in
                var row = JobView(job).values
                row["kind"] = job.kind
                row["runID"] = job.runID ?? ""
                row["created"] = PlainText.time(job.creationTime)
                return row
            }
            values["hasRecent"] = !recent.isEmpty
            filter.last = nil
            filter.phases = [.queued, .executing, .suspended]
            values["activeCount"] = try await parts.jobs.active().count { $0.ownerID == context.identity.name }
        }
        values["typeCount"] = await parts.descriptions.names.count
        values["hasData"] = parts.data != nil
        return try pages.make("start", "antares", values, context)
    }

    private func showLogin(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let next = FormBody.pairs(request.uri.query ?? "").first { $0.name == "next" }?.value
        return try pages.make("login", "Log in", ["next": next ?? ""], context)
    }

    private func login(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        try checkOrigin(request, context)
        let form = try await FormBody(&request, limit: parts.options.bodyLimit)
        let (name, password) = (form["user"] ?? "", form["password"] ?? "")
        try parts.failures.check(context.clientAddress)
        guard let identity = try await parts.accounts.identify(user: name, password: password),
            let user = identity.name, identity.means == .password
        else {
            parts.failures.note(context.clientAddress)
            let values: Pages.Values = [
                "next": form["next"] ?? "", "name": name, "error": "The name or the password is wrong.",
            ]
            return try pages.make("login", "Log in", values, context, status: .unauthorized)
        }
        // Always a new session: a word that somebody has put into the browser before is worth nothing.
        if let old = request.cookies[AuthenticationMiddleware.cookie]?.value {
            try await parts.accounts.endSession(old)
        }
        var response = Response.seeOther(context.localPath(form["next"]) ?? "\(context.root)/")
        let session = try await parts.accounts.makeSession(for: user)
        response.setCookie(LoginRoutes.cookie(session.word, context, seconds: Accounts.sessionSeconds))
        return response
    }

    private func logout(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        _ = try await pages.form(&request, context)
        if let word = request.cookies[AuthenticationMiddleware.cookie]?.value {
            try await parts.accounts.endSession(word)
        }
        var response = Response.seeOther("\(context.root)/")
        response.setCookie(LoginRoutes.cookie("", context, seconds: 0))
        return response
    }

    /// Refuses a login that another site's page sends: it would put somebody into an account that is not theirs.
    private func checkOrigin(_ request: Request, _ context: ServiceContext) throws {
        guard let origin = request.headers[.origin] else { return }
        guard origin == "null" ? false : context.baseURL == origin || context.baseURL.hasPrefix(origin + "/") else {
            throw ServiceError(.forbidden, "log in from a page of this service, not of \(origin).")
        }
    }
}
