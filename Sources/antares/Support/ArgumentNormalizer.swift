/// Turns command lines as the documentation of antares3 and the Open Data Cube shows them into what argument-parser reads.
///
/// Global options before the command move behind it, names may have dashes or underscores and long names one dash or
/// two, and values that look like options (negative numbers) are tied to their option. What it does not know stays
/// as it is, so that argument-parser can complain about it in its own words.
struct ArgumentNormalizer {
    /// How many numbers options take that take more than one.
    static let numberCounts = [
        "--lat": 2, "--long": 2, "--bbox": 4, "--clip-bbox": 4,
        "--resolution": 2, "--res": 2, "--tile-size": 2, "--tilesize": 2, "--origin": 2,
    ]

    /// Options whose two numbers stand apart as antares3 has them, Y before X; joined by a comma they are X,Y.
    private static let northFirst: Set = ["--resolution", "--res", "--tile-size", "--tilesize", "--origin"]

    /// Options that may stand without a value, and the one that they then have.
    private static let bare = ["--archive-less-mature": "500"]

    let root: CommandTree
    /// The options that may stand before a command.
    let global: CommandTree

    /// A command line, without those paths that argument-parser need not see.
    struct Line {
        var arguments: [String]
        /// All paths of a command that takes many, in order, where there are so many that all but the first are left out.
        var paths: [String] = []
    }

    func normalize(_ arguments: [String]) -> [String] { line(arguments, mostPaths: .max).arguments }

    /// Argument-parser takes 0.1 ms for each path and most of its time for ten thousand.
    func line(_ arguments: [String], mostPaths: Int = 50) -> Line {
        var rest = arguments[...]
        var path: [String] = []
        var hoisted: [String] = []
        var command = root
        if rest.first == "help" { path.append(rest.removeFirst()) }
        while let token = rest.first, command.subcommands != nil {
            if let next = command.subcommand(token) {
                path.append(next.commandName)
                command = next
                rest.removeFirst()
            } else if token.hasPrefix("-"), let moved = takeGlobalOption(&rest) {
                hoisted += moved
            } else {
                break
            }
        }
        if let usual = command.usual, path.first != "help" {
            path.append(usual.commandName)
            command = usual
        }
        guard command.subcommands == nil else { return Line(arguments: path + rest) }
        var paths: [String]? = command.takesManyPaths && rest.count > mostPaths && !rest.contains("--") ? [] : nil
        var line = Line(arguments: path + hoisted)
        line.arguments += normalizeOptions(rest, of: command, paths: &paths)
        if let paths, let first = paths.first {
            line.arguments.append(first)
            line.paths = paths
        }
        return line
    }

    /// Takes a global option and its value off the front, nil where none stands there.
    private func takeGlobalOption(_ tokens: inout ArraySlice<String>) -> [String]? {
        guard let token = tokens.first else { return nil }
        let (name, value) = split(token)
        guard let (argument, spelling) = global.option(name) else {
            guard isClusterOfGlobalFlags(token) else { return nil }
            tokens.removeFirst()
            return [token]
        }
        tokens.removeFirst()
        let preferred = argument.preferredName?.spelled ?? spelling
        if argument.kind == .flag { return [preferred] }
        if let value { return ["\(preferred)=\(value)"] }
        guard let next = tokens.popFirst() else { return [preferred] }
        return [preferred, next]
    }

    /// True for `-vv` and the like.
    private func isClusterOfGlobalFlags(_ token: String) -> Bool {
        let letters = token.dropFirst()
        guard token.hasPrefix("-"), !token.hasPrefix("--"), !letters.isEmpty else { return false }
        return letters.allSatisfy { global.option("-\($0)")?.argument.kind == .flag }
    }

    /// Puts words that belong to no option into `paths` where that is not nil.
    private func normalizeOptions(
        _ tokens: ArraySlice<String>,
        of command: CommandTree,
        paths: inout [String]?
    ) -> [String] {
        var result: [String] = []
        var rest = tokens
        while let token = rest.popFirst() {
            if token == "--" { return result + [token] + rest }
            if paths != nil, !token.hasPrefix("-") {
                paths?.append(token)
                continue
            }
            let (name, value) = split(token)
            guard token.hasPrefix("-"), token.count > 1, number(token) == nil, let option = command.option(name) else {
                result.append(token)
                continue
            }
            if let value {
                result.append("\(option.spelling)=\(value)")
            } else if let usual = Self.bare[option.spelling], rest.first.flatMap({ Int($0) }) == nil {
                result.append("\(option.spelling)=\(usual)")
            } else if option.argument.kind == .option, let first = rest.first, number(first) != nil {
                rest.removeFirst()
                var values = [first]
                while values.count < Self.numberCounts[option.spelling] ?? 1, let next = rest.first, number(next) != nil
                {
                    values.append(rest.removeFirst())
                }
                if values.count > 1, Self.northFirst.contains(option.spelling) { values.reverse() }
                if values.count > 1 || first.hasPrefix("-") {
                    result.append("\(option.spelling)=\(values.joined(separator: ","))")
                } else {
                    result += [option.spelling, first]
                }
            } else {
                result.append(option.spelling)
                if option.argument.kind == .option, let next = rest.first, !next.hasPrefix("-") {
                    result.append(rest.removeFirst())
                }
            }
        }
        return result
    }

    /// An option token's name and what follows its equals sign.
    private func split(_ token: String) -> (name: String, value: String?) {
        guard token.hasPrefix("-"), let equals = token.firstIndex(of: "=") else { return (token, nil) }
        return (String(token[..<equals]), String(token[token.index(after: equals)...]))
    }

    /// A number, or numbers joined by commas (`-106,-101`).
    private func number(_ token: String) -> [Double]? {
        let parts = token.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        let numbers = parts.compactMap { $0 }
        return numbers.count == parts.count && token.last?.isNumber == true ? numbers : nil
    }
}
