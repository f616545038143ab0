import Foundation
import Jobs
import Synchronization

/// The worker's side: runs one task of a folder and says in its status what became of it.
public struct TaskRunner: Sendable {
    private let folder: JobFolder
    private let number: Int
    private let attempt: Int
    private let resources: Resources
    private let handlers: [any TaskHandler]
    private let remote: RemoteFolders?

    public init(
        folder: JobFolder,
        number: Int,
        attempt: Int,
        resources: Resources = Resources(),
        handlers: [any TaskHandler]
    ) {
        self.init(
            folder: folder,
            number: number,
            attempt: attempt,
            resources: resources,
            handlers: handlers,
            remote: nil
        )
    }

    init(
        folder: JobFolder,
        number: Int,
        attempt: Int,
        resources: Resources,
        handlers: [any TaskHandler],
        remote: RemoteFolders?
    ) {
        (self.folder, self.number, self.attempt) = (folder, number, attempt)
        (self.resources, self.handlers, self.remote) = (resources, handlers, remote)
    }

    /// Runs the task and publishes its status.
    ///
    /// - Returns: The status, of a task that failed too.
    /// - Throws: `ClusterError` where the folder cannot be read or written, and no status says so.
    @discardableResult
    public func run() async throws -> TaskStatus {
        // An engine that lost sight of a task runs it again although it is done.
        if let status = try folder.status(number), status.state == .done {
            Self.note("is done already, by attempt \(status.attempt) on \(status.host)")
            return status
        }
        let host = Self.hostName
        let pid = Int(ProcessInfo.processInfo.processIdentifier)
        var status = TaskStatus(number: number, attempt: attempt, state: .running, host: host, pid: pid)
        try folder.write(status)
        let clock = ContinuousClock.now
        let diary = TileDiary(status, folder)
        do {
            let task = try folder.task(number)
            StoreEnvironment.apply(task.stores)
            guard let handler = handlers.first(where: { $0.kind == task.kind }) else {
                throw TaskFailure(.environment, "\(ClusterError(.unknownKind, task.kind, reason: "on \(host)"))")
            }
            let context = TaskContext(
                folder: folder,
                task: task,
                attempt: attempt,
                resources: resources,
                remote: remote,
                diary: diary
            )
            status.tiles = try await handler.run(task.payload, in: context)
            status.failure = Self.failure(of: status.tiles)
        } catch {
            status.failure = Self.failure(error)
            status.tiles = diary.tiles
        }
        // Whoever stops a task knows why, and decides what becomes of it.
        if Task.isCancelled { throw CancellationError() }
        status.state = status.failure == nil ? .done : .failed
        status.end = .now
        status.seconds = (ContinuousClock.now - clock) / .seconds(1)
        let usage = Usage.measure()
        (status.cpuSeconds, status.peakMemory) = (usage.cpuSeconds, usage.peakMemory)
        (status.bytesRead, status.bytesWritten) = (usage.bytesRead, usage.bytesWritten)
        if let failure = status.failure { Self.note("failed (\(failure.kind.rawValue)): \(failure.reason)") }
        try await publish(status)
        return status
    }

    /// A full disk may have room again in a moment, and the work is done: it is worth some patience.
    private func publish(_ status: TaskStatus) async throws {
        for pause in [1, 5, 20] {
            do {
                return try folder.write(status)
            } catch {
                Self.note("\(error) Trying again in \(pause) s.")
                try await Task.sleep(for: .seconds(pause))
            }
        }
        try folder.write(status)
    }

    /// Trying again helps where a single tile may be mended by it: those that are there are not made again.
    static func failure(of tiles: [TileOutcome]) -> TaskFailure? {
        let failed = tiles.filter { $0.state == .failed }
        guard let first = failed.first else { return nil }
        let kinds = failed.map { TaskFailure($0.reason ?? "failed").kind }
        let more = failed.count > 1 ? " and \(failed.count - 1) more" : ""
        return TaskFailure(
            kinds.contains(.environment) ? .environment : .input,
            "\(first.name)\(more): \(first.reason ?? "failed")"
        )
    }

    static func failure(_ error: any Error) -> TaskFailure {
        if let failure = error as? TaskFailure { return failure }
        if error is CancellationError { return TaskFailure(.environment, "stopped") }
        let number: Int? =
            switch error {
            case let error as POSIXError: Int(error.errorCode)
            case let error as CocoaError: (error.underlying as? POSIXError).map { Int($0.errorCode) }
            default: nil
            }
        let text = error is CocoaError ? error.localizedDescription : "\(error)"
        let ofMachine = [ENOSPC, EDQUOT, EIO, ENOMEM, EMFILE, ENFILE, ESTALE, ETIMEDOUT, EROFS].map(Int.init)
        if let number { return TaskFailure(ofMachine.contains(number) ? .environment : .input, text) }
        return error is ClusterError ? TaskFailure(.environment, text) : TaskFailure(text)
    }

    /// Lets standard output and error of this process go to the task's log, at its end.
    ///
    /// - Parameters:
    ///   - folder: Of the job.
    ///   - number: The task.
    ///   - attempt: Shown in the line that the log begins with.
    public static func redirectLog(to folder: JobFolder, task number: Int, attempt: Int) {
        let descriptor = open(folder.log(of: number), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        // A log that cannot be written is no reason not to work.
        guard descriptor >= 0 else { return }
        dup2(descriptor, 1)
        dup2(descriptor, 2)
        close(descriptor)
        note("task \(number), attempt \(attempt), on \(hostName), process \(ProcessInfo.processInfo.processIdentifier)")
    }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data("\(Instant.now) antares: \(text)\n".utf8))
    }

    /// The name of this machine; several nodes on one machine are told apart by what Slurm calls them.
    public static let hostName: String = {
        if let node = ProcessInfo.processInfo.environment["SLURMD_NODENAME"], !node.isEmpty { return node }
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()

    /// Ends this process and its group when the program that started it ends.
    ///
    /// - `descriptor`: The end of a pipe whose other end that program holds open.
    public static func endWithParent(_ descriptor: Int32) {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let count = read(descriptor, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            kill(0, SIGKILL)
        }
    }
}
