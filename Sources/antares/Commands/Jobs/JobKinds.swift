import ArgumentParser
import Jobs

/// A command that may run as a job of the service, with parameters in place of a command line.
struct JobKind {
    /// `apply_recipe`, `stac_index`.
    let name: String
    /// The words by which the command is called.
    let words: [String]
    /// Options that name files or folders to be written: below the job's own folder only.
    private let written: Set<String>

    private init(_ words: String..., written: Set<String> = []) {
        (self.words, self.written) = (words, written)
        name = words.joined(separator: "_")
    }

    static let all = [
        JobKind("apply_recipe"),
        JobKind("composite", written: ["output"]),
        JobKind("dataset", "add"),
        JobKind("db_to_raster", written: ["output"]),
        JobKind("export", written: ["output"]),
        JobKind("index", "scenes", written: ["work-folder"]),
        JobKind("ingest"),
        JobKind("make_country_mask", written: ["path"]),
        JobKind("prepare_metadata", written: ["outfile", "work-folder"]),
        JobKind("rasterize_vector_file", written: ["path"]),
        JobKind("stac", "download", written: ["output"]),
        JobKind("stac", "index"),
    ]

    static func named(_ name: String) -> JobKind? { all.first { $0.name == name } }

    /// What is decided by whoever runs the job: where, with which configuration, what is logged.
    private static let reserved: Set<String> = {
        let groups: [any ParsableArguments.Type] = [CommonOptions.self, EngineOptions.self, MasterOptions.self]
        let names = groups.flatMap { CommandTree($0).arguments }.flatMap { $0.names ?? [] }.map(\.name)
        return Set(names + ["executor", "jobs", "save-tasks", "load-tasks", "help", "version"])
    }()

    private var command: CommandTree {
        words.reduce(CommandTree(Antares.self)) { tree, word in tree.subcommand(word) ?? tree }
    }

    private struct Parameter {
        let name: String
        let argument: CommandTree.Argument
    }

    /// Options and flags by their preferred long names, and what stands without an option.
    private var parameters: [Parameter] {
        command.arguments.compactMap { argument in
            let names = argument.names ?? []
            guard argument.shouldDisplay, !names.contains(where: { Self.reserved.contains($0.name) }) else {
                return nil
            }
            if argument.kind == .positional {
                return argument.valueName.map { Parameter(name: $0, argument: argument) }
            }
            let name = names.first { $0.kind != .short && $0.name == argument.preferredName?.name }
            return (name ?? names.first { $0.kind != .short }).map {
                Parameter(name: $0.name, argument: argument)
            }
        }
    }

    /// The parameters of such a job, as its users are told of them; those that it needs come first.
    var description: JobDescription {
        let tree = command
        let described = parameters.map { parameter in
            let argument = parameter.argument
            return ParameterDescription(
                parameter.name,
                argument.kind == .flag ? .boolean : .string,
                isRequired: !argument.isOptional,
                defaultValue: argument.kind == .flag ? nil : argument.defaultValue,
                annotation: argument.abstract ?? ""
            )
        }
        return JobDescription(
            name: name,
            version: Version.number,
            annotation: tree.abstract,
            parameters: described.filter(\.isRequired) + described.filter { !$0.isRequired }
        )
    }

    /// Whether the command's tiles or scenes are made by tasks.
    var makesTasks: Bool { command.option("--executor") != nil && command.option("--as-job") != nil }

    /// The words of the command that parameters mean; each value is one word, which no value can get out of.
    ///
    /// - Throws: `JobError` for a parameter that the command does not take, or not from a job.
    func words(for given: [JobParameter]) throws(JobError) -> [String] {
        let known = parameters
        var (options, positional): ([String], [String]) = ([], [])
        for parameter in given where !parameter.value.isEmpty {
            guard let found = known.first(where: { Self.folded($0.name) == Self.folded(parameter.id) }) else {
                throw JobError(.unknown(parameter: parameter.id, nearest: nil), job: name)
            }
            let (argument, values) = (found.argument, Self.values(parameter.value, of: found.argument))
            if written.contains(found.name), let reason = Self.objection(toWriting: parameter.value) {
                throw JobError(.invalid(parameter: found.name, reason: reason), job: name)
            }
            switch argument.kind {
            case .flag:
                guard let isSet = ["true": true, "1": true, "false": false, "0": false][parameter.value.lowercased()]
                else {
                    throw JobError(.invalid(parameter: found.name, reason: "is neither true nor false."), job: name)
                }
                if isSet { options.append("--\(found.name)") }
            case .option: options += values.map { "--\(found.name)=\($0)" }
            case .positional: positional += values
            }
        }
        return words + options + (positional.isEmpty ? [] : ["--"] + positional)
    }

    private static func folded(_ name: String) -> String { name.lowercased().replacing("-", with: "_") }

    /// The values of a parameter: a JSON list or words apart by blanks where it takes several.
    private static func values(_ text: String, of argument: CommandTree.Argument) -> [String] {
        let spelled = argument.preferredName?.spelled ?? ""
        if ArgumentNormalizer.numberCounts[spelled] != nil {
            return [text.split(whereSeparator: { $0 == " " || $0 == "," }).joined(separator: ",")]
        }
        guard argument.isRepeating else { return [text] }
        if text.hasPrefix("["), let list = JobParameter.list(text) { return list }
        return text.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private static func objection(toWriting path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.hasPrefix("/"), !path.contains(":"), !parts.contains(".."), !parts.contains("") else {
            return "'\(path)' is no name in the job's own folder, such as map.tif."
        }
        return nil
    }
}
