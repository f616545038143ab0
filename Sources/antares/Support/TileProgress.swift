import Synchronization

/// The progress of a run whose length is known only once it is planned.
final class TileProgress: Sendable {
    private let common: CommonOptions
    private let title: String
    private let reporter = Mutex<ProgressReporter?>(nil)

    init(_ common: CommonOptions, _ title: String) { (self.common, self.title) = (common, title) }

    /// Says how many tiles are done.
    @Sendable
    func update(done: Int, planned: Int) {
        let current = reporter.withLock { reporter in
            if reporter == nil { reporter = common.makeProgress(title, total: planned) }
            return reporter
        }
        current?.update(to: done)
    }

    func finish() { reporter.withLock { $0 }?.finish() }
}
