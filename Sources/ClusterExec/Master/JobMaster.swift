import Foundation
public import Jobs
public import Logging

/// Runs one job to its end: hands its tasks to an engine, collects what they make, tries again what died.
///
/// Everything it knows is in the job's folder and in the store, so another master can take over at any moment.
public struct JobMaster: Sendable {
    /// How long a sign of life counts; in seconds.
    public static let lease = 60

    let id: String
    let folder: JobFolder
    let store: any JobStore
    let executor: any Executor
    let collector: any TaskCollector
    let policy: RetryPolicy
    let options: ClusterOptions
    let log: Logger
    let name: String
    /// Seconds after which a job is in the phase UNKNOWN whose engine does not answer.
    let patience: Double

    /// - Parameters:
    ///   - id: The job, which is in the store.
    ///   - folder: Of the job, with all its tasks: see `prepare`.
    ///   - store: Where the job is.
    ///   - executor: Where its tasks run.
    ///   - collector: Takes up what they make.
    ///   - options: Retries, resources, patience.
    ///   - log: Hears of everything that goes wrong.
    ///   - patience: Seconds after which the job is in the phase UNKNOWN while its engine does not answer.
    public init(
        id: String,
        folder: JobFolder,
        store: any JobStore,
        executor: any Executor,
        collector: any TaskCollector,
        options: ClusterOptions,
        log: Logger,
        patience: Double = 300
    ) {
        self.patience = patience
        (self.id, self.folder, self.store, self.executor) = (id, folder, store, executor)
        (self.collector, self.options, self.log) = (collector, options, log)
        policy = RetryPolicy(retries: options.retries, largest: options.largest)
        let pid = ProcessInfo.processInfo.processIdentifier
        name = "\(TaskRunner.hostName)/\(pid)/\(UInt32.random(in: 0...UInt32.max))"
    }

    /// Writes the folder of a job: its tasks, one after the other, and then `job.json`, which says that all are there.
    ///
    /// - Parameters:
    ///   - folder: Where; an earlier, unfinished try is replaced.
    ///   - parts: What tasks are made of, one after the other.
    ///   - task: Makes a task, numbered from 1, while it is written: a job need not fit into memory.
    ///   - make: Makes the job's file from the number of tiles of each task.
    /// - Throws: `ClusterError` where the folder cannot be written.
    public static func prepare<Part>(
        _ folder: JobFolder,
        tasks parts: some Sequence<Part>,
        _ task: (_ number: Int, Part) throws -> TaskFile,
        make: ([Int]) -> JobFile
    ) throws {
        try folder.create()
        var tiles: [Int] = []
        for part in parts {
            let file = try task(tiles.count + 1, part)
            try folder.write(file)
            tiles.append(file.tiles.count)
        }
        try folder.write(make(tiles))
    }

    /// True for a master that ran on this machine and has ended without a word; elsewhere only time can tell.
    public static func isGone(_ master: String) -> Bool {
        let parts = master.split(separator: "/")
        guard parts.count == 3, parts[0] == TaskRunner.hostName, let pid = pid_t(parts[1]) else { return false }
        return kill(pid, 0) != 0 && errno == ESRCH
    }

    /// Runs the job, or goes on with it.
    ///
    /// - Returns: The job as it ended.
    /// - Throws: `ClusterError` where another master has the job; `CancellationError` where this one is to stop, which
    ///   leaves the job to be resumed.
    public func run() async throws -> Job {
        if let holder = try await store.holder(of: id), Self.isGone(holder.master) {
            try await store.release(id, by: holder.master)
        }
        guard try await store.acquire(id, for: name, until: .now + Self.lease, at: .now) else {
            guard let holder = try await store.holder(of: id) else { throw JobStoreError(.noSuchJob, id) }
            throw ClusterError(
                .jobHeld,
                id,
                reason: "\(holder.master), at least until \(holder.expiry)",
                hint: "If that program is gone, try again after that time."
            )
        }
        do {
            var run = try MasterRun(self)
            let job = try await run.run()
            try await store.release(id, by: name)
            let usage = Usage.measure(.own)
            let seconds = (usage.cpuSeconds * 1000).rounded() / 1000
            log.info("the master used \(seconds) s of CPU and \(Resources.megabytes(usage.peakMemory)) of memory")
            return job
        } catch {
            try? await store.release(id, by: name)
            throw error
        }
    }
}
