import ArgumentParser
import ClusterExec
import Foundation
import Jobs
import Logging
import Workflows

/// How scenes are described as tasks of a job.
struct SceneJobOptions: ParsableArguments {
    @Option(help: .init("Tasks of a job at once.", valueName: "n"))
    var jobs: Int?
    @Option(help: .init("Scenes in a task of a job.", valueName: "n"))
    var scenesPerTask = 100
    @OptionGroup var engine: EngineOptions
    @OptionGroup var master: MasterOptions

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1, got \(jobs).") }
        guard scenesPerTask > 0 else {
            throw ValidationError("--scenes-per-task must be at least 1, got \(scenesPerTask).")
        }
    }

    /// Where the scenes are described as a job; nil for describing them in this program.
    func cluster(_ executor: [String], log: Logger?) throws -> ClusterOptions? {
        try engine.options(executor.first.flatMap { ExecutorName(rawValue: $0) }, jobs: jobs) { log?.warning("\($0)") }
    }
}

/// Describes scenes as tasks of a job.
struct SceneJob {
    let common: CommonOptions
    let cluster: ClusterOptions
    let options: SceneJobOptions

    /// - Returns: What was written; nil for a job that goes on without this program.
    /// - Throws: `CommandFailure` for scenes that the tasks could not see, and for a job that was stopped.
    func run(_ found: FoundScenes) async throws -> MetadataSummary? {
        if cluster.executor == .ssh, let scene = found.localScene {
            throw CommandFailure(
                .usage,
                "--executor ssh describes scenes in buckets only, and '\(scene)' is on this machine: reading it here is "
                    + "faster than sending it. Leave --executor out."
            )
        }
        let services = try common.makeServices()
        let access = try await JobAccess(services)
        let present: Job? = if let id = options.master.asJob { try await access.job(id) } else { nil }
        if let present, access.folder(present).exists { return try await follow(present, access) }
        let size = options.scenesPerTask
        let ranges = stride(from: 0, to: found.count, by: size).map { $0..<min($0 + size, found.count) }
        let names = found.names
        let job = try await access.add(
            "prepare_metadata",
            as: present,
            kind: ScenesTask.kindName,
            tasks: ranges,
            options: cluster,
            collection: try found.collection(),
            parameters: [
                JobParameter("command", CommandLine.arguments.joined(separator: " ")),
                JobParameter("scenes", "\(found.count)"),
            ]
        ) { number, range in
            TaskFile(
                number: number,
                kind: ScenesTask.kindName,
                payload: try found.encoded(range),
                tiles: Array(names[range])
            )
        }
        if options.master.detach {
            try access.detach(job, common)
            try common.emit(JobReport(job, folder: access.folder(job))) { job.id }
            return nil
        }
        return try await follow(job, access)
    }

    private func follow(_ job: Job, _ access: JobAccess) async throws -> MetadataSummary {
        let isAttached = options.master.asJob != nil
        if !isAttached {
            common.log.warning(
                "job \(job.id): `antares jobs follow \(job.id)` shows it, `antares jobs cancel` stops it"
            )
        }
        let collector = try SceneCollector(try access.folder(job).jobFile())
        let ended = try await access.run(job, collector, isAttached: isAttached)
        if let summary = collector.summary { return summary }
        throw CommandFailure(
            .failed,
            "job '\(ended.id)' ended in \(ended.phase.rawValue)" + (ended.errorSummary.map { ": \($0.message)" } ?? ".")
        )
    }
}
