import ArgumentParser

/// The group `antares config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Look at the configuration, and make ingestion configurations for other grids.",
        subcommands: [ConfigShowCommand.self, ConfigGridCommand.self]
    )
}
