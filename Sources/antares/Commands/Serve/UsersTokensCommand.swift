import ArgumentParser
import JobService
import Jobs

/// The group `antares users tokens`.
struct UsersTokensCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens",
        abstract: "Words that stand for an account's password in programs.",
        subcommands: [UsersTokensListCommand.self, UsersTokensAddCommand.self, UsersTokensRevokeCommand.self]
    )
}

/// A token without its word, which is not kept.
private struct TokenReport: Encodable {
    let id: String, user: String, label: String, created: Instant, expires: Instant?, roles: [String]?, token: String?

    init(_ token: AccessToken, word: String? = nil) {
        (id, user, label) = (String(token.id.prefix(16)), token.user, token.label)
        (created, expires, roles, self.token) = (token.created, token.expires, token.roles?.sorted(), word)
    }
}

/// The command `antares users tokens list`.
struct UsersTokensListCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List tokens, of an account or of all."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The account.") var name: String?

    func run() async throws {
        let accounts = try await common.accounts()
        if let name { _ = try await accounts.user(name) }
        let tokens = try await accounts.tokens(of: name).map { TokenReport($0) }
        try common.emit(tokens) {
            Output.table(
                tokens.map { token in
                    [
                        token.id, token.user, "\(token.created)", token.expires.map { "until \($0)" } ?? "never ends",
                        token.roles?.joined(separator: ",") ?? "all roles", token.label,
                    ]
                }
            )
        }
    }
}

/// The command `antares users tokens add`.
struct UsersTokensAddCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a token and print it, this once."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The account.") var name: String
    @Option(help: .init("What it is for.", valueName: "text")) var label = ""
    @Option(help: .init("When it ends by itself: 30d, 12h, or a time; never when left out.", valueName: "time"))
    var expires: String?
    @Option(
        parsing: .upToNextOption,
        help: .init("The only job types that it may use; all that the account may when left out.", valueName: "role")
    )
    var roles: [String] = []

    func validate() throws { _ = try end() }

    private func end() throws -> Instant? {
        guard let expires else { return nil }
        if let match = expires.wholeMatch(of: #/([0-9]{1,6})([dhm])/#), let number = Int(match.1) {
            return .now + number * (["d": 86400, "h": 3600, "m": 60][match.2] ?? 1)
        }
        guard let instant = Instant(expires), instant > .now else {
            throw ValidationError(
                "--expires takes 30d, 12h, 90m or a time to come such as 2027-01-31, not '\(expires)'."
            )
        }
        return instant
    }

    func run() async throws {
        let made = try await common.accounts().makeToken(
            for: name,
            label: label,
            expires: try end(),
            roles: roles.isEmpty ? nil : Set(roles)
        )
        try common.emit(TokenReport(made.token, word: made.word)) { made.word }
    }
}

/// The command `antares users tokens revoke`.
struct UsersTokensRevokeCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "End a token at once.")
    struct Report: Encodable { let revoked: String }
    @OptionGroup var common: CommonOptions
    @Argument(help: "The account.") var name: String
    @Argument(help: "The token's id, as the list shows it.") var token: String

    func run() async throws {
        try await common.accounts().revokeToken(token, of: name)
        try common.emit(Report(revoked: token)) { "revoked \(token)" }
    }
}
