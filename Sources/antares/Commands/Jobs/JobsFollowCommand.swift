import ArgumentParser
import ClusterExec
import Foundation
import Jobs

/// The command `antares jobs follow`.
struct JobsFollowCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Watch a job to its end: done, failed and running tasks, rate, remaining time, failures.",
        discussion: "With --json a line of JSON at each change."
    )
    struct Line: Encodable {
        let phase: String
        let tasks: JobProgress
        let tasks_per_minute: Double?
        let remaining_seconds: Int?
        let failures: [String]
    }
    @OptionGroup var common: CommonOptions
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let access = try await JobAccess(try common.makeServices())
        let id = try await access.job(job).id
        var told: Set<Int> = []
        var last: JobProgress?
        var phase: Phase?
        while true {
            let job = try await access.job(id)
            let news = job.progress != last || job.phase != phase
            (last, phase) = (job.progress, job.phase)
            if news {
                let failures = failures(access.folder(job), &told)
                let line = Self.line(job, at: .now, failures)
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

    /// Rate and remaining time from what is done so far.
    static func line(_ job: Job, at now: Instant, _ failures: [String]) -> Line {
        let ended = job.progress.done + job.progress.failed
        let seconds = job.startTime.map { (job.endTime ?? now).seconds(since: $0) } ?? 0
        let rate = ended > 0 && seconds > 0 ? Double(ended) / seconds : nil
        let rest = max(0, job.progress.planned - ended)
        return Line(
            phase: job.phase.rawValue,
            tasks: job.progress,
            tasks_per_minute: rate.map { ($0 * 600).rounded() / 10 },
            remaining_seconds: rate.map { Int((Double(rest) / $0).rounded()) },
            failures: failures
        )
    }

    static func text(_ line: Line) -> String {
        var parts = [
            line.phase, "\(line.tasks.done) done", "\(line.tasks.failed) failed", "\(line.tasks.running) running",
            "of \(line.tasks.planned)",
        ]
        if let rate = line.tasks_per_minute { parts.append("\(rate) a minute") }
        if let rest = line.remaining_seconds, rest > 0 { parts.append("\(rest) s to go") }
        return parts.joined(separator: ", ")
    }
}
