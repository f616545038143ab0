import ArgumentParser
import JobService
import Jobs

/// The group `antares users groups`.
struct UsersGroupsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups",
        abstract: "Groups of accounts, whose roles their members have.",
        subcommands: [UsersGroupsListCommand.self, UsersGroupsSetCommand.self, UsersGroupsRemoveCommand.self]
    )
}

/// The command `antares users groups list`.
struct UsersGroupsListCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List groups.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let groups = try await common.accounts().groups().map(GroupDocument.init)
        try common.emit(groups) { Output.table(groups.map { [$0.name, $0.roles.joined(separator: ",")] }) }
    }
}

/// The command `antares users groups set`.
struct UsersGroupsSetCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Make a group, or give one other roles."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The group.") var name: String
    @Option(
        parsing: .upToNextOption,
        help: .init("Job types that may be used; all for every one, scripts for own programs.", valueName: "role")
    )
    var roles: [String] = []

    func run() async throws {
        try await common.accounts().setGroup(name, roles: Set(roles))
        try common.emit(GroupDocument(Group(name: name, roles: Set(roles)))) { "set \(name)" }
    }
}

/// The command `antares users groups remove`.
struct UsersGroupsRemoveCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a group; its members stay."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The group.") var name: String

    func run() async throws {
        try await common.accounts().removeGroup(name)
        try common.emit(UsersRemoveCommand.Report(removed: name)) { "removed \(name)" }
    }
}
