import DatacubeIndex
import Documents
import Foundation
import Geo
import Ingest
import Raster

/// The one file of an export.
struct ExportPlan: TilePlan {
    let product: Product
    let measurements: [DatacubeIndex.Measurement]
    let resampling: ResamplingChoice
    /// Of one cell.
    let grid: GridSpec
    /// In the order in which they are laid over each other, all of them with a footprint.
    let datasets: [Dataset]
    /// As the user named it.
    let region: String
    /// Nil where pixels outside of the region stay.
    let clip: Clip?
    let target: MosaicTarget
    let software: String

    var isIndexed: Bool { false }
    var products: [Product] { [product] }

    func tiles(_ request: PlanRequest, summary: inout RunSummary) throws -> PlannedTiles {
        let bands = measurements.map { IngestProgram.Band(source: $0, target: $0, resampling: resampling[$0.name]) }
        let bytesPerPixel = measurements.reduce(8) { $0 + 3 * $1.dtype.byteCount }
        let factory = TileFactory(
            product: product,
            grid: grid,
            driver: .geoTIFF,
            variables: measurements.map(Self.variable),
            attributes: [],
            algorithm: "export",
            parameters: parameters,
            software: software,
            blocks: BlockBudget(datasets, measurements[0], bytesPerPixel: bytesPerPixel, request),
            storage: target.storage
        )
        let used = datasets.filter { !request.leftOut.contains($0.id) }
        guard let firstTime = used.compactMap(\.time).map(\.begin).min(),
            let lastTime = used.compactMap(\.time).map(\.end).max()
        else { return PlannedTiles(tasks: [], blocks: factory.blocks.facts) }
        let projector = FootprintProjector(to: grid.crs)
        var properties = DocumentObject()
        properties.name(leftOut: datasets.filter { request.leftOut.contains($0.id) })
        let task = try factory.task(
            TileIndex(x: 0, y: 0),
            time: TimeRange(begin: firstTime, end: lastTime),
            stem: "",
            sources: [("source", used)],
            footprints: try used.compactMap { try projector.footprint(of: $0) },
            properties: properties,
            program: IngestProgram(bands: bands, datasets: used),
            clip: clip
        )
        return PlannedTiles(tasks: [task], blocks: factory.blocks.facts)
    }

    private var parameters: DocumentObject {
        let special = resampling.special.sorted { $0.key < $1.key }.map {
            (key: $0.key, value: DocumentValue.string($0.value.name))
        }
        let methods = [(key: "*", value: DocumentValue.string(resampling.standard.name))] + special
        let entries: [(key: String, value: DocumentValue)] = [
            (key: "resampling", value: .object(DocumentObject(methods))), (key: "clip", value: .bool(clip != nil)),
            (key: "region", value: .string(region)), (key: "crs", value: .string(grid.crs.definition)),
            (key: "origin", value: .array([.double(grid.origin.x), .double(grid.origin.y)])),
            (key: "size", value: .array([.double(grid.tileSize.x), .double(grid.tileSize.y)])),
            (key: "resolution", value: .array([.double(grid.resolution.x), .double(grid.resolution.y)])),
            (key: "compression", value: .string(target.compression.rawValue)),
        ]
        return DocumentObject(entries)
    }

    private static func variable(_ measurement: DatacubeIndex.Measurement) -> NetCDFTile.Variable {
        NetCDFTile.Variable(
            name: measurement.name,
            type: measurement.dtype,
            nodata: measurement.nodata,
            units: measurement.units,
            scaleFactor: measurement.scaleFactor,
            addOffset: measurement.addOffset,
            chunk: XY(x: 512, y: 512),
            isCategorical: !measurement.flags.isEmpty
        )
    }
}

extension ExportPlan {
    /// The plan on paper.
    struct Text: Codable {
        let product: String
        let measurements: [String]
        /// `*` for those that are not named.
        let resampling: [String: String]
        let grid: GridText
        let datasets: [UUID]
        let region: String
        let clip: PolygonText?
        let target: TargetText
        let software: String
    }

    func text() -> Text {
        Text(
            product: product.name,
            measurements: measurements.map(\.name),
            resampling: resampling.special.mapValues(\.name).merging(["*": resampling.standard.name]) { $1 },
            grid: GridText(grid),
            datasets: datasets.map(\.id),
            region: region,
            clip: clip.map { PolygonText($0.polygon) },
            target: TargetText(target),
            software: software
        )
    }

    init(_ text: Text, _ sources: PlanSources) throws {
        let product = try sources.product(text.product)
        var methods = try text.resampling.mapValues { name in
            guard let method = Resampling(name: name) else { throw PlanSources.missing("the resampling '\(name)'") }
            return method
        }
        let standard = methods.removeValue(forKey: "*") ?? .nearest
        self.init(
            product: product,
            measurements: try text.measurements.map(product.measurement),
            resampling: ResamplingChoice(standard, special: methods),
            grid: try text.grid.grid(),
            datasets: try text.datasets.map(sources.dataset),
            region: text.region,
            clip: text.clip.map { Clip(polygon: $0.polygon) },
            target: try text.target.target(),
            software: text.software
        )
    }
}
