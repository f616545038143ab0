import ArgumentParser

/// The group `dataset`.
struct DatasetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset",
        abstract: "Datasets: add, search, archive.",
        subcommands: [
            DatasetAddCommand.self, DatasetSearchCommand.self, DatasetInfoCommand.self, DatasetArchiveCommand.self,
            DatasetRestoreCommand.self,
        ]
    )
}
