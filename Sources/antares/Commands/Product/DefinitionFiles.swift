import ArgumentParser
import DatacubeIndex
import Documents
import Foundation

/// Whether indexes may be made while nobody else writes.
struct LockOptions: ParsableArguments {
    @Flag(help: "Lock the table while indexes are made: faster, but others wait.")
    var allowExclusiveLock = false
    @Flag(help: "Make indexes beside the work of others (the default).")
    var forbidExclusiveLock = false
}

/// Reading definitions from files.
enum DefinitionFiles {
    /// All documents of some files.
    ///
    /// - Throws: `CommandFailure` where the files hold none at all.
    static func read(_ files: [String]) throws -> [SourceDocument] {
        let documents = try files.flatMap { try DatasetFiles.read($0) }
        guard !documents.isEmpty else { throw CommandFailure(.failed, "All files are empty, exit") }
        return documents
    }

    /// Those of the names that were given, in their order; all where none was given.
    static func chosen<Item>(
        _ names: [String],
        from all: [Item],
        _ kind: String,
        name: (Item) -> String
    ) throws -> [Item] {
        guard !names.isEmpty else { return all }
        return try names.map { wanted in
            guard let item = all.first(where: { name($0) == wanted }) else {
                throw CommandFailure(.failed, missing(kind, wanted, all.map(name)))
            }
            return item
        }
    }

    static func missing(_ kind: String, _ name: String, _ known: [String]) -> String {
        let near = nearest(to: name, in: known).map { " Did you mean '\($0)'?" } ?? ""
        return "No such \(kind): '\(name)'.\(near)"
    }
}

/// In which form definitions are printed.
enum DefinitionFormat: String, ExpressibleByArgument, CaseIterable {
    case yaml, json

    func write(_ definitions: [DocumentValue], _ kind: String) throws -> String {
        switch self {
        case .yaml:
            return PythonYAML.write(documents: definitions)
        case .json:
            guard definitions.count == 1 else {
                throw CommandFailure(.failed, "Can not output more than 1 \(kind) in json format")
            }
            return PythonYAML.json(definitions[0])
        }
    }
}

/// A line of a list of definitions.
struct DefinitionRow: Encodable {
    let name: String
    let description: String

    /// Names padded to the longest, and the first line of the descriptions.
    static func table(_ rows: [DefinitionRow]) -> String {
        let width = rows.map(\.name.count).max() ?? 0
        return rows.map { row in
            let first = row.description.split(separator: "\n", omittingEmptySubsequences: false).first ?? ""
            return row.name.padding(toLength: width, withPad: " ", startingAt: 0) + "  " + first
        }.joined(separator: "\n")
    }
}
