import ArgumentParser
import ClusterExec
import Foundation
import Jobs

/// The group `antares jobs`.
struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Long commands as jobs: look at them, stop them, go on with them.",
        discussion: "A job may be named by the end of its name, as 7f3a9c41.",
        subcommands: [
            JobsListCommand.self, JobsShowCommand.self, JobsLogCommand.self, JobsFollowCommand.self,
            JobsCancelCommand.self, JobsResumeCommand.self, JobsRetryCommand.self, JobsRemoveCommand.self,
            JobsResourcesCommand.self, JobsRunCommand.self, JobsStartCommand.self, JobsKindsCommand.self,
        ]
    )
}

/// A command about one job.
protocol JobCommand: CommonCommand {
    /// The job's name, or the end of it.
    var job: String { get }
}

extension JobCommand {
    /// The job, and the way to all of them.
    func find() async throws -> (access: JobAccess, job: Job) {
        let access = try await JobAccess(try common.makeServices())
        return (access, try await access.job(job))
    }
}

/// The command `antares jobs list`.
struct JobsListCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List jobs, newest first.")
    @OptionGroup var common: CommonOptions
    @Option(help: .init("Only jobs in this phase; may be repeated.", valueName: "phase"))
    var phase: [String] = []
    @Option(help: .init("Only jobs of this kind.", valueName: "kind"))
    var kind: String?
    @Option(help: .init("Only jobs made later than this.", valueName: "time"))
    var after: String?
    @Option(help: .init("At most so many.", valueName: "n"))
    var last: Int?

    func run() async throws {
        var query = phase.map { (name: "PHASE", value: $0.uppercased()) }
        if let after { query.append(("AFTER", after)) }
        if let last { query.append(("LAST", "\(last)")) }
        var filter: JobFilter
        do {
            filter = try JobFilter(query: query)
        } catch {
            throw ValidationError(error.description)
        }
        filter.kind = kind
        let access = try await JobAccess(try common.makeServices())
        let reports = try await access.store.jobs(matching: filter).map { JobReport($0, folder: access.folder($0)) }
        try common.emit(reports) {
            Output.table(reports.map { [$0.id, $0.kind, $0.phase, $0.counts] })
        }
    }
}

/// The command `antares jobs show`.
struct JobsShowCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a job, with every tile that failed and what it said."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let (access, job) = try await find()
        let folder = access.folder(job)
        let report = JobReport(
            job,
            folder: folder,
            holder: try await access.store.holder(of: job.id),
            failures: (try? folder.failures()) ?? []
        )
        try common.emit(report) { report.text }
    }
}

/// The command `antares jobs log`.
struct JobsLogCommand: JobCommand {
    static let configuration = CommandConfiguration(commandName: "log", abstract: "Print the logs of a job's tasks.")
    struct Entry: Encodable { let task: Int, log: String }
    @OptionGroup var common: CommonOptions
    @Argument(help: "The job.") var job: String
    @Argument(help: "Only this task.") var task: Int?

    func run() async throws {
        let (access, found) = try await find()
        let folder = access.folder(found)
        let numbers = try task.map { [$0] } ?? Array(1...max(1, try folder.jobFile().tasks))
        if let task, !FileManager.default.fileExists(atPath: "\(folder.path)/tasks/\(task).json") {
            throw CommandFailure(.noInput, "job '\(folder.id)' has no task \(task).")
        }
        let entries = numbers.map { Entry(task: $0, log: folder.logTail($0, bytes: 1 << 24)) }
            .filter { !$0.log.isEmpty || task != nil }
        try common.emit(entries) {
            entries.map { ($0.task == task ? "" : "== task \($0.task)\n") + $0.log.trimmingCharacters(in: .newlines) }
                .joined(separator: "\n")
        }
    }
}

/// The command `antares jobs cancel`.
struct JobsCancelCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Stop a job; what it has made stays.",
        discussion: "The program that runs it stops its tasks. Where that program is gone, this one does."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let (access, found) = try await find()
        let job = try await access.store.change(found.id) { job in
            if !job.phase.isFinished { try job.move(to: .aborted, by: .abort) }
        }
        let folder = access.folder(job)
        let holder = try await access.store.holder(of: job.id)
        if folder.exists, holder?.isGone ?? true {
            let options = try folder.jobFile().cluster
            let executor = try await options.makeExecutor(for: folder, program: JobAccess.program)
            try await executor.cancel(try folder.submissions(), tasks: nil)
        }
        let report = JobReport(job, folder: folder)
        try common.emit(report) { "job \(job.id) is \(job.phase.rawValue)" }
    }
}

/// The command `antares jobs remove`.
struct JobsRemoveCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Forget a job that has ended, and remove its folder with logs and results.",
        discussion: "Tiles and datasets that the job made elsewhere stay."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let (access, job) = try await find()
        guard job.phase.isFinished || job.phase == .pending else {
            throw CommandFailure(.failed, "job '\(job.id)' is \(job.phase.rawValue). Cancel it first.")
        }
        let folder = access.folder(job)
        let report = JobReport(job, folder: folder)
        try folder.remove()
        _ = try await access.store.remove(job.id)
        try common.emit(report) { "removed job \(job.id)" }
    }
}

/// The command `antares jobs resources`.
struct JobsResourcesCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "resources",
        abstract: "Show what each task used: host, seconds, memory, bytes."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let (access, found) = try await find()
        let folder = access.folder(found)
        let report = ResourceReport(try folder.statusNumbers().final.sorted().compactMap { try folder.status($0) })
        try common.emit(report) { report.text }
    }
}
