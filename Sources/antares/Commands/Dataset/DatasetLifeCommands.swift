import ArgumentParser
import DatacubeIndex
import Foundation

/// The command `dataset archive`.
struct DatasetArchiveCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Archive datasets: take them out of searches."
    )
    @OptionGroup var common: CommonOptions
    @Flag(name: [.customShort("d"), .long], help: "Archive what derives from them as well.")
    var archiveDerived = false
    @Flag(help: "Print what would be archived.")
    var dryRun = false
    @OptionGroup var choice: DatasetChoice

    func run() async throws {
        guard !choice.isEmpty else { throw DatacubeExit.missing("datasets", Self.self, argument: "IDS") }
        try await DatacubeExit.run {
            let index = try await common.makeServices().index()
            var chosen = try await choice.resolve(index, .active)
            try await choice.expectAll(chosen, in: index)
            if archiveDerived {
                var derived: [UUID] = []
                for id in chosen { derived += try await index.derivedClosure(of: id).map(\.id) }
                chosen = derived + chosen
            }
            for id in chosen { Output.write("Archiving dataset: \(id.uuidString.lowercased())") }
            if !dryRun { try await index.archive(chosen) }
            Output.write("Completed dataset archival.")
        }
    }
}

/// The command `dataset restore`.
struct DatasetRestoreCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restore datasets that are archived."
    )
    @OptionGroup var common: CommonOptions
    @Flag(name: [.customShort("d"), .long], help: "Restore what derives from them as well.")
    var restoreDerived = false
    @Flag(help: "Print what would be restored.")
    var dryRun = false
    @Option(help: .init("Restore derived datasets only if archived so close to the first one.", valueName: "seconds"))
    var derivedToleranceSeconds = 600
    @OptionGroup var choice: DatasetChoice

    func run() async throws {
        guard !choice.isEmpty else { throw DatacubeExit.missing("datasets", Self.self, argument: "IDS") }
        try await DatacubeExit.run {
            let index = try await common.makeServices().index()
            for id in try await choice.resolve(index, .archived) {
                guard let target = try await index.dataset(id) else {
                    Output.write("No dataset found with id \(id.uuidString.lowercased())")
                    throw DatacubeExit.fail(datacube: 255)
                }
                let candidates = restoreDerived ? try await index.derivedClosure(of: id) : [target]
                let chosen = candidates.filter { isClose($0, to: target) }
                for dataset in chosen {
                    let location = dataset.locations.first { $0.hasPrefix("file:") } ?? "None"
                    Output.write("restoring \(dataset.productName) \(dataset.idText) \(location)")
                }
                if !dryRun { try await index.restore(chosen.map(\.id)) }
            }
        }
    }

    /// True for an archived dataset that was archived about when the target was.
    private func isClose(_ dataset: Dataset, to target: Dataset) -> Bool {
        guard let time = dataset.archivedTime else { return false }
        guard restoreDerived, let reference = target.archivedTime else { return true }
        return abs(time.timeIntervalSince(reference)) <= Double(derivedToleranceSeconds)
    }
}
