import ArgumentParser
import ClusterExec
import Foundation

/// What a worker is told beside its task.
struct WorkerOptions: ParsableArguments {
    @Option(help: .init("Which try this is.", valueName: "n"))
    var attempt = 1
    @Option(help: .init("What the task may use.", valueName: "bytes"))
    var memory = 0
    @Option(help: .init("What the task may take.", valueName: "s"))
    var seconds = 0
    @Option(help: .init("What the task may use.", valueName: "n"))
    var cores = 1
    @Option(help: .init("End when this open descriptor's other end closes.", visibility: .private))
    var parentPipe: Int32?

    var resources: Resources { Resources(memory: memory, seconds: seconds, cores: cores) }
}

/// The command `antares task`: the worker of every executor.
struct TaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Run one task of a job's folder, as clusters do.",
        discussion: "It needs no database and no configuration. Its output goes to the task's log in the folder."
    )
    @OptionGroup var options: WorkerOptions
    @Argument(help: "Folder of the job.") var folder: String
    @Argument(help: "Number of the task.") var number: Int

    func run() async throws {
        if let descriptor = options.parentPipe { TaskRunner.endWithParent(descriptor) }
        let folder = JobFolder(URL(fileURLWithPath: folder).standardizedFileURL.path)
        guard folder.exists else {
            throw CommandFailure(.noInput, "'\(folder.path)' is not the folder of a job: there is no job.json.")
        }
        _ = try folder.task(number)
        TaskRunner.redirectLog(to: folder, task: number, attempt: options.attempt)
        let status = try await TaskRunner(
            folder: folder,
            number: number,
            attempt: options.attempt,
            resources: options.resources,
            handlers: JobRegistry.handlers
        ).run()
        if status.state == .failed { throw ExitCode(1) }
    }
}

/// The command `antares ssh-task`: carries one task to a worker behind a connection.
struct SSHTaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh-task",
        abstract: "Carry one task to a host and bring back what it made.",
        shouldDisplay: false
    )
    @OptionGroup var options: WorkerOptions
    @Argument(help: "Folder of the job.") var folder: String
    @Argument(help: "Number of the task.") var number: Int
    @Argument(parsing: .postTerminator, help: "The command that connects.") var connection: [String] = []

    func validate() throws {
        guard !connection.isEmpty else { throw ValidationError("say how to connect, after `--`.") }
    }

    func run() async throws {
        if let descriptor = options.parentPipe { TaskRunner.endWithParent(descriptor) }
        let folder = JobFolder(folder)
        TaskRunner.redirectLog(to: folder, task: number, attempt: options.attempt)
        do {
            let task = SSHTask(
                folder: folder,
                number: number,
                attempt: options.attempt,
                resources: options.resources,
                connection: connection
            )
            if try await task.run().state == .failed { throw ExitCode(1) }
        } catch let error as ClusterError {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ExitCode(75)
        }
    }
}

/// The command `antares ssh-worker`: what the key of a cluster may run on a host, and nothing else.
struct SSHWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh-worker",
        abstract: "Answer one task over SSH; the forced command of a host.",
        discussion: """
            In authorized_keys: restrict,command="antares ssh-worker" ssh-ed25519 … . It speaks antares' own protocol on
            its standard streams and takes no notice of what the client asks ssh to run. Tasks that run programs of users
            come in only with --allow script.
            """
    )
    @Option(help: .init("Where tasks work; a folder for each, removed at its end.", valueName: "folder"))
    var folder: String?
    @Option(help: .init("Also run tasks of this kind.", valueName: "kind"))
    var allow: [String] = []

    @Flag(help: "Say version, host and time, and end.")
    var greet = false

    func run() async throws {
        if greet {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let greeting = WorkerGreeting(version: Version.number)
            return Output.write(String(decoding: try encoder.encode(greeting), as: UTF8.self))
        }
        let place = folder ?? "\(NSTemporaryDirectory())/antares-worker-\(getuid())"
        let handlers = JobRegistry.handlers.filter { $0.kind != ScriptTask.kindName || allow.contains($0.kind) }
        try await SSHWorker(folder: place, version: Version.number, handlers: handlers).answer()
    }
}
