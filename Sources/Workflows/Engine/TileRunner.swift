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
        case failed(String)
        case interrupted
    }

    private let tasks: [TileTask]
    private let states: [TileState]
    private let queue: Mutex<BlockQueue>
    private let isCancelled: @Sendable () -> Bool
    private let sources = SharedSources()

    /// - `isCancelled`: Asked before each block; once true, what is begun is given up.
    init(_ tasks: [TileTask], isCancelled: @escaping @Sendable () -> Bool) {
        self.tasks = tasks
        states = tasks.map { TileState(blocks: $0.blocks.count) }
        queue = Mutex(BlockQueue(tasks.map(\.blocks.count)))
        self.isCancelled = isCancelled
    }

    /// Runs on `threads` threads; each tile's outcome is delivered once, as it is known.
    func run(threads: Int) -> AsyncStream<(task: Int, outcome: Outcome)> {
        AsyncStream { stream in
            let running = SharedCounter(threads)
            for number in 0..<threads {
                let thread = Thread { [self] in
                    work { stream.yield(($0, $1)) }
                    if running.decrement() == 0 { stream.finish() }
                }
                thread.name = "antares-\(number)"
                thread.stackSize = 8 << 20
                thread.start()
            }
        }
    }

    private func work(_ deliver: (Int, Outcome) -> Void) {
        let cache = SourceCache(shared: sources)
        var current: Int?
        while let (index, number) = queue.withLock({ $0.take(after: current) }) {
            current = index
            let (task, state) = (tasks[index], states[index])
            if isCancelled() { state.stop(.interrupted) }
            var computed = ComputedBlock()
            if let number, !state.isStopped {
                do {
                    try task.program.run(task.blocks[number], of: task.layout.geoBox, into: &computed, cache: cache)
                } catch {
                    // What fails while the run is being stopped is simply not done.
                    state.stop(isCancelled() ? .interrupted : .failed("\(error)"))
                }
            }
            if let outcome = state.finish(computed, number: number ?? 0, of: task) { deliver(index, outcome) }
        }
    }
}

/// Which blocks of which tiles nobody has taken yet.
struct BlockQueue {
    private let counts: [Int]
    private var taken: [Int]
    /// Tiles before this one are begun.
    private var nextTile = 0

    init(_ blockCounts: [Int]) {
        counts = blockCounts
        taken = blockCounts.map { _ in 0 }
    }

    /// The next block for a thread: of the tile it is at, else of a tile that nobody has begun, else of any.
    ///
    /// A tile without blocks is taken once, with no block.
    mutating func take(after current: Int?) -> (tile: Int, block: Int?)? {
        if let current, let block = takeBlock(of: current) { return (current, block) }
        if nextTile < counts.count {
            nextTile += 1
            return (nextTile - 1, takeBlock(of: nextTile - 1))
        }
        for tile in counts.indices {
            if let block = takeBlock(of: tile) { return (tile, block) }
        }
        return nil
    }

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
        /// Blocks that are computed and wait for an earlier one: always written in the same order, so that two runs
        /// give the same bytes.
        var waiting: [Int: ComputedBlock] = [:]
        var nextToWrite = 0
        let blockCount: Int
        var stopped: TileRunner.Outcome?

        /// The tile's files, made at the first call.
        mutating func openSink(_ task: TileTask) throws -> any TileSink {
            if let sink { return sink }
            let made = try task.storage.makeSink(task.layout)
            sink = made
            return made
        }

        mutating func writeInOrder(_ task: TileTask) {
            while let block = waiting.removeValue(forKey: nextToWrite) {
                nextToWrite += 1
                guard stopped == nil else { continue }
                do {
                    try block.write(to: try openSink(task))
                } catch {
                    stopped = .failed("\(error)")
                }
            }
        }
    }

    private let progress: Mutex<Progress>

    init(blocks: Int) { progress = Mutex(Progress(blockCount: max(1, blocks))) }

    var isStopped: Bool { progress.withLock { $0.stopped != nil } }

    /// Gives the tile up; the first reason counts.
    func stop(_ reason: TileRunner.Outcome) {
        progress.withLock { if $0.stopped == nil { $0.stopped = reason } }
    }

    /// Writes a block when its turn has come; returns the tile's outcome after the last one.
    ///
    /// A tile in which nothing lies is still a file, so that the next run knows that it was done.
    func finish(_ block: ComputedBlock, number: Int, of task: TileTask) -> TileRunner.Outcome? {
        progress.withLock { progress in
            progress.waiting[number] = block
            progress.writeInOrder(task)
            guard progress.nextToWrite == progress.blockCount else { return nil }
            defer { progress.sink = nil }
            if let stopped = progress.stopped {
                progress.sink?.abandon()
                return stopped
            }
            do {
                try progress.openSink(task).finish()
                try task.storage.finish(task.document)
                return .written
            } catch {
                return .failed("\(error)")
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
