import ArgumentParser
import DatacubeIndex

/// The command `product delete`.
struct ProductDeleteCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete products with all their datasets.",
        discussion: "The files of the datasets stay. Active datasets keep a product, unless --force is given."
    )
    @OptionGroup var common: CommonOptions
    @Flag(help: "Delete products with active datasets too.")
    var force = false
    @Flag(name: [.customShort("d"), .long], help: "Check the names, and delete nothing.")
    var dryRun = false
    @Argument(help: "Names of products.")
    var names: [String] = []

    func run() async throws {
        guard !names.isEmpty else { throw DatacubeExit.missing("", Self.self, argument: "PRODUCT_NAMES") }
        try await DatacubeExit.run {
            let index = try await common.makeServices().index()
            for name in names { _ = try await index.product(named: name) }
            guard !dryRun else {
                Output.write("\(names.count) products not deleted (dry run)\nCompleted product deletion.")
                return
            }
            var kept: [String] = []
            for name in names where try await !index.deleteProduct(named: name, force: force) { kept.append(name) }
            if !kept.isEmpty {
                Output.write(
                    "Product(s) \(kept.joined(separator: ", ")) could not be deleted due to active datasets. "
                        + "Use the --force option to delete anyway."
                )
            }
            Output.write("\(names.count - kept.count) out of \(names.count) products successfully deleted.")
            Output.write("Completed product deletion.")
            if !kept.isEmpty { throw DatacubeExit.fail(datacube: 0) }
        }
    }
}
