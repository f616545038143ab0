import ArgumentParser
import Foundation

/// The hidden command `antares manual`: prints the man page that `make install` puts in its place.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the man page.",
        shouldDisplay: false
    )

    func run() throws {
        Output.write(ManualPage(root: CommandTree(Antares.self), version: Version.number).text)
    }
}

/// A man page of all commands, in the language of man(7).
struct ManualPage {
    let root: CommandTree
    let version: String

    var text: String {
        var lines = [
            #".TH ANTARES 1 "" "antares \#(version)" "User Commands""#,
            ".SH NAME",
            #"antares, datacube \- \#(escaped(root.abstract))"#,
            ".SH SYNOPSIS",
            #".B antares"#,
            #"[\fIoptions\fR] \fIcommand\fR [\fIarguments\fR]"#,
            ".SH DESCRIPTION",
            escaped(root.discussion),
            ".PP",
            "Called as \\fBdatacube\\fR it answers the command lines of the Open Data Cube.",
            ".SH COMMANDS",
        ]
        for command in visible(root) { append(command, path: root.commandName, to: &lines) }
        lines += [
            ".SH FILES",
            ".TP", "~/.antares", "KEY=VALUE settings; environment variables win.",
            ".TP", "~/.datacube.conf", "The Open Data Cube's configuration.",
            ".TP", "~/.config/madmex", "Product definitions, ingestion documents and recipes.",
        ]
        return lines.joined(separator: "\n")
    }

    private func append(_ command: CommandTree, path: String, to lines: inout [String]) {
        let name = "\(path) \(command.commandName)"
        let inner = visible(command)
        guard inner.isEmpty else {
            for next in inner { append(next, path: name, to: &lines) }
            return
        }
        lines += [".SS \"\(escaped(name))\"", escaped(command.abstract)]
        if !command.discussion.isEmpty { lines += [".PP", escaped(command.discussion)] }
        for argument in command.arguments where argument.shouldDisplay {
            let names = (argument.names ?? []).map { "\\fB\(escaped($0.spelled))\\fR" }.joined(separator: ", ")
            let value = argument.kind == .flag ? "" : " \\fI\(escaped(argument.valueName ?? "value"))\\fR"
            lines += [".TP", (names + value).trimmingCharacters(in: .whitespaces), escaped(argument.abstract ?? "")]
        }
    }

    private func visible(_ command: CommandTree) -> [CommandTree] {
        (command.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    }

    private func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\n.", with: "\n\\&.")
    }
}
