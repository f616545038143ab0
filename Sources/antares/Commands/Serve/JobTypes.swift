import ArgumentParser
import Jobs

/// The job types of antares itself: what the options of its commands say.
enum JobTypes {
    static var all: [JobDescription] {
        let commands: [any ParsableCommand.Type] = [
            IngestCommand.self, ApplyRecipeCommand.self, CompositeCommand.self, ExportCommand.self,
            PrepareMetadataCommand.self,
        ]
        return commands.map { describe(CommandTree($0)) }
    }

    /// Options of the program around a job, not of what it computes: an administrator's matter.
    private static let hidden: Set<String> = [
        "help", "version", "verbose", "quiet", "env", "config", "raw-config", "log-file", "log-queries", "json",
        "executor", "scheduler", "hosts", "detach", "jobs", "retries", "task-memory", "task-time", "tiles-per-task",
        "memory", "dry-run", "save-tasks", "load-tasks", "queue-size", "multi",
    ]

    private static func describe(_ tree: CommandTree) -> JobDescription {
        let name = tree.commandName.replacing("-", with: "_")
        let parameters = tree.arguments.compactMap { argument -> ParameterDescription? in
            let word = argument.names?.first { $0.kind == .long }?.name ?? argument.valueName ?? ""
            guard argument.shouldDisplay, !word.isEmpty, !hidden.contains(word) else { return nil }
            return ParameterDescription(
                word.replacing("-", with: "_"),
                argument.kind == .flag ? .boolean : .string,
                isRequired: !argument.isOptional && argument.defaultValue == nil,
                annotation: argument.abstract ?? ""
            )
        }
        return JobDescription(name: name, annotation: tree.abstract, parameters: parameters)
    }
}
