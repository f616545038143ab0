import CMachine
import Foundation
import Geo
import Ingest
import Raster
import Synchronization

/// Makes tiles with all cores: threads take block after block, a tile is finished by whoever does its last block.
///
/// Each thread has open files of its own, and stays with a tile as long as there are others to begin: a compressed
/// source is then decoded by one thread only. Towards the end threads help each other. Tiles are begun in order, so that
/// few are open at once.
final class TileRunner: Sendable {
    enum Outcome: Sendable {
        case written
        case failed(any Error)
        case interrupted
    }

    private let tasks: [TileTask]
    private let states: [TileState]
    private let queue: Mutex<BlockQueue>
    private let isCancelled: @Sendable () -> Bool
    private let sources: SharedSources

    /// - Parameters:
    ///   - tasks: The tiles, in the order in which they are begun.
    ///   - memory: Bytes that blocks of sources may take of which a part was used.
    ///   - moved: Where files are that documents have elsewhere.
    ///   - tilesAtOnce: How many tiles may be begun and not yet done.
    ///   - isCancelled: Asked before each block; once true, what is begun is given up.
    init(
        _ tasks: [TileTask],
        memory: Int = 256 << 20,
        moved: [String: String] = [:],
        tilesAtOnce: Int = .max,
        isCancelled: @escaping @Sendable () -> Bool
    ) {
        self.tasks = tasks
        sources = SharedSources(memory: memory, moved: moved)
        states = tasks.map { TileState(blocks: $0.blocks.count) }
        queue = Mutex(BlockQueue(tasks.map(\.blocks.count), tilesAtOnce: tilesAtOnce))
        self.isCancelled = isCancelled
    }

    /// Runs on `threads` threads; each tile's outcome is delivered once, as it is known.
    func run(threads: Int) -> AsyncStream<(task: Int, outcome: Outcome)> {
        keep_freed_memory()
        return AsyncStream { stream in
            let running = SharedCounter(threads)
            for number in 0..<threads {
                let thread = Thread { [self] in
                    work(threads: threads) { stream.yield(($0, $1)) }
                    if running.decrement() == 0 { stream.finish() }
                }
                thread.name = "antares-\(number)"
                thread.stackSize = 8 << 20
                thread.start()
            }
        }
    }

    private func work(threads: Int, _ deliver: (Int, Outcome) -> Void) {
        let cache = SourceCache(shared: sources)
        var current: Int?
        while let (index, number) = next(after: current) {
            current = index
            let (task, state) = (tasks[index], states[index])
            // What waits for an earlier block takes memory: no thread runs far ahead of the others.
            while state.isAhead(number ?? 0, limit: threads), !isCancelled() { usleep(1000) }
            if isCancelled() { state.stop(.interrupted) }
            var computed = ComputedBlock()
            if let number, !state.isStopped {
                do {
                    computed.clip = task.clip?.mask(of: task.layout, under: task.blocks[number])
                    try task.program.run(task.blocks[number], of: task.layout.geoBox, into: &computed, cache: cache)
                } catch {
                    // What fails while the run is being stopped is simply not done.
                    state.stop(isCancelled() ? .interrupted : .failed(error))
                }
            }
            guard let outcome = state.finish(computed, number: number ?? 0, of: task) else { continue }
            queue.withLock { $0.finishTile() }
            deliver(index, outcome)
        }
    }

    /// The next block; waits where another tile must be done first.
    private func next(after current: Int?) -> (tile: Int, block: Int?)? {
        while true {
            let (taken, isHeldBack) = queue.withLock { ($0.take(after: current), $0.isHeldBack) }
            if taken != nil || !isHeldBack { return taken }
            usleep(1000)
        }
    }
}

/// Which blocks of which tiles nobody has taken yet.
struct BlockQueue {
    private let counts: [Int]
    private let tilesAtOnce: Int
    private var taken: [Int]
    /// Tiles before this one are begun.
    private var nextTile = 0
    private var finishedTiles = 0

    init(_ blockCounts: [Int], tilesAtOnce: Int = .max) {
        (counts, self.tilesAtOnce) = (blockCounts, max(1, tilesAtOnce))
        taken = blockCounts.map { _ in 0 }
    }

