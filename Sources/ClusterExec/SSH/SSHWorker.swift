import Foundation
import Synchronization

/// The far side of a connection: runs one task that comes as a stream, and nothing else.
public struct SSHWorker: Sendable {
    private let folder: String
    private let version: String
    private let handlers: [any TaskHandler]

    /// - Parameters:
    ///   - folder: Where the worker makes a folder of its own for the task, and removes it.
    ///   - version: Of antares.
    ///   - handlers: The kinds of tasks that may come.
    public init(folder: String, version: String, handlers: [any TaskHandler]) {
        (self.folder, self.version, self.handlers) = (folder, version, handlers)
    }

    /// Answers one request on these descriptors.
    ///
    /// - Throws: `ClusterError` for what is no request of antares, before anything of it is run.
    public func answer(input: Int32 = 0, output: Int32 = 1) async throws {
        signal(SIGPIPE, SIG_IGN)
        switch try WorkerProtocol.readLine(input) {
        case WorkerProtocol.helloLine:
            let text = String(decoding: try JSONEncoder().encode(WorkerGreeting(version: version)), as: UTF8.self)
            try WorkerProtocol.write(text + "\n", to: output)
        case WorkerProtocol.runLine: try await run(input, output)
        case let line:
            let hint = "This account answers `antares ssh-task` only."
            throw ClusterError(.badProtocol, String(line.prefix(40)), hint: hint)
        }
    }

    private func run(_ input: Int32, _ output: Int32) async throws {
        let name = "task-\(ProcessInfo.processInfo.processIdentifier)-\(UInt64.random(in: 0...UInt64.max))"
        let place = "\(folder)/\(name)"
        try DurableFile.makeFolder(folder)
        guard mkdir(place, 0o700) == 0 else { throw ClusterError.system(.cannotWrite, place, errno) }
        let cleanup = Cleanup(place)
        defer { cleanup.remove() }
        let request = try receive(input, into: place)
        // From here on the only thing that may come is the end of the connection.
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while read(input, &byte, 1) < 0, errno == EINTR {}
            cleanup.stop()
        }
        let job = JobFolder("\(place)/\(request.job)")
        try job.create()
        let text = try DurableFile.read("\(place)/task.json") ?? Data()
        let task = try JSONDecoder().decode(TaskFile.self, from: text)
        guard task.number == request.number else {
            throw ClusterError(.badProtocol, "request", reason: "the task is another")
        }
        try job.write(task)
        let log = dup(output)
        TaskRunner.redirectLog(to: job, task: task.number, attempt: request.attempt)
        _ = try await TaskRunner(
            folder: job,
            number: task.number,
            attempt: request.attempt,
            resources: request.resources,
            handlers: handlers,
            remote: RemoteFolders(path: place)
        ).run()
        let answer = try TarWriter(descriptor: output == 1 ? log : output)
        try answer.add(file: job.file("status/\(task.number).json"), as: "status.json")
        if FileManager.default.fileExists(atPath: job.log(of: task.number)) {
            try answer.add(file: job.log(of: task.number), as: "log")
        }
        try answer.add(folder: job.results, as: "results")
        try answer.add(folder: "\(place)/outputs", as: "outputs")
        try answer.add(Data(), as: "end")
        try answer.finish()
        cleanup.finish()
    }

    private func receive(_ input: Int32, into place: String) throws -> WorkerProtocol.Request {
        var reader = try TarReader(descriptor: input, into: place)
        while try reader.next(accepting: { ["request.json", "task.json"].contains($0) || $0.hasPrefix("inputs/") })
            != nil
        {}
        guard let data = try DurableFile.read("\(place)/request.json"),
            let request = try? JSONDecoder().decode(WorkerProtocol.Request.self, from: data)
        else { throw ClusterError(.badProtocol, "request.json", reason: "it is missing or cannot be read") }
        try TarReader.check(request.job)
        guard !request.job.contains("/"), request.number > 0, request.job != "inputs", request.job != "outputs" else {
            throw ClusterError(.unsafeName, request.job, reason: "the name could lead out of the folder")
        }
        return request
    }
}

/// Removes the folder of a task once, and stops the process when the asking side has gone.
private final class Cleanup: Sendable {
    private let path: String
    private let isFinished = Atomic<Bool>(false)

    init(_ path: String) { self.path = path }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    func finish() { isFinished.store(true, ordering: .sequentiallyConsistent) }

    /// Ends this process with what it started.
    func stop() {
        guard !isFinished.load(ordering: .sequentiallyConsistent) else { return }
        remove()
        signal(SIGTERM, SIG_IGN)
        kill(0, SIGTERM)
        usleep(200_000)
        remove()
        _exit(1)
    }
}
