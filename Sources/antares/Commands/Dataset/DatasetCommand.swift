import ArgumentParser

/// The group `dataset`.
struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Datasets: add, search, archive.",
        subcommands: [
            DatasetAddCommand.self, DatasetUpdateCommand.self, DatasetSearchCommand.self, DatasetInfoCommand.self,
            DatasetURISearchCommand.self, DatasetCountCommand.self, DatasetFindDuplicatesCommand.self,
            DatasetArchiveCommand.self, DatasetRestoreCommand.self, DatasetPurgeCommand.self,
        ]
    )
}
