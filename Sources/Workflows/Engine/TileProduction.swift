import DatacubeIndex
import Documents
import Foundation
import Geo
import Ingest
import Logging
import Raster

/// Makes the tiles of a plan that are missing, and hands each over as soon as it is there.
struct TileProduction {
    /// Where the tiles go; nil where somebody else receives them.
    let index: (any DatasetIndex)?
    let options: RunOptions
    let log: Logger
    /// Called with the number of tiles done and planned.
    let progress: @Sendable (Int, Int) -> Void
    /// Which tiles of the plan are meant; true in the first round, before more datasets are left out.
    var select: @Sendable (_ tasks: [TileTask], _ isFirst: Bool) throws -> [TileTask] = { tasks, _ in tasks }
    /// What the plan is asked for beside what the options say.
    var cells: Set<TileIndex>?
    var blocks: BlockFacts?
    var threadMemory: Int?
    /// Receives the tiles instead of the index.
    var receiver: (any TileReceiver)?

    init(
        index: (any DatasetIndex)?,
        options: RunOptions,
        log: Logger,
        progress: @escaping @Sendable (Int, Int) -> Void
    ) {
        (self.index, self.options, self.log, self.progress) = (index, options, log, progress)
    }

    /// Makes tiles; where the options say so, again without the scenes that could not be read.
    ///
    /// - Parameters:
    ///   - plan: The tiles.
    ///   - summary: What is known of the run so far.
    /// - Returns: What was done, in all rounds together.
    /// - Throws: What the plan and the index throw; a tile that fails is part of the summary.
    func run(_ plan: any TilePlan, summary: RunSummary) async throws -> RunSummary {
        var (skipped, written, isFirst) = (options.leftOut, 0, true)
        var alreadyThere: Int?
        var request = PlanRequest(
            threadMemory: threadMemory ?? options.threadMemory,
            cells: cells,
            blocks: blocks
        )
        while true {
            var planned = summary
            request.leftOut = Set(skipped.map(\.dataset))
            var tiles = try plan.tiles(request, summary: &planned)
            tiles.tasks = try select(tiles.tasks, isFirst)
            isFirst = false
            var result = try await make(tiles, of: plan, summary: planned)
            written += result.written
            alreadyThere = alreadyThere ?? result.alreadyThere
            (result.written, result.alreadyThere) = (written, alreadyThere ?? 0)
            // Several tiles may have met the same scene.
            var known = Set(skipped.map(\.dataset))
            let found = result.broken.filter { known.insert($0.dataset).inserted }
            guard options.skipsBroken, !found.isEmpty, result.interrupted == 0 else {
                result.skipped = skipped
                return result
            }
            for scene in found { log.warning("dataset \(scene.dataset) is left out: \(scene.reason)") }
            skipped += found
        }
    }

    private func make(_ tiles: PlannedTiles, of plan: any TilePlan, summary: RunSummary) async throws -> RunSummary {
        var summary = summary
        // Before the work, which may take hours.
        for note in summary.notes { log.warning("\(note)") }
        let kept = measure(tiles, &summary)
        let receiver = try await makeReceiver(plan)
        var missing: [TileTask] = []
        for task in tiles.tasks {
            try Interrupt.check()
            let isDone = !options.overwrites && isIntact(task)
            if options.isDryRun {
                summary.tiles.append(
                    .init(tile: task.name, id: task.id, path: task.storage.indexedPath, isDone: isDone)
                )
            } else if isDone {
                try await receiver?.receive(task, isNew: false)
            }
            if isDone { summary.alreadyThere += 1 } else { missing.append(task) }
        }
        guard !options.isDryRun else { return summary }
        if let deferred = options.deferred {
            deferred.add(plan, PlannedTiles(tasks: missing, blocks: tiles.blocks))
            return summary
        }
        let folders = Set(tiles.tasks.map { ($0.files ?? $0.storage).folder })
        for folder in folders { PendingFile.removeAbandoned(in: folder) }
        // A task of its own, which an interrupt does not cancel: the threads stop by themselves, and what they finish is
        // still handed over and counted.
        return await Task { [missing, summary] in
            await make(missing, for: receiver, keeping: kept, summary: summary)
        }.value
    }

    /// Notes what the run will take; returns the bytes that parts of sources may take that wait for their use.
    private func measure(_ tiles: PlannedTiles, _ summary: inout RunSummary) -> Int {
        summary.planned = tiles.tasks.count
        summary.bytesAtMost = tiles.tasks.reduce(0) { $0 + $1.bytes }
        let largest = tiles.tasks.lazy.flatMap(\.blocks).max { $0.pixelCount < $1.pixelCount }
        let blocks = (largest?.pixelCount ?? 0) * tiles.blocks.bytesPerPixel * options.jobs
        // What is left keeps blocks of sources of which a part was used.
        let kept = options.memoryToKeep(beside: blocks)
        summary.peakMemory = blocks + kept
        summary.blockShape = largest.map { [$0.width, $0.height] } ?? []
        return kept
    }

    private func makeReceiver(_ plan: any TilePlan) async throws -> (any TileReceiver)? {
        // A dry run does not add a product that is not there yet.
        guard plan.isIndexed, let index, plan.product.id != nil else { return receiver }
        return try await TileIndexing(plan.product.name, on: index)
    }

    private func isIntact(_ task: TileTask) -> Bool {
        let measurements = task.layout.variables.map(\.name)
        return (task.files ?? task.storage).isIntact(
            id: task.id,
            measurements: measurements,
            readsAll: options.verifies
        )
    }

    private func make(
        _ tasks: [TileTask],
        for receiver: (any TileReceiver)?,
        keeping kept: Int,
        summary: RunSummary
    ) async -> RunSummary {
        var summary = summary
        var done = summary.alreadyThere
        progress(done, summary.planned)
        let runner = TileRunner(tasks, memory: kept, moved: options.moved, tilesAtOnce: options.tilesAtOnce) {
            Interrupt.isRequested
        }
        for await (number, outcome) in runner.run(threads: options.jobs) {
            let task = tasks[number]
            switch outcome {
            case .written:
                do {
                    try await receiver?.receive(task, isNew: true)
                    summary.written += 1
                } catch {
                    summary.failures.append(.init(tile: task.name, reason: "\(error)"))
                }
            case .failed(let error):
                if let broken = error as? BrokenDataset {
                    summary.broken.append(.init(dataset: broken.id, reason: broken.reason))
                }
                if !options.skipsBroken || !(error is BrokenDataset) {
                    log.error("\(task.name) of '\(summary.product)' failed: \(error)")
                }
                summary.failures.append(.init(tile: task.name, reason: "\(error)"))
            case .interrupted:
                summary.interrupted += 1
            }
            done += 1
            progress(done, summary.planned)
        }
        return summary
    }
}

extension TileTask {
    /// Bytes of all pixels of the blocks, without compression.
    var bytes: Int {
        blocks.reduce(0) { $0 + $1.pixelCount } * layout.variables.reduce(0) { $0 + $1.type.byteCount }
    }
}
