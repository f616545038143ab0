import DatacubeIndex
public import Geo

/// The product to whose distribution the outputs of a recipe are brought: `apply_recipe --recipe_reference`.
public struct RecipeReference: Sendable {
    public let product: String
    /// Which of its datasets count; nil takes all.
    public let time: TimeRange?

    public init(product: String, time: TimeRange? = nil) { (self.product, self.time) = (product, time) }

    /// Finds the datasets, and the measurements that have an output's name.
    func resolve(
        for outputs: [String],
        of recipe: String,
        bounds: BoundingBox?,
        on index: any DatasetIndex
    ) async throws -> ResolvedReference {
        let found = try await index.product(named: product)
        let measurements = found.measurements.filter { outputs.contains($0.name) }
        guard !measurements.isEmpty else {
            throw WorkflowError(
                .badRequest,
                "reference product '\(product)' has no measurement that recipe '\(recipe)' makes",
                hint: "It has \(found.measurements.map(\.name).joined(separator: ", "))."
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
        let bands = measurements.map { ($0.name, $0) }
        return ResolvedReference(product: found, bands: Dictionary(bands) { first, _ in first }, datasets: datasets)
    }
}

/// A reference as the index has it.
struct ResolvedReference: Sendable {
    let product: Product
    /// Output → measurement.
    let bands: [String: Measurement]
    let datasets: [Dataset]
}
