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
        guard let first = measurements.first else {
            throw WorkflowError(.badRequest, "product '\(product)' has no measurements")
        }
        let special = try resampling.special.map { (try source.measurement($0.key).name, $0.value) }
        let choice = ResamplingChoice(resampling.standard, special: Dictionary(special) { first, _ in first })
        let query = DatasetQuery(product: source.name, time: time, bounds: region?.polygon.bounds)
        let datasets = try await index.datasets(matching: query).sorted { first, second in
            latestFirst ? Dataset.precedes(second, first) : Dataset.precedes(first, second)
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
            throw WorkflowError(.noInput, "product '\(product)' has no data in the time and region that were asked for")
        }
        let grid = spec.single(around: extent)
        let bands = measurements.map { IngestProgram.Band(source: $0, target: $0, resampling: choice[$0.name]) }
        let bytesPerPixel = measurements.reduce(8) { $0 + 3 * $1.dtype.byteCount }
        let factory = TileFactory(
            product: source,
            grid: grid,
            driver: .geoTIFF,
            variables: measurements.map(Self.variable),
            attributes: [],
            algorithm: "export",
            parameters: parameters(choice, grid),
            software: software,
            blocks: BlockBudget(datasets, first, bytesPerPixel: bytesPerPixel, limit: options.memory / options.jobs),
            storage: target.storage
        )
        let production = TileProduction(product: source, index: nil, options: options, log: log, progress: progress)
        return try await production.run(bytesPerPixel: bytesPerPixel, summary: RunSummary(product: source.name)) {
            leftOut,
            _ in
            let used = placed.filter { !leftOut.contains($0.dataset.id) }
            guard let firstTime = used.compactMap(\.dataset.time).map(\.begin).min(),
                let lastTime = used.compactMap(\.dataset.time).map(\.end).max()
            else { return [] }
            var properties = DocumentObject()
            properties.name(leftOut: placed.map(\.dataset).filter { leftOut.contains($0.id) })
            let task = try factory.task(
                TileIndex(x: 0, y: 0),
                time: TimeRange(begin: firstTime, end: lastTime),
                stem: "",
                sources: [("source", used.map(\.dataset))],
                footprints: used.map(\.footprint),
                properties: properties,
                program: IngestProgram(bands: bands, datasets: used.map(\.dataset)),
                clip: clips ? area.map { Clip(polygon: $0) } : nil
            )
            return [task]
        }
    }

    private func parameters(_ choice: ResamplingChoice, _ grid: GridSpec) -> DocumentObject {
        let special = choice.special.sorted { $0.key < $1.key }.map {
            (key: $0.key, value: DocumentValue.string($0.value.name))
        }
        let entries: [(key: String, value: DocumentValue)] = [
            (
                key: "resampling",
                value: .object(DocumentObject([(key: "*", value: .string(choice.standard.name))] + special))
            ),
            (key: "clip", value: .bool(clips)),
            (key: "region", value: .string(region?.name ?? "")), (key: "crs", value: .string(grid.crs.definition)),
            (key: "origin", value: .array([.double(grid.origin.x), .double(grid.origin.y)])),
            (key: "size", value: .array([.double(grid.tileSize.x), .double(grid.tileSize.y)])),
            (key: "resolution", value: .array([.double(grid.resolution.x), .double(grid.resolution.y)])),
            (key: "compression", value: .string(target.compression.rawValue)),
        ]
        return DocumentObject(entries)
    }

    private static func union(_ boxes: [BoundingBox]) -> BoundingBox? {
        guard let first = boxes.first else { return nil }
        return boxes.dropFirst().reduce(first) { $0.union($1) }
    }

    private static func variable(_ measurement: DatacubeIndex.Measurement) -> NetCDFTile.Variable {
        NetCDFTile.Variable(
            name: measurement.name,
            type: measurement.dtype,
            nodata: measurement.nodata,
            units: measurement.units,
            chunk: XY(x: 512, y: 512),
            isCategorical: !measurement.flags.isEmpty
        )
    }
}
