import ArgumentParser
import ClusterExec
import Foundation
import Jobs
import Logging

/// The command `antares jobs start`: the program of a job that the service made.
struct JobsStartCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "start",
        abstract: "Run a job that is in the store: a command with the job's parameters, or a user's program.",
        discussion: """
            `antares jobs kinds` shows the commands and their parameters. A job whose program has ended goes on where it
            stopped.
            """
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var cluster: ClusterChoice
    @Argument(help: "The job.") var job: String

    func run() async throws {
        let (access, found) = try await find()
        let folder = access.folder(found)
        var options = try cluster.options()
        if let account = found.account { options.charge(account) }
        let ended: Job
        if let script = try folder.scriptRequest() {
            try folder.prepare(script, for: found, on: options)
            ended = try await access.run(found)
        } else {
            let words: [String]
            do throws(JobError) {
                // What was a folder when the job was made may be a link to elsewhere by now.
                try found.places?.check(found, folder)
                words = try self.words(found, in: folder)
            } catch {
                _ = try await access.store.change(found.id) { job in
                    if !job.phase.isFinished { try job.fail(ErrorSummary(error.description)) }
                }
                throw CommandFailure(.usage, error.description)
            }
            ended = try await access.run(found, command: words)
        }
        try common.report(ended, access)
    }

    /// The job's command; its tasks run where this command line says.
    private func words(_ job: Job, in folder: JobFolder) throws(JobError) -> [String] {
        guard let kind = JobKind.named(job.kind) else {
            throw JobError(
                .badDescription("antares has no such command for jobs, and there is no script."),
                job: job.kind
            )
        }
        var words = try kind.words(for: job.parameters)
        let place = kind.makesTasks ? ["--as-job=\(job.id)"] + placeWords(job.account) : []
        let own = ["--json", "--verbose", "--parent-pipe=\(CommandMaster.lifeline)"] + common.configurationWords
        // What stands behind `--` is no option.
        let places = job.places.map { [$0.word(folder)] } ?? []
        words.insert(contentsOf: own + place + places, at: kind.words.count)
        return words
    }

    /// Where the tasks run, and who pays.
    private func placeWords(_ account: String?) -> [String] {
        var words = cluster.engine.scheduler.map { ["--scheduler=\(URL(fileURLWithPath: $0).path)"] } ?? []
        if let executor = cluster.executor ?? (words.isEmpty ? .local : nil) {
            words.append("--executor=\(executor.rawValue)")
        }
        if let account = account ?? cluster.engine.account { words.append("--account=\(account)") }
        if let jobs = cluster.jobs { words.append("--jobs=\(jobs)") }
        words += cluster.engine.hosts.map { "--hosts=\($0)" }
        if let retries = cluster.engine.retries { words.append("--retries=\(retries)") }
        if let memory = cluster.engine.taskMemory { words.append("--task-memory=\(memory)") }
        if let time = cluster.engine.taskTime { words.append("--task-time=\(time)") }
        return words
    }
}

/// The command `antares jobs kinds`.
struct JobsKindsCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "kinds",
        abstract: "Show the commands that run as jobs of the service, with their parameters."
    )
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let kinds = JobKind.all.map(\.description)
        try common.emit(kinds) {
            kinds.map { kind in
                let rows = kind.parameters.map { parameter in
                    ["  \(parameter.name)", parameter.isRequired ? "required" : "", parameter.annotation]
                }
                return "\(kind.name): \(kind.annotation)\n\(Output.table(rows))"
            }.joined(separator: "\n")
        }
    }
}
