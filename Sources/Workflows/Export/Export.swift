public import DatacubeIndex
import Documents
import Foundation
public import Geo
import Ingest
public import Logging
import Raster

/// Lays the datasets of a product over each other in one file: `export` and `db_to_raster`.
public struct Export: Sendable {
    public let product: String
    /// Names or aliases of measurements; empty takes all.
    public let bands: [String]
    /// Only datasets of this time; nil takes all.
    public let time: TimeRange?
    /// Nil takes all that the product covers.
    public let region: RecipeApplication.Region?
    public let target: MosaicTarget
    public let software: String
    /// By name or alias of measurements.
    public var resampling = ResamplingChoice.nearest
    public var gridding = GridOptions()
    public var clips = false
    /// True where the newest dataset lies on top, not the oldest.
    public var latestFirst = true

    public init(
        product: String,
        bands: [String],
        time: TimeRange?,
        region: RecipeApplication.Region?,
        target: MosaicTarget,
        software: String
    ) {
        (self.product, self.bands, self.time, self.region) = (product, bands, time, region)
        (self.target, self.software) = (target, software)
    }

    /// Makes the file unless it is there already.
    public func run(
        on index: any DatasetIndex,
        options: RunOptions,
        log: Logger,
        progress: @escaping @Sendable (_ done: Int, _ planned: Int) -> Void
    ) async throws -> RunSummary {
        let source = try await index.product(named: product)
        let measurements = try bands.isEmpty ? source.measurements : bands.map { try source.measurement($0) }
        guard !measurements.isEmpty else {
            throw WorkflowError(.badRequest, "product '\(product)' has no measurements")
        }
        let special = try resampling.special.map { (try source.measurement($0.key).name, $0.value) }
        let choice = ResamplingChoice(resampling.standard, special: Dictionary(special) { first, _ in first })
        let query = DatasetQuery(product: source.name, time: time, bounds: region?.polygon.bounds)
        let datasets = try await index.datasets(matching: query).sorted { first, second in
            latestFirst ? Dataset.precedes(second, first) : Dataset.precedes(first, second)
        }
        guard !datasets.isEmpty else {
            throw try await index.noData(of: source.name, time: time, isWithin: region != nil)
        }
        let spec = try await gridding.spec(for: source, datasets, on: index)
        let projector = FootprintProjector(to: spec.crs)
        let area = try region.map { try projector.project($0.polygon, from: .wgs84) }
        let placed = try datasets.compactMap { dataset in
            try projector.footprint(of: dataset).map { (dataset: dataset, footprint: $0) }
        }
        guard let box = Self.union(placed.compactMap(\.footprint.bounds)),
            let extent = area?.bounds.map({ box.intersection($0) }) ?? box
        else {
            throw try await index.noData(of: source.name, time: time, isWithin: region != nil)
        }
        let plan = ExportPlan(
            product: source,
            measurements: measurements,
            resampling: choice,
            grid: spec.single(around: extent),
            datasets: placed.map(\.dataset),
            region: region?.name ?? "",
            clip: clips ? area.map { Clip(polygon: $0) } : nil,
            target: target,
            software: software
        )
        let production = TileProduction(index: index, options: options, log: log, progress: progress)
        return try await production.run(plan, summary: RunSummary(product: source.name))
    }

    private static func union(_ boxes: [BoundingBox]) -> BoundingBox? {
        guard let first = boxes.first else { return nil }
        return boxes.dropFirst().reduce(first) { $0.union($1) }
    }
}
