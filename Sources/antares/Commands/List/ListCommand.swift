import ArgumentParser
import Foundation
import Geo
import Workflows

/// `list`: what there is.
struct ListCommand: CommonCommand {
    /// What can be listed.
    enum Subject: String, CaseIterable, ExpressibleByArgument {
        case products, recipes, regions
    }

    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List products (with datasets and times), recipes or regions."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "What to list.")
    var subject: Subject

    func run() async throws {
        let services = try common.makeServices()
        switch subject {
        case .products:
            let products = try await listProducts(on: try await services.index())
            try common.emit(products) { Self.table(products) }
        case .recipes:
            let recipes = try services.recipes()
            try common.emit(recipes) { recipes.map { "\($0.name)  \($0.description)" }.joined(separator: "\n") }
        case .regions:
            let regions = try await services.regions()
            try common.emit(regions) { regions.map { "\($0.country)  \($0.name)" }.joined(separator: "\n") }
        }
    }

    private static func table(_ products: [ProductListing]) -> String {
        guard !products.isEmpty else { return "no products in the index" }
        let header = ["name", "datasets", "first", "last", "measurements", "description"]
        let rows = products.map { product in
            [
                product.name, "\(product.datasets)", product.begin ?? "-", product.end ?? "-",
                "\(product.measurements)", product.description,
            ]
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        return ([header] + rows).map { row in
            row.enumerated().map { column, text in
                column == row.count - 1 ? text : text.padding(toLength: widths[column], withPad: " ", startingAt: 0)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
