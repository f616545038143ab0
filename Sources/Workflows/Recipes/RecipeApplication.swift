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
        /// True where it stands for no limit at all: the edge of the world does not survive every projection.
        public let isEverywhere: Bool

        public init(name: String, polygon: MultiPolygon, isEverywhere: Bool = false) {
            (self.name, self.polygon, self.isEverywhere) = (name, polygon, isEverywhere)
        }
    }

    private let recipe: Recipe
    private let document: SourceDocument
    private let time: TimeRange
    private let region: Region
    private let productName: String
    /// The folder below which `recipes/<product>/` is made.
    private let location: String
    private let software: String
    /// The grid to work on, as far as it is not the product's own.
    public var gridding = GridOptions()
    /// Makes pixels outside of the region nodata.
    public var clips = false
    /// One file instead of tiles of a product; nothing is indexed then.
    public var mosaic: MosaicTarget?
    /// Brings outputs to the distribution of those of the same name in another product, cell by cell; cells where that
    /// has no data stay as they are.
    public var reference: RecipeReference?

    public init(
        recipe document: SourceDocument,
        time: TimeRange,
        region: Region,
        productName: String,
        location: String,
        software: String
    ) throws {
        recipe = try Self.recipe(document, over: time)
        (self.document, self.time, self.region) = (document, time, region)
        (self.productName, self.location, self.software) = (productName, location, software)
    }

    /// The recipe with outputs for each period.
    static func recipe(_ document: SourceDocument, over time: TimeRange) throws -> Recipe {
        // The last instant belongs to the next day: end is exclusive.
        try Recipe(document).expanded(
            from: SliceDate(time.begin),
            to: SliceDate(time.end.addingTimeInterval(-1))
        )
    }

    /// Plans the cells, makes those that are missing or damaged, and indexes them.
    public func run(
        on index: any DatasetIndex,
        options: RunOptions,
        log: Logger,
        progress: @escaping @Sendable (_ done: Int, _ planned: Int) -> Void
    ) async throws -> RunSummary {
        var summary = RunSummary(product: productName)
        let bounds = region.isEverywhere ? nil : region.polygon.bounds
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
        let grid = try await makeGrid(first, on: index)
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
        let definition = recipe.productDefinition(named: productName, grid: grid)
        let output = try await output(definition, on: index, isDryRun: options.isDryRun)
        var planner = RecipePlanner(
            recipe: recipe,
            parameters: parameters,
            time: time,
            region: region.isEverywhere ? MultiPolygon(parts: []) : region.polygon,
            grid: grid,
            product: output,
            folder: ObjectStore.join(location, "recipes/\(productName)"),
            software: software
        )
        (planner.mosaic, planner.clips) = (mosaic, clips)
        planner.reference = try await reference?.resolve(for: recipe, bounds: bounds, on: index)
        let plan = RecipePlan(planner: planner, series: series, statics: statics)
        let production = TileProduction(index: index, options: options, log: log, progress: progress)
        let result = try await production.run(plan, summary: summary)
        guard result.planned > 0 || !result.skipped.isEmpty else {
            throw WorkflowError(
                .noInput,
                "product '\(first.product.name)' has no data in the cells of region '\(region.name)'",
                hint: "Compare the region with: datacube dataset search product=\(first.product.name)."
            )
        }
        return result
    }

    private func makeGrid(_ series: ResolvedInput, on index: any DatasetIndex) async throws -> GridSpec {
        let spec = try await gridding.orElse(recipe.grid).spec(for: series.product, series.datasets, on: index)
        guard mosaic != nil else { return spec }
        let projector = FootprintProjector(to: spec.crs)
        let area = region.isEverywhere ? nil : try projector.project(region.polygon, from: .wgs84).bounds
        let data = try series.datasets.compactMap { try projector.footprint(of: $0)?.bounds }
        let union = data.dropFirst().reduce(data.first) { $0?.union($1) }
        guard let union, let box = area.map({ union.intersection($0) }) ?? union else {
            throw WorkflowError(.noInput, "product '\(series.product.name)' has no data in region '\(region.name)'")
        }
        return spec.single(around: box)
    }

    private func output(
        _ definition: DocumentValue,
        on index: any DatasetIndex,
        isDryRun: Bool
    ) async throws -> Product {
        guard mosaic == nil else {
            guard let product = Product(definition: definition) else {
                throw WorkflowError(.badRequest, "recipe '\(recipe.name)' makes no product")
            }
            return product
        }
        return try await OutputProduct(
            definition: definition,
            origin: "recipe \(recipe.name)",
            hint: "Choose another --name, or delete that product."
        ).ensure(on: index, isDryRun: isDryRun)
    }

    /// What the output documents say of how they were made.
    private var parameters: DocumentObject {
        var parameters = DocumentObject([
            (key: "recipe", value: document.value),
            (key: "begin", value: .string(Timestamp.day(time.begin))),
            (key: "end", value: .string(Timestamp.day(time.end))),
            (key: "region", value: .string(region.name)),
        ])
        if let reference {
            parameters["reference"] = .string(reference.product)
            if let time = reference.time {
                parameters["reference_begin"] = .string(Timestamp.day(time.begin))
                parameters["reference_end"] = .string(Timestamp.day(time.end))
            }
        }
        return parameters
    }
}
