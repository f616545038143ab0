public import DatacubeIndex
public import Documents
import Foundation
import Geo
public import Ingest
public import Logging
import Raster

/// Makes tiles of a grid from the scenes of a product: the command `ingest`.
public struct Ingestion: Sendable {
    public let config: IngestionConfig
    /// What messages call the configuration: its file.
    public let origin: String
    /// Only scenes of these years.
    public var years: ClosedRange<Int>?
    /// Updates the product where the configuration now says otherwise, as far as that is safe for the tiles it has.
    public var allowsProductChanges = false
    /// Only these tiles of the plan, each of which must still be in it.
    public var tasks: IngestionTasks?
    public let software: String
    private let document: SourceDocument

    public init(_ document: SourceDocument, software: String) throws {
        (config, origin, self.document) = (try IngestionConfig(document), document.origin, document)
        self.software = software
    }

    /// Plans the tiles, makes those that are missing or damaged, and indexes them.
    public func run(
        on index: any DatasetIndex,
        options: RunOptions,
        log: Logger,
        progress: @escaping @Sendable (_ done: Int, _ planned: Int) -> Void
    ) async throws -> RunSummary {
        let source = try await sourceProduct(in: index)
        try checkSources(source)
        let output = try await OutputProduct(
            definition: try config.outputDefinition(of: source),
            origin: origin,
            hint: "Use another output_type, or --allow-product-changes to update the indexed one.",
            allowsChanges: allowsProductChanges
        ).ensure(on: index, isDryRun: options.isDryRun)
        let datasets = try await index.datasets(matching: DatasetQuery(product: source.name, time: yearRange))
        guard !datasets.isEmpty else { throw try await noDatasets(source, index) }
        let plan = try IngestionPlan(
            document: document,
            source: source,
            product: output,
            datasets: datasets,
            lineage: output.isLegacy ? try await index.lineage(of: datasets.map(\.id)) : DatasetLineage(),
            software: software
        )
        var production = TileProduction(index: index, options: options, log: log, progress: progress)
        // A tile without a broken scene is another one by its id: the list is checked in the first round.
        if let tasks { production.select = { try tasks.select($0, isChecked: $1) } }
        return try await production.run(plan, summary: RunSummary(product: output.name))
    }

    /// Writes the tiles that a run would make now to a file, and makes none.
    ///
    /// - Returns: A summary as of a dry run.
    public func save(
        tasksTo path: String,
        on index: any DatasetIndex,
        options: RunOptions,
        log: Logger,
        progress: @escaping @Sendable (_ done: Int, _ planned: Int) -> Void
    ) async throws -> RunSummary {
        var options = options
        options.isDryRun = true
        let summary = try await run(on: index, options: options, log: log, progress: progress)
        let open = summary.tiles.filter { !$0.isDone }
        try IngestionTasks(configuration: document.value, years: years, tiles: open.map { ($0.tile, $0.id) }).write(
            to: path
        )
        return summary
    }

    /// The product of the scenes; an error names the line of the configuration.
    private func sourceProduct(in index: any DatasetIndex) async throws -> Product {
        let products = try await index.products()
        if let product = products.first(where: { $0.name == config.sourceProduct }) { return product }
        let near = nearest(to: config.sourceProduct, in: products.map(\.name)).map { "Did you mean '\($0)'? " } ?? ""
        throw try document.root.required("source_type").failure(
            "names the product '\(config.sourceProduct)', which is not in the index",
            hint: near + "See: antares list products."
        )
    }

    /// Fails at the first measurement that the product of the scenes lacks, with its line.
    private func checkSources(_ source: Product) throws {
        for (band, entry) in zip(config.bands, try document.root.required("measurements").elements()) {
            do {
                _ = try source.measurement(band.sourceName)
            } catch let error as IndexError {
                let reader = try entry.optional("src_varname") ?? entry.required("name")
                let reason = "names the measurement '\(band.sourceName)', which product '\(source.name)' lacks"
                throw reader.failure(reason, hint: error.hint)
            }
        }
    }

    private func noDatasets(_ source: Product, _ index: any DatasetIndex) async throws -> WorkflowError {
        let span = years.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
        let period = span.map { " in \($0)" } ?? ""
        let seen = try await index.datasets(matching: DatasetQuery(product: source.name)).compactMap(\.time)
        let hint =
            if let begin = seen.map(\.begin).min(), let end = seen.map(\.end).max() {
                "It has data from \(Timestamp.day(begin)) to \(Timestamp.day(end))."
            } else {
                "Index scenes first: antares prepare_metadata, then datacube dataset add."
            }
        return WorkflowError(.noInput, "product '\(source.name)' has no datasets\(period)", hint: hint)
    }

    private var yearRange: TimeRange? {
        guard let years, let first = TimeRange(period: "\(years.lowerBound)"),
            let last = TimeRange(period: "\(years.upperBound)")
        else { return nil }
        return TimeRange(begin: first.begin, end: last.end)
    }
}
