import DatacubeIndex
import Geo
import Synchronization

/// Tiles that runs have planned and left to others to make.
public final class DeferredTiles: Sendable {
    private let parts = Mutex<[(plan: any TilePlan, tiles: PlannedTiles)]>([])

    public init() {}

    func add(_ plan: any TilePlan, _ tiles: PlannedTiles) {
        guard !tiles.tasks.isEmpty else { return }
        parts.withLock { $0.append((plan, tiles)) }
    }

    /// How many tiles there are.
    public var count: Int { parts.withLock { $0.reduce(0) { $0 + $1.tiles.tasks.count } } }

    /// The product that the tiles are indexed as; nil where they are files of their own.
    public var indexedProduct: String? {
        parts.withLock { $0.first }.flatMap { $0.plan.isIndexed ? $0.plan.product.name : nil }
    }

    /// The tiles in batches of so many, in order; those of different plans never share one.
    ///
    /// - Parameters:
    ///   - size: Tiles in a batch.
    ///   - options: Of the run that makes them.
    /// - Returns: Batches, each made when it is asked for.
    public func batches(of size: Int, _ options: RunOptions) -> some Sequence<TileBatch> {
        let slices = parts.withLock { $0 }.flatMap { part -> [(plan: any TilePlan, tiles: PlannedTiles)] in
            let tasks = part.tiles.tasks
            return stride(from: 0, to: tasks.count, by: max(1, size)).map { start in
                let end = min(start + max(1, size), tasks.count)
                return (part.plan, PlannedTiles(tasks: Array(tasks[start..<end]), blocks: part.tiles.blocks))
            }
        }
        return slices.lazy.map { TileBatch($0.plan, $0.tiles, options) }
    }
}
