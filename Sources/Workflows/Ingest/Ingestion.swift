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
    /// Goes on with the product as it is where the configuration now says otherwise.
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
            hint: "Use another output_type, or --allow-product-changes to go on with the indexed one.",
            allowsChanges: allowsProductChanges
        ).ensure(on: index, isDryRun: options.isDryRun)
        let summary = RunSummary(product: output.name)
        let bands = try config.bands.map { band in
            IngestProgram.Band(
                source: try source.measurement(band.sourceName),
                target: try output.measurement(band.name),
                resampling: band.resampling
            )
        }
        let datasets = try await index.datasets(matching: DatasetQuery(product: source.name, time: yearRange))
        guard !datasets.isEmpty else { throw try await noDatasets(source, index) }
        let widest = bands.map { $0.source.dtype.byteCount + $0.target.dtype.byteCount }.max() ?? 2
        let bytesPerPixel = 4 * widest
        let factory = TileFactory(
            product: output,
            grid: config.grid,
            driver: config.driver,
            variables: zip(config.bands, bands).map(variable),
            attributes: config.globalAttributes,
            algorithm: "ingest",
            parameters: DocumentObject([(key: "source_product", value: .string(source.name))]),
            software: software,
            blocks: BlockBudget(
                datasets,
                bands[0].source,
                bytesPerPixel: bytesPerPixel,
                limit: options.memory / options.jobs
            ),
            lineage: output.isLegacy ? try await index.lineage(of: datasets.map(\.id)) : DatasetLineage()
        )
        let production = TileProduction(product: output, index: index, options: options, log: log, progress: progress)
        return try await production.run(bytesPerPixel: bytesPerPixel, summary: summary) { leftOut, summary in
            let planned = try plan(datasets, without: leftOut, factory: factory, bands: bands, summary: &summary)
            guard let tasks else { return planned }
            // A tile without a broken scene is another one by its id: the list was checked in the first round.
            return try tasks.select(planned, isChecked: leftOut.isEmpty)
        }
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

    private func variable(_ band: IngestionConfig.Band, _ made: IngestProgram.Band) -> NetCDFTile.Variable {
        var attributes = band.attributes
        for (name, value) in [("scale_factor", made.target.scaleFactor), ("add_offset", made.target.addOffset)] {
            if let value, value != (name == "scale_factor" ? 1 : 0) {
                attributes.append(("stored_\(name)", "\(value)"))
            }
        }
        return NetCDFTile.Variable(
            name: band.name,
            type: band.dtype,
            nodata: band.nodata,
            units: made.target.units,
            attributes: attributes,
            chunk: band.isContiguous
                ? XY(x: config.grid.tileShape.width, y: config.grid.tileShape.height) : config.chunk,
            deflateLevel: band.deflateLevel,
            isShuffled: band.isShuffled,
            isChecked: band.isChecked,
            isCategorical: !made.target.flags.isEmpty || band.resampling == .nearest && made.target.dtype == .uint8
        )
    }

    /// One task for each cell and exact time, by time and then by cell.
    private func plan(
        _ datasets: [Dataset],
        without leftOut: Set<UUID>,
        factory: TileFactory,
        bands: [IngestProgram.Band],
        summary: inout RunSummary
    ) throws -> [TileTask] {
        struct Slot: Hashable {
            let time: Date
            let tile: TileIndex
        }
        let projector = FootprintProjector(to: config.grid.crs)
        var broken: [Slot: [Dataset]] = [:]
        var slots: [Slot: [(dataset: Dataset, footprint: MultiPolygon)]] = [:]
        for dataset in datasets.sorted(by: Dataset.precedes) {
            guard let time = dataset.time, let footprint = try projector.footprint(of: dataset) else {
                let reason = "its document has no time or no footprint"
                summary.failures.append(.init(tile: "dataset \(dataset.idText)", reason: reason))
                continue
            }
            for tile in config.grid.tiles(covering: footprint) {
                if leftOut.contains(dataset.id) {
                    broken[Slot(time: time.center, tile: tile), default: []].append(dataset)
                    continue
                }
                if let bounds = config.bounds, !bounds.intersects(config.grid.bounds(of: tile)) { continue }
                slots[Slot(time: time.center, tile: tile), default: []].append((dataset, footprint))
            }
        }
        var tasks: [TileTask] = []
        for (slot, entries) in slots.sorted(by: { ($0.key.time, $0.key.tile) < ($1.key.time, $1.key.tile) }) {
            guard entries.count == 1 || config.fusesData else {
                let reason = "\(entries.count) datasets at one time, and the configuration has no fuse_data: copy"
                summary.notes.append("tile \(slot.tile) of \(Timestamp.iso(slot.time)) left out: \(reason)")
                continue
            }
            let sources = entries.map(\.dataset)
            guard let first = sources.first?.time else { continue }
            tasks.append(
                try factory.task(
                    slot.tile,
                    time: first,
                    stem: path(slot.tile, first),
                    sources: [("source", sources)],
                    footprints: entries.map(\.footprint),
                    properties: Self.kept(from: sources[0], leftOut: broken[slot] ?? []),
                    program: IngestProgram(bands: bands, datasets: sources)
                )
            )
        }
        return tasks
    }

    private func path(_ tile: TileIndex, _ time: TimeRange) -> String {
        let name = config.filePathTemplate
            .replacing("{tile_index[0]}", with: "\(tile.x)")
            .replacing("{tile_index[1]}", with: "\(tile.y)")
            .replacing("{start_time}", with: Timestamp.compact(time.begin))
            .replacing("{end_time}", with: Timestamp.compact(time.end))
            .replacing("{version}", with: config.version)
        return URL(fileURLWithPath: config.location).appendingPathComponent(name).path
    }

    /// What stays true of a tile of the properties of its scene.
    private static func kept(from dataset: Dataset, leftOut: [Dataset]) -> DocumentObject {
        let keys = [
            "eo:platform", "eo:instrument", "eo:gsd", "odc:product_family", "odc:producer", "dea:dataset_maturity",
        ]
        var kept = DocumentObject()
        for key in keys { kept[key] = dataset.document.at("properties", key) }
        kept.name(leftOut: leftOut)
        return kept
    }
}
