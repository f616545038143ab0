import ArgumentParser
import ClusterExec
import Foundation
import Jobs

/// The command `antares jobs follow`.
struct JobsFollowCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Watch a job to its end: done, failed and running tasks, rate, remaining time, failures.",
        discussion: "With --json a line of JSON at each change."
    )
    struct Line: Encodable {
        let phase: String
        let tasks: JobProgress
        let tiles: JobProgress
        let tiles_per_minute: Double?
        let remaining_seconds: Int?
        let failures: [String]
    }
    @OptionGroup var common: CommonOptions
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let (access, found) = try await find()
        let id = found.id
        var told: Set<Int> = []
        var last: JobProgress?
        var phase: Phase?
        while true {
            let job = try await access.job(id)
            let folder = access.folder(job)
            let tiles = Self.tiles(job, folder)
            let news = tiles != last || job.phase != phase
            (last, phase) = (tiles, job.phase)
            if news {
                let failures = failures(folder, &told)
                let line = Self.line(job, tiles, at: .now, failures)
                if common.json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                    Output.write(String(decoding: try encoder.encode(line), as: UTF8.self))
                } else {
                    Output.write(([Self.text(line)] + failures).joined(separator: "\n"))
                }
            }
            if job.phase == .completed { return }
            if job.phase.isFinished {
                throw CommandFailure(.failed, "job '\(id)' ended in \(job.phase.rawValue). See `antares jobs show`.")
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// What tasks that failed since the last look said.
    private func failures(_ folder: JobFolder, _ told: inout Set<Int>) -> [String] {
        guard let numbers = try? folder.statusNumbers().final.subtracting(told) else { return [] }
        var lines: [String] = []
        for number in numbers.sorted() {
            guard let status = try? folder.status(number) else { continue }
            told.insert(number)
            guard status.state == .failed, let task = try? folder.task(number) else { continue }
            lines += status.failedTiles(of: task.tiles).map { "failed: \($0.text)" }
        }
        return lines
    }

    /// Where the tiles are; tasks that run say of theirs which are there already.
    private static func tiles(_ job: Job, _ folder: JobFolder) -> JobProgress {
        guard var tiles = job.tiles, !job.phase.isFinished, tiles.planned > job.progress.planned else {
            return job.tiles ?? job.progress
        }
        for number in (try? folder.statusNumbers().running) ?? [] {
            let made = (try? folder.runningStatus(number))?.tiles.count ?? 0
            let moved = min(made, tiles.running)
            (tiles.done, tiles.running) = (tiles.done + moved, tiles.running - moved)
        }
        return tiles
    }

    /// Rate and remaining time from what is done so far.
    static func line(_ job: Job, _ tiles: JobProgress, at now: Instant, _ failures: [String]) -> Line {
        let ended = tiles.done + tiles.failed
        let seconds = job.startTime.map { (job.endTime ?? now).seconds(since: $0) } ?? 0
        let rate = ended > 0 && seconds > 0 ? Double(ended) / seconds : nil
        let rest = job.phase.isFinished ? nil : max(0, tiles.planned - ended)
        return Line(
            phase: job.phase.rawValue,
            tasks: job.progress,
            tiles: tiles,
            tiles_per_minute: rate.map { ($0 * 600).rounded() / 10 },
            remaining_seconds: rate.flatMap { rate in rest.map { Int((Double($0) / rate).rounded()) } },
            failures: failures
        )
    }

    static func text(_ line: Line) -> String {
        var parts = [
            line.phase, "\(line.tiles.done) done", "\(line.tiles.failed) failed", "\(line.tiles.running) running",
            "of \(line.tiles.planned)",
        ]
        if let rate = line.tiles_per_minute { parts.append("\(rate) a minute") }
        if let rest = line.remaining_seconds, rest > 0 { parts.append("\(rest) s to go") }
        return parts.joined(separator: ", ")
    }
}
