import DatacubeIndex
import Documents
import Foundation
import Geo
import Ingest
import Logging
import Raster

/// Makes the tiles of a product that are missing, and indexes each as soon as it is there.
struct TileProduction {
    let product: Product
    /// Nil where what is made is a file of its own, and no dataset.
    let index: (any DatasetIndex)?
    let options: RunOptions
    let log: Logger
    /// Called with the number of tiles done and planned.
    let progress: @Sendable (Int, Int) -> Void

    /// Makes tiles; where the options say so, again without the scenes that could not be read.
    ///
    /// - Parameters:
    ///   - bytesPerPixel: What a pixel of a block takes while it is computed.
    ///   - summary: What is known of the run so far.
    ///   - plan: The tasks without some datasets.
    /// - Returns: What was done, in all rounds together.
    /// - Throws: What the plan and the index throw; a tile that fails is part of the summary.
    func run(
        bytesPerPixel: Int,
        summary: RunSummary,
        plan: (_ leftOut: Set<UUID>, _ summary: inout RunSummary) throws -> [TileTask]
    ) async throws -> RunSummary {
        var (skipped, written): ([RunSummary.Skipped], Int) = ([], 0)
        var alreadyThere: Int?
        while true {
            var planned = summary
            let tasks = try plan(Set(skipped.map(\.dataset)), &planned)
            var result = try await run(tasks, bytesPerPixel: bytesPerPixel, summary: planned)
            written += result.written
            alreadyThere = alreadyThere ?? result.alreadyThere
            (result.written, result.alreadyThere) = (written, alreadyThere ?? 0)
            let found = result.broken.filter { broken in !skipped.contains { $0.dataset == broken.dataset } }
            guard options.skipsBroken, !found.isEmpty, result.interrupted == 0 else {
                result.skipped = skipped
                return result
            }
            for scene in found { log.warning("dataset \(scene.dataset) is left out: \(scene.reason)") }
            skipped += found
        }
    }

    /// - `bytesPerPixel`: What a pixel of a block takes while it is computed.
    func run(_ tasks: [TileTask], bytesPerPixel: Int, summary: RunSummary) async throws -> RunSummary {
        var summary = summary
        // Before the work, which may take hours.
        for note in summary.notes { log.warning("\(note)") }
        summary.planned = tasks.count
        summary.bytesAtMost = tasks.reduce(0) { $0 + $1.bytes }
        let largest = tasks.lazy.flatMap(\.blocks).max { $0.pixelCount < $1.pixelCount }
        let blocks = (largest?.pixelCount ?? 0) * bytesPerPixel * options.jobs
        // What is left keeps blocks of sources of which a part was used.
        let kept = min(1 << 30, max(0, options.memory - blocks))
        summary.peakMemory = blocks + kept
        summary.blockShape = largest.map { [$0.width, $0.height] } ?? []
        // A dry run does not add a product that is not there yet.
        let indexed =
            product.id == nil ? [] : try await index?.datasets(matching: DatasetQuery(product: product.name)) ?? []
        let known = Set(indexed.map(\.id))
        var missing: [TileTask] = []
        for task in tasks {
            try Interrupt.check()
            let isDone = !options.overwrites && isIntact(task)
            if options.isDryRun {
                summary.tiles.append(
                    .init(tile: task.name, id: task.id, path: task.storage.indexedPath, isDone: isDone)
                )
            } else if isDone, !known.contains(task.id) {
                try await add(task, replacing: indexed)
            }
            if isDone { summary.alreadyThere += 1 } else { missing.append(task) }
        }
        guard !options.isDryRun else { return summary }
        for folder in Set(tasks.map(\.storage.folder)) { PendingFile.removeAbandoned(in: folder) }
        // A task of its own, which an interrupt does not cancel: the threads stop by themselves, and what they finish is
        // still indexed and counted.
        return try await Task { [missing, summary] in
            try await make(missing, replacing: indexed, keeping: kept, summary: summary)
        }.value
    }

    private func isIntact(_ task: TileTask) -> Bool {
        let measurements = task.layout.variables.map(\.name)
        return task.storage.isIntact(id: task.id, measurements: measurements, readsAll: options.verifies)
    }

    private func make(
        _ tasks: [TileTask],
        replacing indexed: [Dataset],
        keeping kept: Int,
        summary: RunSummary
    ) async throws -> RunSummary {
        var summary = summary
        var done = summary.alreadyThere
        progress(done, summary.planned)
        let runner = TileRunner(tasks, memory: kept, tilesAtOnce: options.tilesAtOnce) { Interrupt.isRequested }
        for await (number, outcome) in runner.run(threads: options.jobs) {
            let task = tasks[number]
            switch outcome {
            case .written:
                do {
                    try await add(task, replacing: indexed)
                    summary.written += 1
                } catch {
                    summary.failures.append(.init(tile: task.name, reason: "\(error)"))
                }
            case .failed(let error):
                if let broken = error as? BrokenDataset {
                    summary.broken.append(.init(dataset: broken.id, reason: broken.reason))
                }
                if !options.skipsBroken || !(error is BrokenDataset) {
                    log.error("\(task.name) of '\(product.name)' failed: \(error)")
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

    /// Indexes a tile; what stood at the same place with other inputs is archived.
    private func add(_ task: TileTask, replacing indexed: [Dataset]) async throws {
        guard let index else { return }
        let old = indexed.filter { $0.id != task.id && $0.locations.contains(task.storage.location) }
        if !old.isEmpty { try await index.archive(old.map(\.id)) }
        var choice = AddOptions()
        choice.products = [product.name]
        // All sources are in the index: what a document in the older layout holds of them need not be matched again.
        choice.addsLineage = false
        try await index.addDataset(
            SourceDocument(origin: task.storage.indexedPath, value: task.document),
            location: task.storage.location,
            options: choice
        )
    }
}

extension TileTask {
    /// Bytes of all pixels of the blocks, without compression.
    var bytes: Int {
        blocks.reduce(0) { $0 + $1.pixelCount } * layout.variables.reduce(0) { $0 + $1.type.byteCount }
    }
}
