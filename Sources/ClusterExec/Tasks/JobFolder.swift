import Foundation

/// A job on the file system that master and workers share.
///
/// `job.json tasks/<n>.json status/<n>.json logs/<n>.log results/`; a file appears there complete or not at all, but for
/// logs, which grow.
public struct JobFolder: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// - Parameters:
    ///   - sharedFolder: Where the folder `jobs` is.
    ///   - job: The job's name.
    public init(sharedFolder: String, job: String) { self.init("\(sharedFolder)/jobs/\(job)") }

    /// The job's name.
    public var id: String { (path as NSString).lastPathComponent }
    public var results: String { "\(path)/results" }
    func file(_ name: String) -> String { "\(path)/\(name)" }
    func log(of task: Int) -> String { "\(path)/logs/\(task).log" }

    /// Makes the folders.
    public func create() throws {
        for name in ["tasks", "status", "logs", "results", "submissions"] {
            try DurableFile.makeFolder(file(name))
        }
    }

    public var exists: Bool { FileManager.default.fileExists(atPath: file("job.json")) }

    public func remove() throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw ClusterError(.cannotWrite, path, reason: error.localizedDescription)
        }
    }

    public func write(_ job: JobFile) throws { try write(job, to: "job.json") }

    public func jobFile() throws -> JobFile {
        guard let job: JobFile = try read("job.json") else {
            throw ClusterError(
                .badFolder,
                path,
                reason: "there is no job.json",
                hint: "The job was not prepared to its end: start it again."
            )
        }
        return job
    }

    public func write(_ task: TaskFile) throws { try write(task, to: "tasks/\(task.number).json") }

    public func task(_ number: Int) throws -> TaskFile {
        guard let task: TaskFile = try read("tasks/\(number).json") else {
            throw ClusterError(.noSuchTask, "\(number)", reason: "\(file("tasks/\(number).json")) is not there")
        }
        return task
    }

    /// Publishes a status: a final one under the task's number, after which the running one goes.
    public func write(_ status: TaskStatus) throws {
        let running = "status/\(status.number).running.json"
        if status.state == .running { return try write(status, to: running) }
        try write(status, to: "status/\(status.number).json")
        unlink(file(running))
    }

    /// The final status of a task, nil where there is none yet.
    public func status(_ number: Int) throws -> TaskStatus? { try read("status/\(number).json") }

    /// What a task said when it began, nil where it did not or has ended.
    public func runningStatus(_ number: Int) throws -> TaskStatus? { try read("status/\(number).running.json") }

    /// The last status of an attempt before the present one.
    func pastStatus(_ number: Int, attempt: Int) throws -> TaskStatus? { try read("status/\(number).\(attempt).json") }

    /// Makes way for the next attempt.
    func putAside(_ status: TaskStatus) throws {
        let (old, new) = (file("status/\(status.number).json"), file("status/\(status.number).\(status.attempt).json"))
        guard rename(old, new) == 0 || errno == ENOENT else { throw ClusterError.system(.cannotWrite, new, errno) }
    }

    /// The numbers of the tasks that have a final status, and of those that have begun.
    public func statusNumbers() throws -> (final: Set<Int>, running: Set<Int>) {
        var (final, running): (Set<Int>, Set<Int>) = ([], [])
        for name in try DurableFile.names(in: file("status")) where name.hasSuffix(".json") {
            let stem = name.dropLast(5)
            if let number = Int(stem) {
                final.insert(number)
            } else if stem.hasSuffix(".running"), let number = Int(stem.dropLast(8)) {
                running.insert(number)
            }
        }
        return (final, running)
    }

    /// The end of a task's log, at most so many bytes; empty where there is none.
    public func logTail(_ task: Int, bytes: Int = 4000) -> String {
        guard let file = FileHandle(forReadingAtPath: log(of: task)) else { return "" }
        defer { try? file.close() }
        let size = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: size > UInt64(bytes) ? size - UInt64(bytes) : 0)
        return String(decoding: (try? file.readToEnd()) ?? Data(), as: UTF8.self)
    }

    /// The tiles that the job did not make; nothing before its end.
    public func failures() throws -> [FailedTile] { try read("failures.json") ?? [] }

    /// Writes what the job has made; its path is returned.
    public func writeList(_ list: some Encodable, _ name: String) throws -> String {
        try write(list, to: name)
        return file(name)
    }

    /// All that was handed to an engine.
    public func submissions() throws -> [Submission] { try SubmissionLog(self).submissions }

    /// The tasks that are not done, in order.
    public func unfinishedTasks() throws -> [Int] {
        let numbers = try statusNumbers().final
        return try (1...max(1, try jobFile().tasks)).filter { number in
            guard numbers.contains(number) else { return true }
            return try status(number)?.state != .done
        }
    }

    func read<T: Decodable>(_ name: String) throws -> T? {
        guard let data = try DurableFile.read(file(name)) else { return nil }
        do {
            return try JSONDecoder().decode(T.self, from: data)
        } catch {
            throw ClusterError(.cannotRead, file(name), reason: "\(error)")
        }
    }

    func write(_ value: some Encodable, to name: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try DurableFile.write(try encoder.encode(value), to: file(name))
    }
}
