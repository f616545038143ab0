import Foundation
import Hummingbird
import Jobs

/// Accounts: `/accounts`, everybody's own password and tokens, and for administrators users and groups.
struct AccountPage: Sendable {
    let pages: Pages
    private var parts: ServiceParts { pages.parts }
    private var accounts: Accounts { parts.accounts }

    func add(to router: Router<ServiceContext>) {
        router.get("accounts", use: pages.route { request, context in try await show([:], context) })
        router.post("accounts", use: pages.route(act))
    }

    /// - Parameters:
    ///   - news: What has just been done, or could not be.
    ///   - context: Of the request.
    private func show(_ news: Pages.Values, _ context: ServiceContext) async throws -> Response {
        let name = try context.requireUser()
        var values = news
        let user = try? await accounts.user(name)
        values["hasPassword"] = user?.passwordHash != nil
        values["email"] = user?.email ?? ""
        values["roles"] = context.identity.roles.sorted().joined(separator: ", ")
        values["tokens"] = try await accounts.tokens(of: name).map(Self.token)
        if context.identity.isAdministrator {
            let users = try await accounts.users()
            let groups = try await accounts.groups()
            values["users"] = users.map { Self.user($0, isSelf: $0.name == name) }
            values["groups"] = groups.map { ["name": $0.name, "roles": $0.roles.sorted().joined(separator: " ")] }
            values["roleNames"] = ([User.everyRole, User.scriptRole] + (await parts.descriptions.names))
                .joined(separator: ", ")
        }
        let status = news["error"] == nil ? 200 : 422
        return try pages.make("accounts", "Account", values, context, status: .init(code: status))
    }

    private static func token(_ token: AccessToken) -> Pages.Values {
        [
            "id": String(token.id.prefix(16)), "label": token.label.isEmpty ? "without a name" : token.label,
            "created": PlainText.time(token.created),
            "expires": token.expires.map(PlainText.time) ?? "never",
            "roles": token.roles?.sorted().joined(separator: ", ") ?? "all of yours",
        ]
    }

    private static func user(_ user: User, isSelf: Bool) -> Pages.Values {
        [
            "name": user.name, "email": user.email ?? "", "roles": user.roles.sorted().joined(separator: " "),
            "groups": user.groups.sorted().joined(separator: " "), "administrator": user.isAdministrator,
            "isActive": user.isActive, "jobLimit": user.jobLimit.map { "\($0)" } ?? "", "isSelf": isSelf,
        ]
    }

    private func act(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.requireUser()
        let form = try await pages.form(&request, context)
        do {
            switch form["action"] {
            case "password": return try await changePassword(form, name, context)
            case "make-token":
                let days = form["days"].flatMap { Int($0) } ?? 0
                let made = try await accounts.makeToken(
                    for: name,
                    label: String((form["label"] ?? "").prefix(100)),
                    expires: days > 0 ? .now + min(days, 36500) * 86400 : nil
                )
                return try await show(["secret": made.word, "secretLabel": "The new token"], context)
            case "revoke-token": try await accounts.revokeToken(form["id"] ?? "", of: name)
            default: return try await administer(form, context)
            }
            return .seeOther("\(context.root)/accounts")
        } catch let error as ServiceError where error.code != .forbidden && error.code != .unauthenticated {
            return try await show(["error": error.message], context)
        }
    }

    /// A new password ends all sessions; this browser gets another.
    private func changePassword(_ form: FormBody, _ name: String, _ context: ServiceContext) async throws -> Response {
        guard form["new"] == form["again"] else {
            throw ServiceError(.unprocessable, "the two new passwords are not the same.")
        }
        guard try await accounts.identify(user: name, password: form["old"] ?? "")?.means == .password else {
            throw ServiceError(.unprocessable, "the present password is wrong.")
        }
        try await accounts.setPassword(form["new"] ?? "", of: name)
        var response = Response.seeOther("\(context.root)/accounts")
        let session = try await accounts.makeSession(for: name)
        response.setCookie(LoginRoutes.cookie(session.word, context, seconds: Accounts.sessionSeconds))
        return response
    }

    // MARK: - Administrators

    private func administer(_ form: FormBody, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        let name = form["name"] ?? ""
        switch form["action"] {
        case "add-user":
            let password = Accounts.makePassword()
            var user = User(name: name)
            try Self.apply(form, to: &user)
            try await accounts.add(user, password: password)
            return try await show(["secret": password, "secretLabel": "The password of \(name)"], context)
        case "change-user":
            let isSelf = name == context.identity.name
            try await accounts.change(name) { user in
                try Self.apply(form, to: &user)
                // Nobody shuts themselves out.
                if isSelf { (user.isAdministrator, user.isActive) = (true, true) }
            }
        case "reset-password":
            let password = Accounts.makePassword()
            try await accounts.setPassword(password, of: name)
            return try await show(["secret": password, "secretLabel": "The new password of \(name)"], context)
        case "remove-user":
            guard name != context.identity.name else {
                throw ServiceError(.unprocessable, "you cannot remove your own account.")
            }
            try await accounts.remove(name)
        case "set-group": try await accounts.setGroup(name, roles: Self.words(form["roles"]))
        case "remove-group": try await accounts.removeGroup(name)
        case let other: throw ServiceError(.badRequest, "the action '\(other ?? "")' is unknown.")
        }
        return .seeOther("\(context.root)/accounts#users")
    }

    private static func apply(_ form: FormBody, to user: inout User) throws {
        user.roles = words(form["roles"])
        user.groups = words(form["groups"])
        user.email = form["email"].flatMap { $0.isEmpty ? nil : $0 }
        user.isAdministrator = form["administrator"] == "yes"
        user.isActive = form["active"] != nil
        let limit = form["limit"] ?? ""
        guard limit.isEmpty || (Int(limit).map { (0...1_000_000).contains($0) } ?? false) else {
            throw ServiceError(.unprocessable, "the limit of jobs '\(limit)' is no number.")
        }
        user.jobLimit = Int(limit)
    }

    private static func words(_ text: String?) -> Set<String> {
        Set((text ?? "").split { $0 == " " || $0 == "," }.map(String.init))
    }
}
