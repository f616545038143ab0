import Analysis
public import DatacubeIndex
public import Documents
import Foundation
public import Geo
import Ingest
public import Logging
import Raster

/// Makes a feature product from a recipe for a region and a time: the command `apply_recipe`.
public struct RecipeApplication: Sendable {
    /// Where to compute: every cell that shares area with it is made, whole.
    public struct Region: Sendable {
        /// As the user named it.
        public let name: String
        /// In longitude and latitude.
        public let polygon: MultiPolygon

        public init(name: String, polygon: MultiPolygon) { (self.name, self.polygon) = (name, polygon) }
    }

    private let recipe: Recipe
    private let document: SourceDocument
    private let time: TimeRange
    private let region: Region
    private let productName: String
    /// The folder below which `recipes/<product>/` is made.
    private let location: String
    private let software: String

    public init(
        recipe document: SourceDocument,
        time: TimeRange,
        region: Region,
        productName: String,
        location: String,
        software: String
    ) throws {
        // The last instant belongs to the next day: end is exclusive.
        let last = SliceDate(time.end.addingTimeInterval(-1))
        recipe = try Recipe(document).expanded(from: SliceDate(time.begin), to: last)
        (self.document, self.time, self.region) = (document, time, region)
        (self.productName, self.location, self.software) = (productName, location, software)
    }

    /// Plans the cells, makes those that are missing or damaged, and indexes them.
    public func run(
        on index: any DatasetIndex,
        options: RunOptions,
        log: Logger,
        progress: @escaping @Sendable (_ done: Int, _ planned: Int) -> Void
    ) async throws -> RunSummary {
        var summary = RunSummary(product: productName)
        let bounds = region.polygon.bounds
        var series: [ResolvedInput] = []
        for input in recipe.seriesInputs {
            if let resolved = try await index.resolve(input, time: time, bounds: bounds) {
                series.append(resolved)
            } else {
                let products = input.products.joined(separator: " or ")
                summary.notes.append("input '\(input.name)' has no data (product \(products)): it is left out")
            }
        }
        guard let first = series.first else {
            let names = recipe.seriesInputs.map { "'\($0.name)'" }.joined(separator: ", ")
            throw WorkflowError(.noInput, "none of the inputs \(names) of recipe '\(recipe.name)' has data")
        }
        guard let grid = first.product.gridSpec else {
            throw WorkflowError(
                .badRequest,
                "product '\(first.product.name)' has no grid of cells (storage: crs, tile_size, resolution)",
                hint: "Ingest it first: datacube ingest -c CONFIG."
            )
        }
        var statics: [ResolvedInput] = []
        for input in recipe.staticInputs {
            if let resolved = try await index.resolve(input, time: nil, bounds: bounds) {
                statics.append(resolved)
            } else {
                let names = input.measurements.joined(separator: ", ")
                summary.notes.append(
                    "input '\(input.name)' has no data (product \(input.products.joined(separator: " or "))): "
                        + "what depends on \(names) is nodata"
                )
            }
        }
        let output = try await OutputProduct(
            definition: recipe.productDefinition(named: productName, grid: grid),
            origin: "recipe \(recipe.name)",
            hint: "Choose another --name, or delete that product."
        ).ensure(on: index, isDryRun: options.isDryRun)
        let planner = RecipePlanner(
            recipe: recipe,
            parameters: parameters,
            time: time,
            region: region.polygon,
            grid: grid,
            product: output,
            folder: URL(fileURLWithPath: location).appendingPathComponent("recipes/\(productName)").path,
            software: software
        )
        let plan = try planner.plan(series: series, statics: statics, memory: options.memory / options.jobs)
        guard !plan.tasks.isEmpty else {
            throw WorkflowError(
                .noInput,
                "product '\(first.product.name)' has no data in the cells of region '\(region.name)'",
                hint: "Compare the region with: datacube dataset search product=\(first.product.name)."
            )
        }
        let production = TileProduction(product: output, index: index, options: options, log: log, progress: progress)
        return try await production.run(plan.tasks, bytesPerPixel: plan.bytesPerPixel, summary: summary)
    }

    /// What the output documents say of how they were made.
    private var parameters: DocumentObject {
        DocumentObject([
            (key: "recipe", value: document.value),
            (key: "begin", value: .string(Timestamp.day(time.begin))),
            (key: "end", value: .string(Timestamp.day(time.end))),
            (key: "region", value: .string(region.name)),
        ])
    }
}
