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
    /// Another program holds the job and ends it: see `CommandMaster`.
    let isAttached: Bool
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
    ///   - isAttached: True where another program holds the job and ends it.
    ///   - patience: Seconds after which the job is in the phase UNKNOWN while its engine does not answer.
    public init(
        id: String,
        folder: JobFolder,
        store: any JobStore,
        executor: any Executor,
        collector: any TaskCollector,
        options: ClusterOptions,
        log: Logger,
        isAttached: Bool = false,
        patience: Double = 300
    ) {
        (self.isAttached, self.patience) = (isAttached, patience)
        (self.id, self.folder, self.store, self.executor) = (id, folder, store, executor)
        (self.collector, self.options, self.log) = (collector, options, log)
        policy = RetryPolicy(retries: options.retries, largest: options.largest)
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

    /// Runs the job, or goes on with it.
    ///
    /// - Returns: The job as it ended; one that is not to be ended here with its results and its progress.
    /// - Throws: `ClusterError` where another master has the job; `CancellationError` where this one is to stop, which
    ///   leaves the job to be resumed.
    public func run() async throws -> Job {
        let lease = isAttached ? nil : try await taken()
        do {
            var run = try MasterRun(self, lease)
            let job = try await run.run()
            try await lease?.release()
            let usage = Usage.measure(.own)
            let seconds = (usage.cpuSeconds * 1000).rounded() / 1000
            log.info("the master used \(seconds) s of CPU and \(Resources.megabytes(usage.peakMemory)) of memory")
            return job
        } catch {
            try? await lease?.release()
            throw error
        }
    }

    private func taken() async throws -> MasterLease {
        var lease = MasterLease(store, id)
        try await lease.take()
        return lease
    }
}