    /// The next block for a thread: of the tile it is at, else of a tile that nobody has begun, else of any that is.
    ///
    /// A tile without blocks is taken once, with no block. Nil where nothing is left, or nothing before a tile is done.
    mutating func take(after current: Int?) -> (tile: Int, block: Int?)? {
        if let current, let block = takeBlock(of: current) { return (current, block) }
        if nextTile < counts.count, nextTile - finishedTiles < tilesAtOnce {
            nextTile += 1
            return (nextTile - 1, takeBlock(of: nextTile - 1))
        }
        for tile in 0..<nextTile {
            if let block = takeBlock(of: tile) { return (tile, block) }
        }
        return nil
    }

    /// True where tiles are left that nobody has begun.
    var isHeldBack: Bool { nextTile < counts.count }

    /// Says that a tile that was begun is done.
    mutating func finishTile() { finishedTiles += 1 }

    private mutating func takeBlock(of tile: Int) -> Int? {
        guard taken[tile] < counts[tile] else { return nil }
        taken[tile] += 1
        return taken[tile] - 1
    }
}

/// How far one tile is.
private final class TileState: Sendable {
    private struct Progress {
        var sink: (any TileSink)?
        /// Blocks that are computed and wait for an earlier one: always handed over in the same order, so that two runs
        /// give the same bytes.
        var waiting: [Int: ComputedBlock] = [:]
        var nextToMerge = 0
        /// Pieces of work that were handed out and are not done.
        var inWork = 0
        var stopped: TileRunner.Outcome?
        var isDelivered = false

        /// The tile's files, made at the first call.
        mutating func openSink(_ task: TileTask) throws -> any TileSink {
            if let sink { return sink }
            let made = try (task.files ?? task.storage).makeSink(task.layout)
            sink = made
            return made
        }

        /// Hands over the blocks whose turn has come; returns what is left to do.
        mutating func merge(_ task: TileTask) -> [WriteJob] {
            var jobs: [WriteJob] = []
            while let block = waiting.removeValue(forKey: nextToMerge) {
                nextToMerge += 1
                guard stopped == nil else { continue }
                do {
                    let sink = try openSink(task)
                    jobs += block.merge(into: sink)
                    let next = nextToMerge < task.blocks.count ? task.blocks[nextToMerge].row : Int.max
                    jobs += sink.complete(above: next)
                } catch {
                    stopped = .failed(error)
                }
            }
            inWork += jobs.count
            return jobs
        }
    }

    private let progress = Mutex(Progress())
    private let blockCount: Int

    init(blocks: Int) { blockCount = max(1, blocks) }

    var isStopped: Bool { progress.withLock { $0.stopped != nil } }

    /// True where so many blocks wait for an earlier one than `number` that no further should be computed now.
    func isAhead(_ number: Int, limit: Int) -> Bool {
        progress.withLock { $0.stopped == nil && number > $0.nextToMerge + limit }
    }

    /// Gives the tile up; the first reason counts.
    func stop(_ reason: TileRunner.Outcome) {
        progress.withLock { if $0.stopped == nil { $0.stopped = reason } }
    }

    /// Hands a block over when its turn has come, and does what that leaves to do; returns the tile's outcome after the
    /// last one.
    ///
    /// A tile in which nothing lies is still a file, so that the next run knows that it was done.
    func finish(_ block: ComputedBlock, number: Int, of task: TileTask) -> TileRunner.Outcome? {
        let jobs = progress.withLock { progress in
            progress.waiting[number] = block
            return progress.merge(task)
        }
        for job in jobs where !isStopped {
            do {
                try job.run()
            } catch {
                stop(.failed(error))
            }
        }
        let isLast = progress.withLock { progress in
            progress.inWork -= jobs.count
            guard progress.nextToMerge == blockCount, progress.inWork == 0, !progress.isDelivered else { return false }
            progress.isDelivered = true
            return true
        }
        return isLast ? close(task) : nil
    }

    /// Completes the tile's files, or removes them.
    private func close(_ task: TileTask) -> TileRunner.Outcome {
        progress.withLock { progress in
            defer { progress.sink = nil }
            if let stopped = progress.stopped {
                progress.sink?.abandon()
                return stopped
            }
            do {
                try progress.openSink(task).finish()
                try (task.files ?? task.storage).finish(task.document)
                return .written
            } catch {
                return .failed(error)
            }
        }
    }
}

/// A counter that threads share.
private final class SharedCounter: Sendable {
    private let value: Mutex<Int>

    init(_ value: Int) { self.value = Mutex(value) }

    func decrement() -> Int {
        value.withLock { value in
            value -= 1
            return value
        }
    }
}
