import ClusterExec
import DatacubeIndex
import Foundation
import Jobs
import Logging
import Workflows

/// Makes the tiles of a workflow as tasks of a job.
struct TileJob {
    let common: CommonOptions
    let services: Services
    let cluster: ClusterOptions
    let choice: RunOptionGroup

    /// Plans here, lets the tasks make the tiles, and indexes them as they come.
    ///
    /// - Parameters:
    ///   - run: The workflow.
    ///   - options: What it may use, as it would in this program.
    ///   - progress: Told of tiles.
    /// - Returns: What was done; nil for a job that goes on without this program.
    /// - Throws: `CommandFailure` for a job that was stopped.
    func run(
        _ run: TileRun,
        _ options: RunOptions,
        _ progress: @escaping @Sendable (_ done: Int, _ planned: Int) -> Void
    ) async throws -> RunSummary? {
        let access = try await JobAccess(services)
        let present: Job? = if let id = choice.master.asJob { try await access.job(id) } else { nil }
        if let present, access.folder(present).exists {
            // An earlier try of the same command has planned it.
            return try await follow(present, access, RunSummary(product: ""), progress)
        }
        let deferred = DeferredTiles()
        var taskOptions = self.taskOptions(options)
        taskOptions.deferred = deferred
        let index = try await services.index()
        var summary = try await run(index, taskOptions, services.log) { _, _ in }
        guard deferred.count > 0 else { return summary }
        taskOptions.deferred = nil
        try common.checkWriting(Set(deferred.batches(of: .max, taskOptions).flatMap(\.outputs)).sorted())
        let collection = TileCollection(product: deferred.indexedProduct, database: services.indexName)
        var size = choice.tilesPerTask
        if size == nil, let first = try await measure(deferred, taskOptions) {
            if !options.overwrites {
                // Its task finds it there.
                summary.written += 1
                summary.alreadyThere -= 1
            }
            size = TaskGrouping.tilesPerTask(
                secondsPerTile: first,
                tiles: deferred.count,
                slots: slots,
                limitSeconds: cluster.resources.seconds
            )
        }
        let job = try await makeJob(access, present, deferred, size ?? 1, taskOptions, collection)
        if choice.master.detach {
            try access.detach(job, common)
            try common.emit(JobReport(job, folder: access.folder(job))) { job.id }
            return nil
        }
        return try await follow(job, access, summary, progress)
    }

    /// Tasks at once; nil where the engine decides.
    private var slots: Int? {
        switch cluster.executor {
        case .local: cluster.jobs ?? ProcessInfo.processInfo.activeProcessorCount
        case .ssh: min(cluster.jobs ?? .max, cluster.ssh.hosts.reduce(0) { $0 + $1.slots })
        case .slurm, .sge: cluster.jobs
        }
    }

    /// What a task may use: blocks are as large as those of this program would be, unless its memory is less.
    private func taskOptions(_ options: RunOptions) -> RunOptions {
        var own = options
        let perThread = options.memory / max(1, options.jobs)
        own.jobs = max(1, cluster.resources.cores)
        own.memory = perThread * own.jobs
        if choice.memory != nil {
            own.memory = options.memory
        } else if cluster.resources.memory > 0 {
            own.memory = min(own.memory, cluster.resources.memory / 2)
        }
        return own
    }

    /// Makes the first tile here where there are so many that its time decides how the others are shared out.
    ///
    /// - Returns: Its seconds; nil for few tiles, and where it cannot be made: then its task says why.
    private func measure(_ deferred: DeferredTiles, _ options: RunOptions) async throws -> Double? {
        guard deferred.count > slots.map({ 8 * $0 }) ?? 100,
            let first = deferred.batches(of: 1, options).first(where: { _ in true })
        else { return nil }
        let start = ContinuousClock.now
        guard let result = try await TileWork(decoding: first.encoded()).run(log: services.log).first,
            result.state == .made
        else { return nil }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    private func makeJob(
        _ access: JobAccess,
        _ present: Job?,
        _ deferred: DeferredTiles,
        _ size: Int,
        _ options: RunOptions,
        _ collection: TileCollection
    ) async throws -> Job {
        let batches = deferred.batches(of: size, options)
        // What does not survive its own file is found out before anything is submitted.
        try batches.first { _ in true }?.check()
        let isRemote = cluster.executor == .ssh
        return try await access.add(
            Self.command,
            as: present,
            kind: TilesTask.kindName,
            tasks: batches,
            options: cluster,
            collection: try JSONEncoder().encode(collection),
            parameters: [
                JobParameter("command", CommandLine.arguments.joined(separator: " ")),
                JobParameter("tiles", "\(deferred.count)"), JobParameter("tiles_per_task", "\(size)"),
            ]
        ) { number, batch in
            TaskFile(
                number: number,
                kind: TilesTask.kindName,
                payload: try batch.encoded(),
                tiles: batch.names,
                inputs: isRemote ? batch.inputs : [],
                outputs: batch.outputs,
                writable: common.writable
            )
        }
    }

    private func follow(
        _ job: Job,
        _ access: JobAccess,
        _ planning: RunSummary,
        _ progress: @escaping @Sendable (_ done: Int, _ planned: Int) -> Void
    ) async throws -> RunSummary {
        let isAttached = choice.master.asJob != nil
        if !isAttached {
            services.log.warning(
                "job \(job.id): `antares jobs follow \(job.id)` shows it, `antares jobs cancel` stops it"
            )
        }
        let folder = access.folder(job)
        let file = try folder.jobFile()
        var summary = planning
        if summary.product.isEmpty {
            summary = RunSummary(product: try TileCollection(of: file).product ?? job.kind)
            summary.planned = file.tiles?.reduce(0, +) ?? 0
        }
        let (before, planned) = (summary.written + summary.alreadyThere, summary.planned)
        let collector = try TileCollector(file, services) { done, _ in progress(before + done, planned) }
        let ended = try await access.run(job, collector, isAttached: isAttached)
        let collected = await collector.summary
        summary.written += collected.written
        summary.alreadyThere += collected.alreadyThere
        summary.skipped += collected.skipped
        summary.failures += try folder.failures().map { .init(tile: $0.tile ?? "task \($0.task)", reason: $0.reason) }
        if ended.phase == .completed || !summary.failures.isEmpty { return summary }
        if isAttached, !ended.phase.isFinished { return summary }
        throw CommandFailure(
            .failed,
            "job '\(ended.id)' ended in \(ended.phase.rawValue)" + (ended.errorSummary.map { ": \($0.message)" } ?? ".")
        )
    }

    /// The command that is running, as the job's kind.
    private static var command: String {
        CommandLine.arguments.dropFirst().first { !$0.hasPrefix("-") }?.replacing("-", with: "_") ?? "tiles"
    }
}
