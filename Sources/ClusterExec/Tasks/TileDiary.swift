import Synchronization

/// The tiles that a running task has made so far, written down now and then: those of a task that dies are not lost.
final class TileDiary: Sendable {
    private struct State {
        var status: TaskStatus
        var written = ContinuousClock.now
    }

    private let state: Mutex<State>
    private let folder: JobFolder

    init(_ status: TaskStatus, _ folder: JobFolder) {
        state = Mutex(State(status: status))
        self.folder = folder
    }

    var tiles: [TileOutcome] { state.withLock { $0.status.tiles } }

    func add(_ tile: TileOutcome) {
        state.withLock { state in
            state.status.tiles.append(tile)
            // The file grows with each tile: it is written the less often, the longer the task has run.
            guard ContinuousClock.now - state.written > .seconds(1) else { return }
            state.written = .now
            // What it says is said again at the end.
            try? folder.write(state.status)
        }
    }
}
