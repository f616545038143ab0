import Foundation
import Geo
import Ingest
import Raster
import Synchronization

/// Makes tiles with all cores: threads take block after block, a tile is finished by whoever does its last block.
///
/// Each thread has open files of its own. Tiles are worked on in order, so that few are open at once.
final class TileRunner: Sendable {
    enum Outcome: Sendable {
        case written
        case failed(String)
        case interrupted
    }

    private let tasks: [TileTask]
    private let states: [TileState]
    private let next: Mutex<(task: Int, block: Int)>
    private let isCancelled: @Sendable () -> Bool

    /// - Parameter isCancelled: Asked before each block; once true, what is begun is given up.
    init(_ tasks: [TileTask], isCancelled: @escaping @Sendable () -> Bool) {
        self.tasks = tasks
        states = tasks.map { TileState(blocks: $0.blocks.count) }
        next = Mutex((0, 0))
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
        let cache = SourceCache()
        while let (index, block) = take() {
            let (task, state) = (tasks[index], states[index])
            if isCancelled() { state.stop(.interrupted) }
            if let block, let sink = state.sink(for: task) {
                do {
                    try task.program.run(block, of: task.layout.geoBox, into: sink, cache: cache)
                } catch {
                    state.stop(.failed("\(error)"))
                }
            }
            if let outcome = state.finishBlock(of: task) { deliver(index, outcome) }
        }
    }

    /// The next block; a tile without blocks is taken once, with none.
    private func take() -> (task: Int, block: PixelWindow?)? {
        next.withLock { next in
            guard next.task < tasks.count else { return nil }
            let blocks = tasks[next.task].blocks
            let taken = (next.task, blocks.isEmpty ? nil : blocks[next.block])
            next = next.block + 1 < blocks.count ? (next.task, next.block + 1) : (next.task + 1, 0)
            return taken
        }
    }
}

/// How far one tile is.
private final class TileState: Sendable {
    private struct Progress {
        var sink: (any TileSink)?
        var blocksLeft: Int
        var stopped: TileRunner.Outcome?
    }

    private let progress: Mutex<Progress>

    init(blocks: Int) { progress = Mutex(Progress(blocksLeft: max(1, blocks))) }

    /// The tile's files, made at the first call; nil once the tile is given up.
    func sink(for task: TileTask) -> (any TileSink)? {
        progress.withLock { progress in
            guard progress.stopped == nil else { return nil }
            if progress.sink == nil {
                do {
                    progress.sink = try task.storage.makeSink(task.layout)
                } catch {
                    progress.stopped = .failed("\(error)")
                }
            }
            return progress.sink
        }
    }

    /// Gives the tile up; the first reason counts.
    func stop(_ reason: TileRunner.Outcome) {
        progress.withLock { if $0.stopped == nil { $0.stopped = reason } }
    }

    /// Counts a block as done; returns the tile's outcome after the last one.
    func finishBlock(of task: TileTask) -> TileRunner.Outcome? {
        let isLast = progress.withLock { progress in
            progress.blocksLeft -= 1
            return progress.blocksLeft == 0
        }
        guard isLast else { return nil }
        // A tile in which nothing lies is still a file, so that the next run knows that it was done.
        let sink = sink(for: task)
        let (opened, stopped) = progress.withLock { ($0.sink, $0.stopped) }
        if let stopped {
            opened?.abandon()
            return stopped
        }
        do {
            try sink?.finish()
            try task.storage.finish(task.document)
            return .written
        } catch {
            return .failed("\(error)")
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
