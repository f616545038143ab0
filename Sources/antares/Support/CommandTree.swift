import ArgumentParser
import Foundation

/// The commands and options that a root command declares, as argument-parser describes them.
struct CommandTree: Decodable, Sendable {
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

    var commandName: String
    var shouldDisplay: Bool?
    var abstract: String?
    var discussion: String?
    var subcommands: [CommandTree]?
    var arguments: [Argument]?

    /// The tree under a command or a group of options.
    init(_ type: (some ParsableArguments).Type) throws {
        self = try JSONDecoder().decode(Dump.self, from: Data(type._dumpHelp().utf8)).command
    }

    /// The command of that name below this one; dashes and underscores count as the same.
    func subcommand(_ name: String) -> CommandTree? {
        subcommands?.first { folded($0.commandName) == folded(name) }
    }

    /// The option or flag that a token names, and the dashes and letters by which argument-parser knows it.
    ///
    /// A long name may stand behind one dash or two, with dashes or underscores within; the exact spelling wins.
    func option(_ token: String) -> (argument: Argument, spelling: String)? {
        let bare = String(token.drop { $0 == "-" })
        let named = (arguments ?? []).flatMap { argument in (argument.names ?? []).map { (argument, $0) } }
        let match =
            named.first { $1.spelled == token }
            ?? named.first { $1.kind != .short && $1.name == bare }
            ?? named.first { $1.kind != .short && folded($1.name) == folded(bare) }
        return match.map { ($0.0, $0.1.spelled) }
    }
}

/// The document around the tree.
private struct Dump: Decodable { var command: CommandTree }

private func folded(_ name: String) -> String { name.replacing("_", with: "-") }
