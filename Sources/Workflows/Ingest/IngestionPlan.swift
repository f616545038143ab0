import DatacubeIndex
import Documents
import Foundation
import Geo
import Ingest
import Raster

/// The tiles of an ingestion: one for each cell and exact time.
struct IngestionPlan: TilePlan {
    let document: SourceDocument
    let config: IngestionConfig
    let source: Product
    let product: Product
    let isIndexed = true
    let bands: [IngestProgram.Band]
    let datasets: [Dataset]
    /// What the scenes were made from, where documents of tiles hold it.
    let lineage: DatasetLineage
    let software: String

    /// - Parameters:
    ///   - document: The ingestion configuration.
    ///   - source: The product of the scenes.
    ///   - product: That of the tiles.
    ///   - datasets: The scenes.
    ///   - lineage: What these were made from.
    ///   - software: What documents say made the tiles.
    /// - Throws: `DocumentError` and `IndexError` where configuration and products do not go together.
    init(
        document: SourceDocument,
        source: Product,
        product: Product,
        datasets: [Dataset],
        lineage: DatasetLineage,
        software: String
    ) throws {
        let config = try IngestionConfig(document)
        if let endpoint = config.endpoint { ObjectStore.setEndpoint(endpoint.address, bucket: endpoint.bucket) }
        (self.document, self.config, self.source, self.product) = (document, config, source, product)
        (self.datasets, self.lineage, self.software) = (datasets, lineage, software)
        bands = try config.bands.map { band in
            IngestProgram.Band(
                source: try source.measurement(band.sourceName),
                target: try product.measurement(band.name),
                resampling: band.resampling
            )
        }
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
            scaleFactor: made.target.scaleFactor,
            addOffset: made.target.addOffset,
            attributes: attributes,
            chunk: band.isContiguous
                ? XY(x: config.grid.tileShape.width, y: config.grid.tileShape.height) : config.chunk,
            deflateLevel: band.deflateLevel,
            isShuffled: band.isShuffled,
            isChecked: band.isChecked,
            isCategorical: !made.target.flags.isEmpty || band.resampling == .nearest && made.target.dtype == .uint8
        )
    }

    /// By time and then by cell.
    var products: [Product] { [source, product] }

    func ancestors(of ids: Set<UUID>) -> [Dataset] { lineage.edges(from: ids).map(\.source) }

    func tiles(_ request: PlanRequest, summary: inout RunSummary) throws -> PlannedTiles {
        let widest = bands.map { $0.source.dtype.byteCount + $0.target.dtype.byteCount }.max() ?? 2
        let factory = TileFactory(
            product: product,
            grid: config.grid,
            driver: config.driver,
            variables: zip(config.bands, bands).map(variable),
            attributes: config.globalAttributes,
            algorithm: "ingest",
            parameters: DocumentObject([(key: "source_product", value: .string(source.name))]),
            software: software,
            blocks: BlockBudget(datasets, bands[0].source, bytesPerPixel: 4 * widest, request),
            lineage: lineage
        )
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
            for tile in config.grid.tiles(covering: footprint, among: request.cells) {
                if request.leftOut.contains(dataset.id) {
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
                    properties: Self.kept(from: sources[0], leftOut: (broken[slot] ?? []).map(\.idText)),
                    program: IngestProgram(bands: bands, datasets: sources)
                )
            )
        }
        return PlannedTiles(tasks: tasks, blocks: factory.blocks.facts)
    }

    private func path(_ tile: TileIndex, _ time: TimeRange) -> String {
        let name = config.filePathTemplate
            .replacing("{tile_index[0]}", with: "\(tile.x)")
            .replacing("{tile_index[1]}", with: "\(tile.y)")
            .replacing("{start_time}", with: Timestamp.compact(time.begin))
            .replacing("{end_time}", with: Timestamp.compact(time.end))
            .replacing("{version}", with: config.version)
        return ObjectStore.join(config.location, name)
    }

    /// What stays true of a tile of the properties of its scene.
    private static func kept(from dataset: Dataset, leftOut: [String]) -> DocumentObject {
        let keys = [
            "eo:platform", "eo:instrument", "eo:gsd", "odc:product_family", "odc:producer", "dea:dataset_maturity",
        ]
        var kept = DocumentObject()
        for key in keys { kept[key] = dataset.document.at("properties", key) }
        if !leftOut.isEmpty { kept["antares:left_out"] = .array(leftOut.map { .string($0) }) }
        return kept
    }
}

extension IngestionPlan {
    /// The plan on paper.
    struct Text: Codable {
        struct Edge: Codable { let dataset: UUID, classifier: String, source: UUID }

        let configuration: String
        let origin: String
        let source: String
        let product: String
        let datasets: [UUID]
        let lineage: [Edge]
        let software: String
    }

    func text(_ used: Set<UUID>) -> Text {
        // A worker may run in another folder.
        var configuration = document.value.object ?? DocumentObject()
        let isLocal = !config.location.contains("://") && !config.location.hasPrefix("/vsi")
        if isLocal { configuration["location"] = .string(URL(fileURLWithPath: config.location).path) }
        return Text(
            configuration: YAMLText.write(.object(configuration)),
            origin: document.origin,
            source: source.name,
            product: product.name,
            datasets: datasets.map(\.id).filter(used.contains),
            lineage: lineage.edges(from: used).map {
                .init(dataset: $0.dataset, classifier: $0.classifier, source: $0.source.id)
            },
            software: software
        )
    }

    init(_ text: Text, _ sources: PlanSources) throws {
        try self.init(
            document: try readDocument(text.configuration, text.origin),
            source: try sources.product(text.source),
            product: try sources.product(text.product),
            datasets: try text.datasets.map(sources.dataset),
            lineage: DatasetLineage(
                try text.lineage.map { ($0.dataset, $0.classifier, try sources.dataset($0.source)) }
            ),
            software: text.software
        )
    }
}
