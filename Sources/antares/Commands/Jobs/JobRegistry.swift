import ClusterExec
import Config
import Foundation
import IndexSQL
import Jobs
import Logging
import Postgres

/// The kinds of jobs that this program runs: who makes their tasks, and who takes up what those make.
enum JobRegistry {
    static let handlers: [any TaskHandler] = [ScriptTask()]

    static func collector(of kind: String) throws -> any TaskCollector {
        guard kind == ScriptTask.kindName else { throw ClusterError(.unknownKind, kind) }
        return FolderCollector()
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
            let settings = try services.ownConnectionSettings()
            let session = try Session(settings)
            defer { session.close() }
            let migrations = try Migration.load(folder: try SQLFiles.url("migrations/uws"))
            try Migrator.withLock(session) {
                _ = try Migrator(component: "uws", migrations: migrations).migrate(session)
            }
            store = PostgresJobStore(try await ConnectionPool(settings))
        }
    }

    /// The path of the program that is running.
    static var program: String {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    }

    func job(_ id: String) async throws -> Job {
        if let job = try await store.job(id) { return job }
        let known = try await store.jobs(matching: JobFilter()).map(\.id)
        let matches = known.filter { $0.hasPrefix(id) || $0.hasSuffix(id) }
        // The end of a name is enough to type.
        if matches.count == 1, id.count >= 4, let job = try await store.job(matches[0]) { return job }
        throw CommandFailure(.noInput, "there is no job '\(id)'. `antares jobs list` shows those that are there.")
    }

    /// The folder of a job: the one it was started with, else that of the configuration.
    func folder(_ job: Job) -> JobFolder {
        JobFolder(job.value(of: Self.folderParameter) ?? newFolder(job.id, ClusterOptions()).path)
    }

    static let folderParameter = "folder"

    func newFolder(_ id: String, _ options: ClusterOptions) -> JobFolder {
        JobFolder(sharedFolder: options.sharedFolder ?? services.settings.sharedDirectory.value, job: id)
    }

    func master(of job: Job) async throws -> JobMaster {
        let folder = folder(job)
        let file = try folder.jobFile()
        return JobMaster(
            id: job.id,
            folder: folder,
            store: store,
            executor: try await file.cluster.makeExecutor(for: folder, program: Self.program),
            collector: try JobRegistry.collector(of: file.kind),
            options: file.cluster,
            log: Logger(label: "antares.jobs")
        )
    }

    /// Makes a job with its folder; it waits until a master runs it.
    ///
    /// - Parameters:
    ///   - kind: Of the job.
    ///   - tasks: Numbered from 1.
    ///   - options: Where they run.
    ///   - parameters: Shown with the job.
    ///   - executionDuration: Seconds that the job may run; 0 for no limit.
    ///   - retryOf: The job whose failed tasks these are.
    /// - Returns: The job as it is in the store.
    /// - Throws: `ClusterError` where its folder cannot be written; what the store says.
    func add(
        _ kind: String,
        tasks: some Sequence<TaskFile>,
        options: ClusterOptions,
        parameters: [JobParameter],
        executionDuration: Int = 0,
        retryOf: String? = nil
    ) async throws -> Job {
        let id = Job.makeID()
        let folder = newFolder(id, options)
        let job = Job(
            id: id,
            kind: kind,
            ownerID: NSUserName(),
            executionDuration: executionDuration,
            parameters: parameters + [JobParameter(Self.folderParameter, folder.path)]
        )
        try JobMaster.prepare(folder, tasks: tasks) { count in
            JobFile(id: id, kind: kind, tasks: count, cluster: options, retryOf: retryOf)
        }
        try await store.add(job)
        return job
    }

    /// Starts a master of its own for a job, which goes on when this program has ended.
    func detach(_ job: Job) throws {
        let log = folder(job).path + "/master.log"
        try DetachedProgram.start([Self.program, "jobs", "resume", job.id, "--verbose"], log: log)
    }
}
