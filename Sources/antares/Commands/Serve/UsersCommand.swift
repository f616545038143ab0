import ArgumentParser
import Foundation
import JobService
import Jobs

/// The group `antares users`: accounts of the job service.
struct UsersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users",
        abstract: "Accounts of the job service (those of the index are under `user`).",
        subcommands: [UsersListCommand.self, UsersAddCommand.self]
    )
}

/// The command `antares users list`.
struct UsersListCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List accounts.")
    struct Report: Encodable {
        let name: String, roles: [String], groups: [String], administrator: Bool, active: Bool, email: String?

        init(_ user: User) {
            (name, administrator, active, email) = (user.name, user.isAdministrator, user.isActive, user.email)
            (roles, groups) = (user.roles.sorted(), user.groups.sorted())
        }
    }
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let records = try await ServiceRecords.open(try common.makeServices())
        let users = try await records.all(User.self).map(Report.init)
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
    @Flag(help: "Read the password from standard input, its first line.")
    var passwordStdin = false
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

    func run() async throws {
        let accounts = Accounts(try await ServiceRecords.open(try common.makeServices()))
        let random = passwordStdin ? nil : Accounts.makePassword()
        guard let password = random ?? readLine(strippingNewline: true) else {
            throw CommandFailure(.usage, "no password on standard input.")
        }
        let user = User(
            name: name,
            email: email,
            roles: Set(roles),
            groups: Set(groups),
            isAdministrator: administrator
        )
        try await accounts.add(user, password: password)
        try common.emit(Report(name: name, password: random)) {
            random.map { "\(name) \($0)" } ?? "added \(name)"
        }
    }
}
