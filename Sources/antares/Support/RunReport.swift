import DatacubeIndex
import Foundation
import Logging
import Workflows

/// A workflow that makes tiles.
typealias TileRun = (
    any DatasetIndex, RunOptions, Logger, @escaping @Sendable (_ done: Int, _ planned: Int) -> Void
) async throws -> RunSummary

extension CommonOptions {
    /// Runs what makes tiles, shows its progress and reports what it did.
    func makeTiles(
        _ title: String,
        _ services: Services,
        _ choice: RunOptionGroup,
        by run: TileRun
    ) async throws {
        if let note = choice.note { services.log.warning("\(note)") }
        let options = try choice.makeOptions()
        let reporter = TileProgress(self, title)
        if let cluster = try choice.cluster(log: services.log), !options.isDryRun {
            let job = TileJob(common: self, services: services, cluster: cluster, choice: choice)
            guard let summary = try await job.run(run, options, reporter.update) else { return }
            reporter.finish()
            return try report(summary, isDryRun: false)
        }
        let summary = try await run(try await services.index(), options, services.log, reporter.update)
        reporter.finish()
        try report(summary, isDryRun: options.isDryRun)
    }

    /// Prints what a run did, and fails when something is missing.
    func report(_ summary: RunSummary, isDryRun: Bool) throws {
        try emit(summary) { isDryRun ? Self.plan(summary) : Self.result(summary) }
        if summary.interrupted > 0 { throw CommandFailure(.interrupted, Self.interruption(summary)) }
        guard summary.failures.isEmpty else { throw CommandFailure(.failed, Self.failures(summary)) }
    }

    private static func plan(_ summary: RunSummary) -> String {
        let style = ByteCountFormatStyle(style: .memory, locale: Locale(identifier: "en_US"))
        let tiles = summary.tiles.map { "\($0.isDone ? "done" : "to do")  \($0.tile)  \($0.path)\n" }.joined()
        let shape = summary.blockShape.map(String.init).joined(separator: " x ")
        return tiles + """
            product \(summary.product): \(count(summary.planned, "tile")) planned, \(summary.alreadyThere) already there
            size on disk: at most \(summary.bytesAtMost.formatted(style)) (without compression)
            peak memory: \(summary.peakMemory.formatted(style)), in blocks of at most \(shape) px
            """
    }

    private static func result(_ summary: RunSummary) -> String {
        let failed = summary.failures.isEmpty ? "" : ", \(summary.failures.count) failed"
        return "product \(summary.product): \(count(summary.written, "tile")) written, "
            + "\(summary.alreadyThere) already there\(failed)"
            + summary.skipped.map { "\n  left out: dataset \($0.dataset): \($0.reason)" }.joined()
    }

    private static func interruption(_ summary: RunSummary) -> String {
        "interrupted: \(count(summary.interrupted, "tile")) of \(summary.product) not made. "
            + "What is done is kept and indexed; run the same command again to go on."
    }

    private static func failures(_ summary: RunSummary) -> String {
        let lines = summary.failures.map { "  \($0.tile): \($0.reason)" }
        return "\(count(summary.failures.count, "tile")) of \(summary.product) failed:\n"
            + lines.joined(separator: "\n")
            + "\nThe others are done; mend the cause and run the same command again."
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
