import ArgumentParser
import Foundation
import JobService
import Jobs

/// The group `antares users`: accounts of the job service.
struct UsersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users",
        abstract: "Accounts of the job service (those of the index are under `user`).",
        subcommands: [
            UsersListCommand.self, UsersAddCommand.self, UsersRemoveCommand.self, UsersPasswordCommand.self,
            UsersSetCommand.self, UsersGroupsCommand.self, UsersTokensCommand.self,
        ]
    )
}

extension CommonOptions {
    /// The accounts of the configured store.
    func accounts() async throws -> Accounts { Accounts(try await ServiceRecords.open(try makeServices())) }
}

/// The command `antares users list`.
struct UsersListCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List accounts.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let users = try await common.accounts().users().map { UserDocument($0) }
        try common.emit(users) {
            Output.table(
                users.map { user in
                    [
                        user.name, user.administrator ? "administrator" : "user", user.active ? "active" : "closed",
                        user.roles.joined(separator: ","), user.groups.joined(separator: ","), user.email ?? "",
                    ]
                }
            )
        }
    }
}

/// Where a command gets a password from: never from its own words, which others on the machine can read.
struct PasswordOption: ParsableArguments {
    @Flag(help: "Read the password from standard input, its first line.")
    var passwordStdin = false

    /// The password, and the same where it is random and has to be shown.
    func read() throws -> (password: String, shown: String?) {
        guard passwordStdin else {
            let random = Accounts.makePassword()
            return (random, random)
        }
        guard let line = readLine(strippingNewline: true) else {
            throw CommandFailure(.usage, "no password on standard input.")
        }
        return (line, nil)
    }
}

/// The command `antares users add`.
struct UsersAddCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make an account.",
        discussion: "Prints a random password once, unless --password-stdin is given."
    )
    struct Report: Encodable { let name: String, password: String? }
    @OptionGroup var common: CommonOptions
    @Argument(help: "The name to log in with.") var name: String
    @OptionGroup var password: PasswordOption
    @Flag(help: "May see everybody's jobs and manage accounts and job types.")
    var administrator = false
    @Option(
        parsing: .upToNextOption,
        help: .init("Job types that may be used; all for every one, scripts for own programs.", valueName: "role")
    )
    var roles: [String] = [User.everyRole]
    @Option(parsing: .upToNextOption, help: .init("Groups whose roles count too.", valueName: "group"))
    var groups: [String] = []
    @Option(help: .init("Where mail goes.", valueName: "address"))
    var email: String?
    @Option(help: .init("Jobs that may wait or run at a time; the service's own limit when left out.", valueName: "n"))
    var limit: Int?

    func run() async throws {
        let accounts = try await common.accounts()
        let (password, shown) = try password.read()
        let user = User(
            name: name,
            email: email,
            roles: Set(roles),
            groups: Set(groups),
            isAdministrator: administrator,
            jobLimit: limit
        )
        try await accounts.add(user, password: password)
        try common.emit(Report(name: name, password: shown)) {
            shown.map { "\(name) \($0)" } ?? "added \(name)"
        }
    }
}

/// The command `antares users remove`.
struct UsersRemoveCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove an account with its tokens and sessions; its jobs stay."
    )
    struct Report: Encodable { let removed: String }
    @OptionGroup var common: CommonOptions
    @Argument(help: "The account.") var name: String

    func run() async throws {
        try await common.accounts().remove(name)
        try common.emit(Report(removed: name)) { "removed \(name)" }
    }
}

/// The command `antares users password`.
struct UsersPasswordCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "password",
        abstract: "Give an account another password, and log its browsers out.",
        discussion: "Prints a random password once, unless --password-stdin is given. Tokens stay."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The account.") var name: String
    @OptionGroup var password: PasswordOption

    func run() async throws {
        let accounts = try await common.accounts()
        let (password, shown) = try password.read()
        try await accounts.setPassword(password, of: name)
        try common.emit(UsersAddCommand.Report(name: name, password: shown)) {
            shown.map { "\(name) \($0)" } ?? "changed the password of \(name)"
        }
    }
}

/// The command `antares users set`.
struct UsersSetCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Change what an account may do; what is not given stays."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The account.") var name: String
    @Option(
        parsing: .upToNextOption,
        help: .init("Job types that may be used, instead of those now.", valueName: "role")
    )
    var roles: [String] = []
    @Flag(help: "No job types but those of the groups.") var noRoles = false
    @Option(parsing: .upToNextOption, help: .init("Groups, instead of those now.", valueName: "group"))
    var groups: [String] = []
    @Flag(help: "In no group.") var noGroups = false
    @Option(help: .init("Jobs that may wait or run at a time.", valueName: "n")) var limit: Int?
    @Flag(help: "The service's own limit.") var noLimit = false
    @Option(help: .init("Where mail goes; empty for nowhere.", valueName: "address")) var email: String?
    @Flag(inversion: .prefixedNo, help: "May log in.") var active: Bool?
    @Flag(inversion: .prefixedNo, help: "May see everybody's jobs and manage accounts and job types.")
    var administrator: Bool?

    func validate() throws {
        if let limit, limit < 0 { throw ValidationError("--limit must be 0 or more, got \(limit).") }
    }

    func run() async throws {
        let user = try await common.accounts().change(name) { user in
            if noRoles || !roles.isEmpty { user.roles = Set(roles) }
            if noGroups || !groups.isEmpty { user.groups = Set(groups) }
            if noLimit || limit != nil { user.jobLimit = limit }
            if let email { user.email = email.isEmpty ? nil : email }
            if let active { user.isActive = active }
            if let administrator { user.isAdministrator = administrator }
        }
        try common.emit(UserDocument(user)) { "changed \(name)" }
    }
}
