import DatacubeIndex
import Documents
public import Foundation
import Geo
import Ingest
public import Logging
import Raster
import Synchronization

/// What became of a tile of a batch.
public struct TileResult: Sendable {
    /// `absent`: without the scenes that were left out there is no such tile.
    public enum State: Sendable { case made, present, absent, failed }

    public let name: String
    public let state: State
    /// The file that the index is to point to, as the plan names it.
    public let path: String?
    public let id: UUID?
    /// One line of JSON; nil where nothing is to be indexed.
    public let document: String?
    public let location: String?
    /// Of a failure.
    public let reason: String?
    /// Datasets that could not be read and were left out, with the reasons.
    public var leftOut: [UUID: String] = [:]
}

/// Makes the tiles of a batch: plans them again from what its file holds, and checks that they are the same.
public struct TileWork: Sendable {
    private let file: BatchFile
    /// Threads that compute at once.
    public var threads = 1
    /// Bytes that all of the work may hold; 0 leaves it to the plan.
    public var memory = 0
    /// Only tiles of these names; nil for all.
    public var names: Set<String>?
    /// Where files of sources are that documents have elsewhere.
    public var moved: [String: String] = [:]
    /// Where files of tiles are written that shall stand under a path.
    public var place: @Sendable (String) throws -> String = { $0 }
    /// Called with each tile as it is there.
    public var report: @Sendable (TileResult) -> Void = { _ in }

    /// Reads what `TileBatch` wrote.
    ///
    /// - Throws: `DecodingError` for what is no batch.
    public init(decoding data: Data) throws { file = try JSONDecoder().decode(BatchFile.self, from: data) }

    /// The datasets that the tiles are made of, and what those were made of.
    public var datasets: Set<UUID> { Set(file.datasets.map(\.id)) }

    /// The same batch for tiles without some scenes.
    ///
    /// - Parameter scenes: Broken ones, with the reasons.
    /// - Returns: Its bytes.
    /// - Throws: `EncodingError`.
    public func encoded(leavingOut scenes: [UUID: String]) throws -> Data {
        var file = file
        file.leftOut = Dictionary(uniqueKeysWithValues: scenes.map { ($0.key.uuidString.lowercased(), $0.value) })
        return try file.encoded()
    }

    /// Makes the tiles that are not there yet.
    ///
    /// - Returns: What became of each, in the order of the batch.
    /// - Throws: `WorkflowError` where the tiles would not be those that were planned; `CancellationError` where the user
    ///   or the engine wants the work to stop.
    public func run(log: Logger) async throws -> [TileResult] {
        let plan = try file.makePlan()
        let wanted = file.tiles.filter { names?.contains($0.name) ?? true }
        var options = RunOptions(
            jobs: threads,
            memory: memory > 0 ? memory : file.threadMemory * threads,
            overwrites: file.overwrites,
            verifies: file.verifies,
            skipsBroken: file.skipsBroken
        )
        options.moved = moved
        options.leftOut = (file.leftOut ?? [:]).sorted { $0.key < $1.key }.compactMap { id, reason in
            UUID(uuidString: id).map { RunSummary.Skipped(dataset: $0, reason: reason) }
        }
        var production = TileProduction(index: nil, options: options, log: log) { _, _ in }
        production.threadMemory = file.threadMemory
        production.cells = Set(wanted.compactMap { $0.cell.count == 2 ? TileIndex(x: $0.cell[0], y: $0.cell[1]) : nil })
        if file.sourceBlock.count == 2 {
            let source = XY(x: file.sourceBlock[0], y: file.sourceBlock[1])
            production.blocks = BlockFacts(source: source, bytesPerPixel: file.bytesPerPixel)
        }
        production.select = { try select($0, wanted, isFirst: $1) }
        let receiver = ResultList(isIndexed: plan.isIndexed, report: report)
        production.receiver = receiver
        let summary = try await production.run(plan, summary: RunSummary(product: plan.product.name))
        if summary.interrupted > 0 { throw CancellationError() }
        let made = receiver.results
        let reasons = Dictionary(summary.failures.map { ($0.tile, $0.reason) }) { first, _ in first }
        let leftOut = Dictionary(summary.skipped.map { ($0.dataset, $0.reason) }) { first, _ in first }
        return wanted.map { tile in
            if var result = made[tile.name], reasons[tile.name] == nil {
                result.leftOut = leftOut
                return result
            }
            let reason = reasons[tile.name]
            return TileResult(
                name: tile.name,
                state: reason == nil ? .absent : .failed,
                path: nil,
                id: nil,
                document: nil,
                location: nil,
                reason: reason,
                leftOut: leftOut
            )
        }
    }

    /// The tiles of the batch among those of the plan, where they are to be written.
    private func select(_ tasks: [TileTask], _ wanted: [BatchFile.Tile], isFirst: Bool) throws -> [TileTask] {
        let ids = Dictionary(wanted.map { ($0.name, $0.id) }) { first, _ in first }
        let found = tasks.filter { ids[$0.name] != nil }
        // Without a scene that cannot be read a tile is another one.
        if isFirst, file.leftOut == nil {
            let known = Dictionary(found.map { ($0.name, $0.id) }) { first, _ in first }
            if let lost = wanted.first(where: { known[$0.name] != $0.id }) {
                throw WorkflowError(
                    .badRequest,
                    "\(lost.name) would be made of other scenes or settings here than the plan says",
                    hint: "Run the same version of antares on all machines: `antares cluster check FILE`."
                )
            }
        }
        let placed = try found.map { task in
            var task = task
            task.files = try task.storage.moved(place)
            return task
        }
        if isFirst { Self.removeLeftovers(of: placed) }
        return placed
    }

    /// Removes what a program that was killed has left of these tiles: nobody else makes them.
    private static func removeLeftovers(of tasks: [TileTask]) {
        let paths = tasks.compactMap(\.files?.stem)
        for (folder, stems) in Dictionary(grouping: paths, by: { ($0 as NSString).deletingLastPathComponent }) {
            let stems = Set(stems.map { ($0 as NSString).lastPathComponent })
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
                guard let file = PendingFile.target(ofTemporary: name), stems.contains(where: file.hasPrefix) else {
                    continue
                }
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            }
        }
    }
}

/// The tiles that are there, as they come.
private final class ResultList: TileReceiver {
    private let isIndexed: Bool
    private let report: @Sendable (TileResult) -> Void
    private let list = Mutex<[String: TileResult]>([:])

    init(isIndexed: Bool, report: @escaping @Sendable (TileResult) -> Void) {
        (self.isIndexed, self.report) = (isIndexed, report)
    }

    var results: [String: TileResult] { list.withLock { $0 } }

    func receive(_ task: TileTask, isNew: Bool) async throws {
        let result = TileResult(
            name: task.name,
            state: isNew ? .made : .present,
            path: task.storage.indexedPath,
            id: task.id,
            document: isIndexed ? JSONText.write(task.document) : nil,
            location: isIndexed ? task.storage.location : nil,
            reason: nil
        )
        list.withLock { $0[task.name] = result }
        report(result)
    }
}
