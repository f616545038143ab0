import Analysis
import DatacubeIndex
public import Geo

/// The product to whose distribution the outputs of a recipe are brought: `apply_recipe --recipe_reference`.
public struct RecipeReference: Sendable {
    public let product: String
    /// Which of its datasets count; nil takes all.
    public let time: TimeRange?

    public init(product: String, time: TimeRange? = nil) { (self.product, self.time) = (product, time) }

    /// Finds the datasets, and the measurements for what the recipe matches.
    func resolve(
        for recipe: Recipe,
        bounds: BoundingBox?,
        on index: any DatasetIndex
    ) async throws -> ResolvedReference {
        let found = try await index.product(named: product)
        let bands = recipe.matched.compactMapValues { name in found.measurements.first { $0.name == name } }
        guard !bands.isEmpty else {
            throw WorkflowError(
                .badRequest,
                "reference product '\(product)' has no measurement to which recipe '\(recipe.name)' can be matched",
                hint:
                    "Looked for: \(recipe.matched.values.sorted().joined(separator: ", ")). It has \(found.measurements.map(\.name).joined(separator: ", "))."
            )
        }
        let datasets = try await index.datasets(matching: DatasetQuery(product: product, time: time, bounds: bounds))
        guard !datasets.isEmpty else {
            throw WorkflowError(
                .noInput,
                "reference product '\(product)' has no data in the region and time",
                hint: "Compare with: datacube dataset search product=\(product)."
            )
        }
        return ResolvedReference(product: found, bands: bands, datasets: datasets)
    }
}

/// A reference as the index has it.
struct ResolvedReference: Sendable {
    let product: Product
    /// Output, or band of the series → measurement.
    let bands: [String: Measurement]
    let datasets: [Dataset]
}
