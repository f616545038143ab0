import ArgumentParser
import Foundation

/// The commands and options that a root command declares, as argument-parser describes them.
///
/// Options are asked for command by command: describing all of them takes longer than most commands run.
final class CommandTree {
    /// One argument, flag or option of a command.
    struct Argument: Decodable, Sendable {
        enum Kind: String, Decodable { case positional, option, flag }
        struct Name: Decodable, Sendable {
            enum Kind: String, Decodable { case long, short, longWithSingleDash }
            var kind: Kind
            var name: String
            /// The name with its dashes.
            var spelled: String { (kind == .long ? "--" : "-") + name }
        }
        var kind: Kind
        var names: [Name]?
        var preferredName: Name?
        var valueName: String?
        var abstract: String?
        var defaultValue: String?
        var shouldDisplay: Bool
        var isRepeating: Bool
        var isOptional: Bool
    }

    let commandName: String
    let shouldDisplay: Bool
    let abstract: String
    let discussion: String
    private let type: any ParsableArguments.Type

    /// The tree under a command or a group of options.
    init(_ type: any ParsableArguments.Type) {
        let configuration = (type as? any ParsableCommand.Type)?.configuration ?? CommandConfiguration()
        self.type = type
        commandName = (type as? any ParsableCommand.Type)?._commandName ?? ""
        (shouldDisplay, abstract) = (configuration.shouldDisplay, configuration.abstract)
        discussion = configuration.discussion
    }

    /// True for commands whose words without option are paths, perhaps ten thousands of them.
    var takesManyPaths: Bool { type is any ManyPathsCommand.Type }

    /// Nil for a command without any.
    private(set) lazy var subcommands: [CommandTree]? = {
        guard let found = (type as? any ParsableCommand.Type)?.configuration.subcommands, !found.isEmpty else {
            return nil
        }
        return found.map { CommandTree($0) }
    }()

    /// The command that a group stands for where none is named; nil for groups without.
    private(set) lazy var usual: CommandTree? = (type as? any ParsableCommand.Type)?.configuration.defaultSubcommand
        .map { CommandTree($0) }

    private(set) lazy var arguments: [Argument] = {
        let dump = try? JSONDecoder().decode(Dump.self, from: Data(Self.describe(type).utf8))
        return dump?.command.arguments ?? []
    }()

    private static func describe(_ type: any ParsableArguments.Type) -> String { type._dumpHelp() }

    /// The command of that name below this one; dashes and underscores count as the same.
    func subcommand(_ name: String) -> CommandTree? {
        subcommands?.first { folded($0.commandName) == folded(name) }
    }

    /// The option or flag that a token names, and the dashes and letters by which argument-parser knows it.
    ///
    /// A long name may stand behind one dash or two, with dashes or underscores within; the exact spelling wins.
    func option(_ token: String) -> (argument: Argument, spelling: String)? {
        let bare = String(token.drop { $0 == "-" })
        let named = arguments.flatMap { argument in (argument.names ?? []).map { (argument, $0) } }
        let match =
            named.first { $1.spelled == token }
            ?? named.first { $1.kind != .short && $1.name == bare }
            ?? named.first { $1.kind != .short && folded($1.name) == folded(bare) }
        return match.map { ($0.0, $0.1.spelled) }
    }
}

/// A command whose words without option are paths, perhaps ten thousands of them.
protocol ManyPathsCommand: ParsableCommand {
    var paths: [String] { get set }
}

/// The document around the arguments of a command.
private struct Dump: Decodable {
    struct Command: Decodable { var arguments: [CommandTree.Argument]? }
    var command: Command
}

private func folded(_ name: String) -> String { name.replacing("_", with: "-") }
