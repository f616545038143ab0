import ArgumentParser
import ClusterExec
import Foundation
import Jobs
import Logging

/// Options of the commands that run a job's master.
struct MasterOptions: ParsableArguments {
    @Flag(help: "Return at once; the job goes on without this terminal.")
    var detach = false
    @Option(help: .init("Be this job, which another program holds and ends.", visibility: .private))
    var asJob: String?
}

extension CommonOptions {
    /// Runs a job to its end, or leaves it to a program of its own.
    ///
    /// - Throws: `CommandFailure` with status 1 for a job that did not end in COMPLETED.
    func run(_ job: Job, _ access: JobAccess, detach: Bool) async throws {
        if detach {
            try access.detach(job, self)
            return try emit(JobReport(job, folder: access.folder(job))) { job.id }
        }
        log.info("job \(job.id)")
        try report(try await access.run(job), access)
    }

    /// Prints how a job ended.
    ///
    /// - Throws: `CommandFailure` with status 1 for a job that did not end in COMPLETED.
    func report(_ ended: Job, _ access: JobAccess) throws {
        let folder = access.folder(ended)
        let failures = (try? folder.failures()) ?? []
        let report = JobReport(ended, folder: folder, failures: failures)
        try emit(report) { "job \(ended.id) \(ended.phase.rawValue): \(report.counts)" }
        if ended.phase == .completed { return }
        throw CommandFailure(
            .failed,
            "job '\(ended.id)' ended in \(ended.phase.rawValue)" + (ended.errorSummary.map { ": \($0.message)" } ?? ".")
        )
    }
}

/// The command `antares jobs resume`.
struct JobsResumeCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on with a job whose program has ended.",
        discussion: "What runs on a cluster goes on there meanwhile, and is found again."
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var options: MasterOptions
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let (access, found) = try await find()
        try await common.run(found, access, detach: options.detach)
    }
}

/// The command `antares jobs retry-failed`.
struct JobsRetryCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry-failed",
        abstract: "Make just the failed tiles of a job again, as a new job."
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var options: MasterOptions
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let (access, old) = try await find()
        guard old.phase.isFinished else {
            throw CommandFailure(.failed, "job '\(old.id)' is \(old.phase.rawValue). Wait for its end, or cancel it.")
        }
        let folder = access.folder(old)
        let file = try folder.jobFile()
        let unfinished = try folder.unfinishedTasks()
        guard !unfinished.isEmpty else { throw CommandFailure(.failed, "job '\(old.id)' has no failed task.") }
        var cluster = file.cluster
        // What was found to be too little is not tried again.
        for submission in try folder.submissions() where !Set(submission.tasks).isDisjoint(with: unfinished) {
            cluster.resources.memory = max(cluster.resources.memory, submission.resources.memory)
            cluster.resources.seconds = max(cluster.resources.seconds, submission.resources.seconds)
        }
        let job = try await access.add(
            old.kind,
            kind: file.kind,
            tasks: unfinished,
            options: cluster,
            collection: file.collection,
            parameters: old.parameters.filter { $0.id != "retry_of" } + [JobParameter("retry_of", old.id)],
            executionDuration: old.executionDuration,
            retryOf: old.id
        ) { number, task in
            let file = try folder.task(task)
            let missing = try folder.status(task)?.failedTiles(of: file.tiles).compactMap(\.tile) ?? []
            return file.renumbered(number, only: missing.isEmpty ? nil : missing)
        }
        try await common.run(job, access, detach: options.detach)
    }
}

/// The command `antares jobs run`: a program of the user's as a job.
struct JobsRunCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a program of your own once for each task, here or on a cluster.",
        discussion: """
            The program finds ANTARES_TASK (from 1), ANTARES_ATTEMPT, ANTARES_RESULTS (a folder that is kept) and
            ANTARES_TILES in its environment; no shell sees the words. Ending with 74 or 75 means that trying again may help.
            """
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var options: MasterOptions
    @OptionGroup var cluster: ClusterChoice
    @Option(help: .init("How often.", valueName: "n"))
    var tasks = 1
    @Option(
        help: .init(
            "File in the program's working folder that is kept as a result; may be repeated.",
            valueName: "name"
        )
    )
    var result: [String] = []
    @Option(
        help: .init(
            "File that goes with every task where no file system is shared; may be repeated.",
            valueName: "file"
        )
    )
    var input: [String] = []
    @Option(help: .init("Stop the job after so many seconds.", valueName: "s"))
    var executionDuration = 0
    @Argument(parsing: .postTerminator, help: "The program and its arguments, after --.")
    var words: [String] = []

    func validate() throws {
        guard tasks > 0 else { throw ValidationError("--tasks must be at least 1, got \(tasks).") }
        guard !words.isEmpty else { throw ValidationError("say which program to run, after `--`.") }
    }

    func run() async throws {
        let choice = try cluster.options()
        var script = ScriptPayload(program: words[0], arguments: Array(words.dropFirst()), results: result)
        // It is the user's own program, with the user's own rights.
        script.inheritsEnvironment = true
        let payload = try JSONEncoder().encode(script)
        let inputs = input.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        let access = try await JobAccess(try common.makeServices())
        let job = try await access.add(
            ScriptTask.kindName,
            kind: ScriptTask.kindName,
            tasks: 1...tasks,
            options: choice,
            parameters: [JobParameter("program", words.joined(separator: " ")), JobParameter("tasks", "\(tasks)")],
            executionDuration: executionDuration
        ) { number, _ in
            TaskFile(
                number: number,
                kind: ScriptTask.kindName,
                payload: payload,
                tiles: ["task-\(number)"],
                inputs: inputs
            )
        }
        try await common.run(job, access, detach: options.detach)
    }
}
