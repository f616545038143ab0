import DatacubeIndex
import Documents
public import Foundation
import Geo
import Ingest
import Raster

/// Some tiles of a run, with all that another machine needs to make them.
public struct TileBatch {
    private let plan: any TilePlan
    private let tiles: PlannedTiles
    private let options: RunOptions

    init(_ plan: any TilePlan, _ tiles: PlannedTiles, _ options: RunOptions) {
        (self.plan, self.tiles, self.options) = (plan, tiles, options)
    }

    /// What messages call the tiles, in their order.
    public var names: [String] { tiles.tasks.map(\.name) }

    /// The folders that the tiles are written to.
    public var outputs: [String] {
        Set(
            tiles.tasks.map { task in
                let path = task.storage.indexedPath
                // Foundation would make one slash of the two after `s3:`.
                guard ObjectStore.isObject(path), let slash = path.lastIndex(of: "/") else {
                    return (path as NSString).deletingLastPathComponent
                }
                return String(path[..<slash])
            }
        ).sorted()
    }

    /// The files on this machine that the tiles are computed from, with what GDAL keeps beside them.
    public var inputs: [String] {
        var files: Set<String> = []
        for (datasets, measurements) in tiles.tasks.flatMap(\.program.reads) {
            for dataset in datasets {
                for name in measurements {
                    guard let file = dataset.source(of: name)?.localFile else { continue }
                    files.insert(file)
                }
            }
        }
        let beside = files.flatMap { file in [".aux.xml", ".ovr", ".msk"].map { file + $0 } }
        return files.union(beside.filter(FileManager.default.fileExists)).sorted()
    }

    /// Plans the tiles again from the batch's own bytes.
    ///
    /// - Throws: `WorkflowError` where they would be others: a mistake of antares, found before anything is submitted.
    public func check() throws {
        let file = try JSONDecoder().decode(BatchFile.self, from: try encoded())
        var summary = RunSummary(product: plan.product.name)
        let request = PlanRequest(
            threadMemory: file.threadMemory,
            cells: Set(tiles.tasks.map(\.cell)),
            blocks: tiles.blocks
        )
        let again = try file.makePlan().tiles(request, summary: &summary).tasks
        for task in tiles.tasks {
            guard let other = again.first(where: { $0.id == task.id }), other.layout.documents == task.layout.documents,
                other.blocks == task.blocks, other.storage.indexedPath == task.storage.indexedPath
            else {
                throw WorkflowError(
                    .badRequest,
                    "\(task.name) of '\(plan.product.name)' would be made otherwise by a task than by this program",
                    hint: "Leave --executor out, and report this."
                )
            }
        }
    }

    /// The batch as bytes, which `TileWork` reads.
    ///
    /// - Throws: `EncodingError`.
    public func encoded() throws -> Data {
        let used = Dictionary(tiles.tasks.flatMap(\.sources).map { ($0.id, $0) }) { first, _ in first }
        let ancestors = Dictionary(plan.ancestors(of: Set(used.keys)).map { ($0.id, $0) }) { first, _ in first }
        let products = Dictionary(plan.products.map { ($0.name, $0) }) { first, _ in first }
        let file = BatchFile(
            plan: try plan.text(Set(used.keys)),
            products: products.values.sorted { $0.name < $1.name }.map { ProductText($0) },
            datasets: used.merging(ancestors) { own, _ in own }.values.sorted { $0.idText < $1.idText }
                .map { DatasetText($0) },
            tiles: tiles.tasks.map { BatchFile.Tile(id: $0.id, name: $0.name, cell: [$0.cell.x, $0.cell.y]) },
            sourceBlock: [tiles.blocks.source.x, tiles.blocks.source.y],
            bytesPerPixel: tiles.blocks.bytesPerPixel,
            threadMemory: options.threadMemory,
            overwrites: options.overwrites,
            verifies: options.verifies,
            skipsBroken: options.skipsBroken
        )
        return try file.encoded()
    }
}

/// A batch on paper.
struct BatchFile: Codable {
    struct Tile: Codable { let id: UUID, name: String, cell: [Int] }

    let plan: PlanText
    let products: [ProductText]
    let datasets: [DatasetText]
    let tiles: [Tile]
    let sourceBlock: [Int]
    let bytesPerPixel: Int
    let threadMemory: Int
    let overwrites: Bool
    let verifies: Bool
    let skipsBroken: Bool
    /// Scenes that others have found broken, by id, with the reasons; nil in what was planned.
    var leftOut: [String: String]?

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// The plan, of the datasets that are here.
    func makePlan() throws -> any TilePlan {
        let products = try products.map { try $0.product() }
        let datasets = try datasets.map { try $0.dataset() }
        let sources = PlanSources(
            products: Dictionary(products.map { ($0.name, $0) }) { first, _ in first },
            datasets: Dictionary(datasets.map { ($0.id, $0) }) { first, _ in first }
        )
        return switch plan {
        case .ingestion(let text): try IngestionPlan(text, sources)
        case .recipe(let text): try RecipePlan(text, sources)
        case .export(let text): try ExportPlan(text, sources)
        }
    }
}
