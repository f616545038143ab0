public import ArgumentParser
public import DatacubeIndex
import Documents
import Ingest
import Foundation
import Logging

extension DatasetUpdateOptions.LocationPolicy: ExpressibleByArgument {}

/// The command `dataset update`.
struct DatasetUpdateCommand: CommonCommand, ManyPathsCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Update datasets in the index by new documents.",
        discussion: "New keys at the top of a document are allowed; other changes only where --allow-any says so."
    )
    @OptionGroup var common: CommonOptions
    @Option(
        parsing: .singleValue,
        help: .init("Allow any change at this place (a.b.c) and below; may be repeated.", valueName: "key")
    )
    var allowAny: [String] = []
    @Flag(help: "Say what would change, and write nothing.")
    var dryRun = false
    @Option(help: "What becomes of the old location: keep, archive or forget.")
    var locationPolicy: DatasetUpdateOptions.LocationPolicy = .keep
    @OptionGroup var maturity: MaturityOptions
    @Argument(help: "Documents, folders or data files.", completion: .file())
    var paths: [String] = []

    /// What happened to one dataset.
    struct Entry: Encodable {
        let id: String?
        let location: String
        let isUpdated: Bool
        let safeChanges: [String]
        let unsafeChanges: [String]
        let error: String?
    }

    func run() async throws {
        guard !paths.isEmpty else { throw DatacubeExit.missing("datasets", Self.self, argument: "DATASET_PATHS") }
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let index = try await services.index()
            var options = DatasetUpdateOptions()
            options.allowedPlaces = allowAny
            options.isDryRun = dryRun
            options.locationPolicy = locationPolicy
            options.lessMatureTolerance = try maturity.tolerance()
            let stac = STACDocuments(products: try await index.products())
            var entries: [Entry] = []
            var isUnreadable = false
            for path in paths {
                do {
                    for candidate in try DatasetFiles.candidates(at: path).flatMap(stac.candidates(of:)) {
                        let results = try await index.updateDatasets([try candidate.get()], options: options)
                        for result in results { entries.append(show(result, services.log)) }
                    }
                } catch let error as DocumentError {
                    services.log.error("\(DatacubeExit.line(error))")
                    isUnreadable = true
                }
            }
            let updated = entries.count { $0.isUpdated }
            // Rejected documents are logged and not counted, as in the Open Data Cube.
            let failed = entries.count { !$0.isUpdated && $0.error != Self.rejected }
            try common.emit(entries) { "\(updated) successful, \(failed) failed" }
            if isUnreadable || updated < entries.count { throw DatacubeExit.fail(datacube: 0) }
        }
    }

    private static let rejected = "rejected"

    private func show(_ result: DatasetUpdateResult, _ log: Logger) -> Entry {
        let id = result.id?.uuidString.lowercased() ?? ""
        func entry(_ plan: UpdatePlan?, isUpdated: Bool, error: String? = nil) -> Entry {
            Entry(
                id: id.isEmpty ? nil : id,
                location: result.location,
                isUpdated: isUpdated,
                safeChanges: plan?.safe.map(\.place) ?? [],
                unsafeChanges: plan?.unsafe.map(\.place) ?? [],
                error: error
            )
        }
        switch result.outcome {
        case .updated(let plan):
            say(dryRun ? "Can update \(id): \(counts(plan))" : "Updated \(id)")
            if dryRun, let old = result.replacedLocation {
                say("Will \(locationPolicy.rawValue) old location \(old), and add new one \(result.location)")
            }
            return entry(plan, isUpdated: true)
        case .refused(let plan, let error):
            say(dryRun ? "Cannot update \(id): \(counts(plan))" : "Failed to update \(id): \(error.reason)")
            if !dryRun, let hint = error.hint { log.error("\(hint)") }
            return entry(plan, isUpdated: false, error: error.reason)
        case .rejected(let error):
            log.error("\(DatacubeExit.line(error))")
            log.error("Failure while processing: \(result.location)")
            return entry(nil, isUpdated: false, error: Self.rejected)
        }
    }

    private func say(_ line: String) { if !common.json { Output.write(line) } }

    private func counts(_ plan: UpdatePlan) -> String {
        "\(plan.unsafe.count) unsafe changes, \(plan.safe.count) safe changes"
    }
}

/// Whether less mature datasets of the same place and time are archived.
struct MaturityOptions: ParsableArguments {
    @Option(
        name: .customLong("archive-less-mature"),
        help: .init(
            "Archive less mature datasets of the same region whose time is so close; bare: 500.",
            valueName: "milliseconds"
        )
    )
    var milliseconds: String?

    /// - Throws: `CommandFailure` for anything but a whole number that is not negative.
    func tolerance() throws -> Int? {
        guard let milliseconds else { return nil }
        guard let number = Int(milliseconds) else {
            throw CommandFailure(.failed, "Error: millisecond delta value must be an integer")
        }
        guard number >= 0 else {
            throw CommandFailure(.failed, "Error: millisecond delta value must be a positive integer")
        }
        return number
    }
}
