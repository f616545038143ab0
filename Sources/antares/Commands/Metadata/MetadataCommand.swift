import ArgumentParser
import DatacubeIndex
import Documents
import Logging

/// The group `metadata`.
struct MetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata",
        abstract: "Metadata types: where documents hold what searches need.",
        subcommands: [
            MetadataAddCommand.self, MetadataListCommand.self, MetadataShowCommand.self, MetadataUpdateCommand.self,
        ]
    )
}

/// The command `metadata add`.
struct MetadataAddCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add or update metadata types in the index."
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var lock: LockOptions
    @Argument(help: "Metadata type documents (YAML or JSON).", completion: .file())
    var files: [String] = []

    func run() async throws {
        guard !files.isEmpty else { throw DatacubeExit.missing("", Self.self, argument: "FILES") }
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let documents = try DefinitionFiles.read(files)
            let index = try await services.index()
            var rejected = 0
            for document in documents {
                do {
                    try await index.addMetadataType(document, locksTable: lock.allowExclusiveLock)
                } catch let error as DocumentError {
                    services.log.error("\(error)")
                    services.log.error("Invalid metadata type definition: \(document.origin)")
                    rejected += 1
                }
            }
            if rejected > 0 { throw DatacubeExit.fail(datacube: 0) }
        }
    }
}

/// The command `metadata list`.
struct MetadataListCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List metadata types.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await DatacubeExit.run {
            let types = try await common.makeServices().index().metadataTypes().sorted { $0.name < $1.name }
            guard !types.isEmpty else { throw CommandFailure(.failed, "No metadata types found :(") }
            let rows = types.map { DefinitionRow(name: $0.name, description: $0.description) }
            try common.emit(rows) { DefinitionRow.table(rows) }
        }
    }
}

/// The command `metadata show`.
struct MetadataShowCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Print metadata types.")
    @OptionGroup var common: CommonOptions
    @Option(name: .customShort("f"), help: "yaml or json.")
    var format: DefinitionFormat = .yaml
    @Argument(help: "Names; all where none is given.")
    var names: [String] = []

    func run() async throws {
        try await DatacubeExit.run {
            let all = try await common.makeServices().index().metadataTypes().sorted { $0.name < $1.name }
            let shown = try DefinitionFiles.chosen(names, from: all, "metadata", name: \.name)
            Output.write(try format.write(shown.map(\.definition), "metadata document"))
        }
    }
}
