import ArgumentParser
import DatacubeIndex
import Documents
import Foundation

/// Which datasets a command works on: ids, all, or those that a query finds.
struct DatasetChoice: ParsableArguments {
    @Flag(help: "All datasets that the command applies to.")
    var all = false
    @Option(
        parsing: .singleValue,
        help: .init("Datasets that meet these conditions, as dataset search takes them; may be repeated.")
    )
    var query: [String] = []
    @Argument(help: "Ids.")
    var ids: [String] = []

    var isEmpty: Bool { ids.isEmpty && !all && query.isEmpty }

    /// The ids; what stands for all and for queries is `status`.
    ///
    /// - Throws: an exit code, after saying so, where a query finds nothing.
    func resolve(_ index: Index, _ status: DatasetQuery.Status) async throws -> [UUID] {
        if all { return try await index.datasetIDs(archived: status == .archived) }
        guard !query.isEmpty else { return try ids.map(DatasetID.parse) }
        var conditions = try DatasetQuery(expressions: query)
        conditions.status = status
        let found = try await index.datasets(matching: conditions).map(\.id)
        guard !found.isEmpty else {
            Output.write("No datasets found with the query terms")
            throw ExitCode.success
        }
        return found
    }

    /// Ends the program, after naming them, where some ids are not in the index.
    func expectAll(_ ids: [UUID], in index: Index) async throws {
        let found = Set(try await index.datasets(ids: ids).map(\.id))
        let missing = ids.filter { !found.contains($0) }
        for id in missing { Output.write("No dataset found with id: \(id.uuidString.lowercased())") }
        guard missing.isEmpty else { throw DatacubeExit.fail(datacube: 255) }
    }
}

extension DatasetQuery {
    /// Search conditions of the command line; `product=` chooses the product.
    init(expressions: [String], limit: Int? = nil) throws {
        self.init(fields: try SearchExpression.parse(expressions, now: Date()), limit: limit)
        guard case .equals(let name)? = fields["product"] else { return }
        product = name.string
        fields["product"] = nil
    }
}

/// The command `dataset purge`.
struct DatasetPurgeCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Purge archived datasets for good.",
        discussion:
            "The files of the datasets stay. A dataset that others were made from goes with them, or not at all."
    )
    @OptionGroup var common: CommonOptions
    @Flag(help: "Print what would be deleted.")
    var dryRun = false
    @Flag(help: "Delete active datasets too.")
    var force = false
    @OptionGroup var choice: DatasetChoice

    func run() async throws {
        guard !choice.isEmpty else { throw DatacubeExit.missing("datasets", Self.self, argument: "IDS") }
        try await DatacubeExit.run {
            let index = try await common.makeServices().index()
            let ids = try await choice.resolve(index, .archived)
            try await choice.expectAll(ids, in: index)
            if !force {
                let active = try await index.datasets(ids: ids).filter { !$0.isArchived }
                for dataset in active { Output.write("Cannot purge non-archived dataset: \(dataset.idText)") }
                guard active.isEmpty else { throw DatacubeExit.fail(datacube: 255) }
            }
            for id in ids { Output.write("Purging dataset: \(id.uuidString.lowercased())") }
            if dryRun {
                Output.write("\(ids.count) datasets not purged (dry run)")
            } else {
                Output.write("\(try await index.purge(ids, force: force)) datasets purged")
            }
            Output.write("Completed dataset purge.")
        }
    }
}
