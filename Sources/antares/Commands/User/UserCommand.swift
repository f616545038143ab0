public import ArgumentParser
public import DatacubeIndex
import Documents
import Foundation
import Postgres

extension IndexRole: ExpressibleByArgument {}

/// The group `user`.
struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Accounts that may use the index.",
        subcommands: [UserListCommand.self, UserCreateCommand.self, UserGrantCommand.self, UserDeleteCommand.self]
    )
}

/// The command `user list`.
struct UserListCommand: CommonCommand {
    /// In which form accounts are listed.
    enum Format: String, ExpressibleByArgument, CaseIterable { case csv, yaml, json }

    static let configuration = CommandConfiguration(commandName: "list", abstract: "List accounts with their roles.")
    @OptionGroup var common: CommonOptions
    @Option(name: .customShort("f"), help: "csv, yaml or json.")
    var format: Format = .yaml

    func run() async throws {
        try await DatacubeExit.run {
            let users = try await common.makeServices().index().users()
            let shown = common.json ? .json : format
            switch shown {
            case .json: Output.write(try Output.json(users))
            case .csv:
                let lines = users.map { user in
                    [user.role.rawValue, user.user, user.description ?? ""].map(CSV.quoted).joined(separator: ",")
                }
                Output.write(CSV.text(["role,user,description"] + lines))
            case .yaml:
                Output.write(
                    PythonYAML.write(
                        users.map { user in
                            .mapping([
                                ("role", .value(.string(user.role.rawValue))), ("user", .value(.string(user.user))),
                                ("description", .value(user.description.map { .string($0) } ?? .null)),
                            ])
                        }
                    )
                )
            }
        }
    }
}

/// The command `user create`.
struct UserCreateCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make an account.",
        discussion: "Prints one line for ~/.pgpass with the password: a random one, unless --passwd-stdin is given."
    )
    @OptionGroup var common: CommonOptions
    @Option(help: "What the account is for.")
    var description: String?
    @Flag(help: "Read the password from standard input.")
    var passwdStdin = false
    @Argument(help: "user, ingest, manage or admin.")
    var role: IndexRole
    @Argument(help: "Name of the account.")
    var user: String

    func run() async throws {
        try await DatacubeExit.run {
            let password = try passwdStdin ? Self.read() : Self.random()
            let index = try await common.makeServices().index()
            try await index.createUser(user, password: password, role: role, description: description)
            let host = index.settings.host ?? "localhost"
            let port = index.settings.port.map(String.init) ?? "None"
            if passwdStdin { return }
            Output.write("\(host):\(port):*:\(user):\(password)")
        }
    }

    private static func read() throws -> String {
        guard let line = readLine(), !line.isEmpty else {
            throw CommandFailure(DatacubeExit.isDatacube ? .failed : .usage, "no password on standard input")
        }
        return line
    }

    private static func random() -> String {
        let letters = Array("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<12).compactMap { _ in letters.randomElement(using: &generator) })
    }
}

/// The command `user grant`.
struct UserGrantCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "grant", abstract: "Give accounts another role.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "user, ingest, manage or admin.")
    var role: IndexRole
    @Argument(help: "Names of accounts.")
    var users: [String]

    func run() async throws {
        try await DatacubeExit.run { try await common.makeServices().index().grant(role, to: users) }
    }
}

/// The command `user delete`.
struct UserDeleteCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "delete", abstract: "Delete accounts.")
    @OptionGroup var common: CommonOptions
    @Argument(help: "Names of accounts.")
    var users: [String]

    func run() async throws {
        try await DatacubeExit.run { try await common.makeServices().index().deleteUsers(users) }
    }
}
