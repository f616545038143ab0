import DatacubeIndex
import Foundation
import Geo

/// All that tiles are planned from once the index has been asked: a value that another machine can plan from again.
protocol TilePlan: Sendable {
    /// The product that the tiles are of.
    var product: Product { get }
    /// False where what is made is a file of its own, and no dataset.
    var isIndexed: Bool { get }
    /// All products that it names.
    var products: [Product] { get }

    /// What some of its datasets were made from, where documents of tiles hold that.
    func ancestors(of ids: Set<UUID>) -> [Dataset]

    /// Lays out the tiles, always in the same order.
    ///
    /// - Parameters:
    ///   - request: What is wanted of them.
    ///   - summary: Is told what cannot be planned.
    /// - Returns: All that the request lets through.
    /// - Throws: What makes the plan impossible, as a projection that is not known.
    func tiles(_ request: PlanRequest, summary: inout RunSummary) throws -> PlannedTiles
}

extension TilePlan {
    func ancestors(of ids: Set<UUID>) -> [Dataset] { [] }
}

/// What is wanted of a plan.
struct PlanRequest {
    /// Bytes that one thread may hold.
    var threadMemory: Int
    /// Datasets that could not be read.
    var leftOut: Set<UUID> = []
    /// Only these cells; nil for all.
    var cells: Set<TileIndex>?
    /// As another run of the plan found it out, so that blocks are the same; nil to find it out.
    var blocks: BlockFacts?
}

/// The tiles of a plan.
struct PlannedTiles {
    var tasks: [TileTask]
    let blocks: BlockFacts
}

/// What the size of blocks depends on, beside the memory that they may take.
struct BlockFacts: Equatable, Sendable {
    /// Columns and rows of the blocks in which the sources are stored.
    let source: XY<Int>
    /// What one pixel of a block takes while it is computed.
    let bytesPerPixel: Int
}
