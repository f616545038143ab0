import CSpawn
import Foundation

/// This side of a connection: sends one task of a folder to a worker and brings back what it made.
public struct SSHTask: Sendable {
    private let folder: JobFolder
    private let number: Int
    private let attempt: Int
    private let resources: Resources
    private let connection: [String]

    /// - Parameters:
    ///   - folder: Of the job, here.
    ///   - number: The task.
    ///   - attempt: Counted from 1.
    ///   - resources: What the task is given.
    ///   - connection: The command that leads to the worker's standard streams.
    public init(folder: JobFolder, number: Int, attempt: Int, resources: Resources, connection: [String]) {
        (self.folder, self.number, self.attempt) = (folder, number, attempt)
        (self.resources, self.connection) = (resources, connection)
    }

    /// Sends the task, waits, and publishes its log, files and status.
    ///
    /// - Returns: The status that came back.
    /// - Throws: `ClusterError` where nothing complete came back: the host or the way to it failed.
    public func run() async throws -> TaskStatus {
        signal(SIGPIPE, SIG_IGN)
        let task = try folder.task(number)
        let place = folder.file("submissions/.\(number)-\(attempt)-\(UInt32.random(in: 0...UInt32.max))")
        try DurableFile.makeFolder(place)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let host = connection.firstIndex(of: "--").map { connection[$0 + 1] } ?? connection[0]
        try folder.write(TaskStatus(number: number, attempt: attempt, state: .running, host: host))
        let link = try Link(connection)
        defer { link.close() }
        do {
            try send(task, to: link.input)
            var reader = try TarReader(descriptor: link.output, into: place)
            while try reader.next() != nil {}
        } catch {
            link.close()
            let end = try await link.program.end(limit: .seconds(5))
            throw ClusterError(.cannotRead, host, reason: "\(error) \(connection[0]) \(end.text)")
        }
        guard FileManager.default.fileExists(atPath: "\(place)/end") else {
            link.close()
            let end = try await link.program.end(limit: .seconds(5))
            throw ClusterError(.cannotRead, host, reason: "the answer is cut off; \(connection[0]) \(end.text)")
        }
        link.close()
        _ = try? await link.program.end(limit: .seconds(10))
        return try publish(place, task)
    }

    private func send(_ task: TaskFile, to descriptor: Int32) throws {
        try WorkerProtocol.write(WorkerProtocol.runLine + "\n", to: descriptor)
        let stream = try TarWriter(descriptor: descriptor)
        let request = WorkerProtocol.Request(job: folder.id, number: number, attempt: attempt, resources: resources)
        try stream.add(try JSONEncoder().encode(request), as: "request.json")
        try stream.add(file: folder.file("tasks/\(number).json"), as: "task.json")
        for (input, name) in zip(task.inputs, RemoteFolders.names(of: task.inputs)) {
            try stream.add(file: input, as: name)
        }
        try stream.finish()
    }

    /// Moves what came to its places, the status last.
    private func publish(_ place: String, _ task: TaskFile) throws -> TaskStatus {
        guard let data = try DurableFile.read("\(place)/status.json"),
            let status = try? JSONDecoder().decode(TaskStatus.self, from: data), status.number == number,
            status.attempt == attempt, status.state != .running
        else { throw ClusterError(.badProtocol, "status.json", reason: "it is missing or of another task") }
        if let log = try DurableFile.read("\(place)/log") { FileHandle.standardError.write(log) }
        try move("\(place)/results", to: folder.results)
        for (index, output) in task.outputs.enumerated() {
            try move("\(place)/outputs/\(index)", to: output, checking: task)
        }
        try folder.write(status)
        return status
    }

    /// - `task`: Whose places are checked; nil for the job's own folder.
    private func move(_ source: String, to target: String, checking task: TaskFile? = nil) throws {
        for name in FileManager.default.enumerator(atPath: source)?.compactMap({ $0 as? String }) ?? [] {
            var isFolder: ObjCBool = false
            let path = "\(source)/\(name)"
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            let end = "\(target)/\(name)"
            try task?.checkWriting(end)
            try DurableFile.makeFolder((end as NSString).deletingLastPathComponent)
            do {
                try DurableFile.publish(path, as: end)
            } catch let error as ClusterError where error.reason == String(cString: strerror(EXDEV)) {
                // Another file system: complete beside its place first.
                let near = "\(end).\(UInt32.random(in: 0...UInt32.max)).part"
                try FileManager.default.copyItem(atPath: path, toPath: near)
                try DurableFile.publish(near, as: end)
            }
        }
    }

    /// Asks a worker who it is.
    ///
    /// - Throws: `ClusterError` where it does not answer as antares does.
    public static func greet(_ connection: [String]) async throws -> WorkerGreeting {
        signal(SIGPIPE, SIG_IGN)
        let link = try Link(connection)
        defer { link.close() }
        try WorkerProtocol.write(WorkerProtocol.helloLine + "\n", to: link.input)
        let file = FileHandle(fileDescriptor: link.output, closeOnDealloc: false)
        let data = try file.readToEnd() ?? Data()
        let end = try await link.program.end(limit: .seconds(20))
        guard let greeting = try? JSONDecoder().decode(WorkerGreeting.self, from: data) else {
            throw ClusterError(
                .cannotRead,
                connection.firstIndex(of: "--").map { connection[$0 + 1] } ?? connection[0],
                reason: "no greeting of antares; \(connection[0]) \(end.text)",
                hint: "Check the key, and that the host's authorized_keys ends in the command `antares ssh-worker`."
            )
        }
        return greeting
    }
}

/// A running connection with its two ends.
private final class Link {
    let program: ChildProgram
    private(set) var input: Int32
    private(set) var output: Int32

    init(_ words: [String]) throws {
        var (there, back): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
        guard pipe2(&there, O_CLOEXEC) == 0, pipe2(&back, O_CLOEXEC) == 0 else {
            throw ClusterError.system(.cannotStart, "a pipe", errno)
        }
        program = try ChildProgram.start(words, streams: [0: there[0], 1: back[1]])
        Foundation.close(there[0])
        Foundation.close(back[1])
        (input, output) = (there[1], back[0])
    }

    func close() {
        if input >= 0 { Foundation.close(input) }
        if output >= 0 { Foundation.close(output) }
        (input, output) = (-1, -1)
    }
}
