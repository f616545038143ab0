import ArgumentParser
import Config
import DatacubeIndex
import Foundation
import Logging

/// The command `system clone`.
struct SystemCloneCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "clone",
        abstract: "Copy the index of another environment into this one.",
        discussion: """
            Metadata types, products, datasets with their locations, and lineage; what is archived stays archived. \
            What is here already stays as it is, so that an interrupted copy can be run again.
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(help: "Datasets copied at a time.")
    var batchSize = 1000
    @Flag(inversion: .prefixedNo, help: "Copy no lineage.")
    var skipLineage = false
    @Flag(inversion: .prefixedNo, help: "Copy lineage only.")
    var lineageOnly = false
    @Argument(help: "Section of the datacube configuration to copy from.")
    var sourceEnv: String

    func validate() throws {
        guard batchSize > 0 else { throw ValidationError("--batch-size must be at least 1, got \(batchSize).") }
        guard !(skipLineage && lineageOnly) else {
            throw ValidationError("--skip-lineage and --lineage-only exclude each other.")
        }
    }

    func run() async throws {
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let other = try Settings(
                .reading(
                    environment: ProcessInfo.processInfo.environment,
                    datacubeEnvironment: sourceEnv,
                    datacubeFiles: common.config
                )
            )
            let from = try await Services(settings: other, log: services.log).index()
            let index = try await services.index()
            var options = CloneOptions()
            options.batchSize = batchSize
            options.copiesLineage = !skipLineage
            options.copiesDatasets = !lineageOnly
            let report = try await index.clone(from: from, options: options)
            let text = """
                \(report.metadataTypes) metadata types, \(report.products) products, \(report.datasets) datasets and \
                \(report.lineage) links of lineage copied
                """
            services.log.info("\(text)")
            if common.json || !DatacubeExit.isDatacube { try common.emit(report) { text } }
            if !report.excluded.isEmpty { throw DatacubeExit.fail(datacube: 0) }
        }
    }
}
