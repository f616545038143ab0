import ArgumentParser
import DatacubeIndex
import Documents
import Logging

/// What `product update` and `metadata update` have in common.
struct DefinitionUpdateOptions: ParsableArguments {
    @Flag(help: "Allow changes that may not fit datasets that are there already.")
    var allowUnsafe = false
    @Flag(help: "Refuse such changes (the default).")
    var forbidUnsafe = false
    @OptionGroup var lock: LockOptions
    @Flag(name: [.customShort("d"), .long], help: "Say what would change, and write nothing.")
    var dryRun = false
    @Argument(help: "Documents (YAML or JSON).", completion: .file())
    var files: [String] = []

    var options: UpdateOptions {
        var options = UpdateOptions()
        options.allowsUnsafe = allowUnsafe && !forbidUnsafe
        options.locksTable = lock.allowExclusiveLock
        options.isDryRun = dryRun
        return options
    }

    /// What happened to one document.
    struct Entry: Encodable {
        let name: String
        let isAllowed: Bool
        let safeChanges: [String]
        let unsafeChanges: [String]
        let error: String?

        init(_ name: String, _ plan: UpdatePlan) {
            (self.name, isAllowed, error) = (name, plan.isAllowed, nil)
            (safeChanges, unsafeChanges) = (plan.safe.map(\.place), plan.unsafe.map(\.place))
        }

        init(_ name: String, error: String) {
            (self.name, isAllowed, safeChanges, unsafeChanges, self.error) = (name, false, [], [], error)
        }
    }

    /// The line that the Open Data Cube prints.
    func line(_ name: String, _ plan: UpdatePlan) -> String {
        guard dryRun else { return "Updated \"\(name)\"" }
        let verb = plan.isAllowed ? "Can" : "Cannot"
        return "\(verb) update \"\(name)\": \(plan.unsafe.count) unsafe changes, \(plan.safe.count) safe changes"
    }
}

/// The command `product update`.
struct ProductUpdateCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Update existing products.",
        discussion: """
            Descriptions, licences and removed keys of the signature are safe; everything else may not fit the \
            datasets of the product and needs --allow-unsafe. The exit code is the number of failures.
            """
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var update: DefinitionUpdateOptions

    func run() async throws {
        guard !update.files.isEmpty else { throw DatacubeExit.missing("", Self.self, argument: "FILES") }
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let documents = try DefinitionFiles.read(update.files)
            let index = try await services.index()
            var entries: [DefinitionUpdateOptions.Entry] = []
            var failures: Int32 = 0
            for document in documents {
                let name = document.value["name"]?.string ?? ""
                do {
                    let plan = try await index.updateProduct(document, options: update.options)
                    entries.append(.init(name, plan))
                    if !common.json { Output.write(update.line(name, plan)) }
                    if !plan.isAllowed, !DatacubeExit.isDatacube { failures += 1 }
                } catch let error as DocumentError {
                    services.log.error("\(error)")
                    services.log.error("Invalid product definition: \(document.origin)")
                    entries.append(.init(name, error: "\(error)"))
                    failures += 1
                } catch let error as IndexError where error.code == .unknownMetadataType {
                    services.log.error("\(error)")
                    services.log.error("Invalid product definition: \(document.origin)")
                    entries.append(.init(name, error: "\(error)"))
                    failures += 1
                } catch let error as IndexError where !update.dryRun {
                    entries.append(.init(name, error: "\(error)"))
                    if !common.json { Output.write("Failed to update \"\(name)\": \(error.reason)") }
                    if let hint = error.hint { services.log.error("\(hint)") }
                    failures += 1
                }
            }
            if common.json { try common.emit(entries) { "" } }
            if failures > 0 { throw DatacubeExit.fail(datacube: min(failures, 255)) }
        }
    }
}

/// The command `metadata update`.
struct MetadataUpdateCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Update existing metadata types.",
        discussion: "New search fields and another description are safe; everything else needs --allow-unsafe."
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var update: DefinitionUpdateOptions

    func run() async throws {
        guard !update.files.isEmpty else { throw DatacubeExit.missing("", Self.self, argument: "FILES") }
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let documents = try DefinitionFiles.read(update.files)
            let index = try await services.index()
            var entries: [DefinitionUpdateOptions.Entry] = []
            var hasFailed = false
            for document in documents {
                let name = document.value["name"]?.string ?? ""
                do {
                    let plan = try await index.updateMetadataType(document, options: update.options)
                    entries.append(.init(name, plan))
                    if !common.json { Output.write(update.line(name, plan)) }
                    hasFailed = hasFailed || !plan.isAllowed
                } catch let error as DocumentError {
                    services.log.error("\(error)")
                    services.log.error("Invalid metadata type definition: \(document.origin)")
                    entries.append(.init(name, error: "\(error)"))
                    hasFailed = true
                }
            }
            if common.json { try common.emit(entries) { "" } }
            if hasFailed { throw DatacubeExit.fail(datacube: 0) }
        }
    }
}
