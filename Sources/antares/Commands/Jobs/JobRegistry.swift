import ClusterExec
import Config
import Foundation
import Jobs
import Logging
import Postgres

/// The kinds of jobs that this program runs: who makes their tasks, and who takes up what those make.
enum JobRegistry {
    static let handlers: [any TaskHandler] = [ScriptTask(), TilesTask(), ScenesTask()]

    static func collector(of file: JobFile, _ services: Services) throws -> any TaskCollector {
        switch file.kind {
        case ScriptTask.kindName: file.collection == nil ? FolderCollector() : try ScriptCollector(file)
        case TilesTask.kindName: try TileCollector(file, services)
        case ScenesTask.kindName: try SceneCollector(file)
        default: throw ClusterError(.unknownKind, file.kind)
        }
    }
}

/// Jobs as the commands see them: the store, the folders, and a master.
struct JobAccess {
    let services: Services
    let store: any JobStore

    /// Opens the store: the configured database, or a file where there is none.
    init(_ services: Services) async throws {
        self.services = services
        switch services.settings.ownDatabase.value {
        case .privateServer:
            let file = URL(fileURLWithPath: services.settings.dataDirectory + "/jobs.sqlite")
            store = try SQLiteJobStore(opening: file)
        case .server:
            store = PostgresJobStore(try await ConnectionPool(try services.migratedJobDatabase()))
        }
    }

    /// The path of the program that is running.
    static var program: String {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    }

    func job(_ id: String) async throws -> Job {
        if let job = try await store.job(id) { return job }
        let known = try await store.list(matching: JobFilter()).map(\.id)
        let matches = known.filter { $0.hasPrefix(id) || $0.hasSuffix(id) }
        // The end of a name is enough to type.
        if matches.count == 1, id.count >= 4, let job = try await store.job(matches[0]) { return job }
        throw CommandFailure(.noInput, "there is no job '\(id)'. `antares jobs list` shows those that are there.")
    }

    /// The folder of a job: the one it was started with, else that of the configuration.
    func folder(_ job: Job) -> JobFolder {
        JobFolder(job.folder ?? newFolder(job.id, ClusterOptions()).path)
    }

    func newFolder(_ id: String, _ options: ClusterOptions) -> JobFolder {
        JobFolder(sharedFolder: options.sharedFolder ?? services.settings.sharedDirectory.value, job: id)
    }

    /// Runs a job to its end.
    ///
    /// - Parameters:
    ///   - job: One that nobody else runs.
    ///   - collector: Takes up what it makes; nil for that of its kind.
    ///   - isAttached: True where another program holds the job and ends it.
    /// - Returns: The job as it ended.
    /// - Throws: `CommandFailure` where the user interrupts it, which leaves it to be resumed; what the master throws.
    func run(
        _ job: Job,
        _ collector: (any TaskCollector)? = nil,
        isAttached: Bool = false
    ) async throws -> Job {
        let folder = folder(job)
        let file = try folder.jobFile()
        let master = JobMaster(
            id: job.id,
            folder: folder,
            store: store,
            executor: try await file.cluster.makeExecutor(for: folder, program: Self.program),
            collector: try collector ?? JobRegistry.collector(of: file, services),
            options: file.cluster,
            log: Logger(label: "antares.jobs"),
            isAttached: isAttached
        )
        do {
            return try await master.run()
        } catch is CancellationError {
            throw CommandFailure(
                .interrupted,
                "interrupted: job \(job.id) is not at its end. `antares jobs resume \(job.id)` goes on with it, "
                    + "`antares jobs cancel \(job.id)` stops what runs on a cluster."
            )
        }
    }

    /// Runs a job whose work is a command of antares.
    ///
    /// - Throws: `CommandFailure` where the user interrupts it, which leaves it to be started again.
    func run(_ job: Job, command words: [String]) async throws -> Job {
        let master = CommandMaster(
            id: job.id,
            folder: folder(job),
            store: store,
            program: Self.program,
            words: words,
            log: Logger(label: "antares.jobs")
        )
        do {
            return try await master.run()
        } catch is CancellationError {
            throw CommandFailure(
                .interrupted,
                "interrupted: job \(job.id) is not at its end. `antares jobs start \(job.id)` goes on with it."
            )
        }
    }

    /// Makes a job with its folder, or the folder of one that is there; it waits until a master runs it.
    ///
    /// - Parameters:
    ///   - name: What kind of job it is for people.
    ///   - present: The job that is there.
    ///   - kind: Of its tasks.
    ///   - parts: What tasks are made of.
    ///   - options: Where they run.
    ///   - collection: For the collector of the kind.
    ///   - parameters: Shown with the job.
    ///   - executionDuration: Seconds that the job may run; 0 for no limit.
    ///   - retryOf: The job whose failed tasks these are.
    ///   - task: Makes a task.
    /// - Returns: The job as it is in the store.
    /// - Throws: `ClusterError` where its folder cannot be written; what the store says.
    func add<Part>(
        _ name: String,
        as present: Job? = nil,
        kind: String,
        tasks parts: some Sequence<Part>,
        options: ClusterOptions,
        collection: Data? = nil,
        parameters: [JobParameter],
        executionDuration: Int = 0,
        retryOf: String? = nil,
        task: (_ number: Int, Part) throws -> TaskFile
    ) async throws -> Job {
        let id = present?.id ?? Job.makeID()
        let folder = present.map { self.folder($0) } ?? newFolder(id, options)
        let job =
            present
            ?? Job(
                id: id,
                kind: name,
                ownerID: NSUserName(),
                executionDuration: executionDuration,
                parameters: parameters,
                folder: folder.path
            )
        try JobMaster.prepare(folder, tasks: parts, task) { tiles in
            JobFile(
                id: id,
                kind: kind,
                tasks: tiles.count,
                tiles: tiles,
                cluster: options,
                collection: collection,
                retryOf: retryOf
            )
        }
        if present == nil { try await store.add(job) }
        return job
    }

    /// Starts a master of its own for a job, which goes on when this program has ended.
    func detach(_ job: Job, _ common: CommonOptions) throws {
        try JobStarter(program: Self.program, options: common.configurationWords)
            .begin("resume", job.id, log: folder(job).path + "/master.log")
    }
}

extension CommonOptions {
    /// The words by which another program finds the same configuration.
    var configurationWords: [String] {
        (env.map { ["--env=\($0)"] } ?? []) + config.map { "--config=\(URL(fileURLWithPath: $0).path)" }
            + (rawConfig.map { ["--raw-config=\($0)"] } ?? [])
    }
}
