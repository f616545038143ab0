import CSpawn
import Foundation
public import Jobs
public import Logging

/// Runs a command of antares as a job: it watches over the command's process, keeps what that prints, and ends the job.
///
/// The command may run a `JobMaster` of its own for the same job, an attached one.
public struct CommandMaster: Sendable {
    /// The descriptor by which the command notices that its master is gone.
    public static let lifeline: Int32 = 3

    private let id: String
    private let folder: JobFolder
    private let store: any JobStore
    private let words: [String]
    private let program: String
    private let log: Logger
    /// - Parameters:
    ///   - id: The job, which is in the store.
    ///   - folder: Where what it prints and what it writes is kept.
    ///   - store: Where the job is.
    ///   - program: The path of antares.
    ///   - words: The command and its arguments; it is to take notice of `lifeline`.
    ///   - log: Hears of what goes wrong.
    public init(
        id: String,
        folder: JobFolder,
        store: any JobStore,
        program: String,
        words: [String],
        log: Logger
    ) {
        (self.id, self.folder, self.store, self.words) = (id, folder, store, words)
        (self.program, self.log) = (program, log)
    }

    /// Runs the command to its end.
    ///
    /// - Returns: The job as it ended.
    /// - Throws: `ClusterError` where another program has the job; `CancellationError` where this one is to stop, which
    ///   leaves the job to be started again.
    public func run() async throws -> Job {
        var lease = MasterLease(store, id)
        try await lease.take()
        do {
            let job = try await supervise(&lease)
            try await lease.release()
            return job
        } catch {
            try? await lease.release()
            throw error
        }
    }

    private func supervise(_ lease: inout MasterLease) async throws -> Job {
        let job = try await store.change(id) { job in
            guard !job.phase.isFinished else {
                throw ClusterError(.jobEnded, job.id, reason: "it is \(job.phase.rawValue)")
            }
            if job.phase == .pending || job.phase == .held { try job.move(to: .queued, by: .run) }
            if job.phase == .queued { try job.move(to: .executing, by: .service) }
        }
        log.info("job \(id): \(job.kind)")
        try folder.create()
        let (child, lifeline) = try start()
        defer { close(lifeline) }
        var lastLook = ContinuousClock.now
        while true {
            if let end = try child.poll() { return try await finish(end) }
            if Task.isCancelled {
                try stop(child, interrupt: true)
                throw CancellationError()
            }
            if ContinuousClock.now - lastLook >= .seconds(1) {
                lastLook = .now
                do {
                    try await lease.renew()
                    if let ended = try await look() {
                        try stop(child, interrupt: !folder.exists)
                        try await cancelTasks()
                        return ended
                    }
                } catch let error as JobStoreError where error.code == .noSuchJob {
                    try stop(child, interrupt: true)
                    try await cancelTasks()
                    throw error
                } catch  where lease.expiry > .now && !(error is ClusterError) {
                    log.warning("the job store does not answer, trying again: \(error)")
                }
            }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    private var output: String { folder.file("output.json") }
    private var errors: String { folder.file("command.log") }

    /// Starts the command in the folder of results, as the leader of a process group.
    private func start() throws -> (child: ChildProgram, lifeline: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw ClusterError.system(.cannotStart, program, errno) }
        var streams = [Self.lifeline: ends[0]]
        defer { for descriptor in streams.values { close(descriptor) } }
        for (number, path, flag) in [(Int32(1), output, O_TRUNC), (2, errors, O_APPEND)] {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0o644)
            guard descriptor >= 0 else { throw ClusterError.system(.cannotWrite, path, errno) }
            streams[number] = descriptor
        }
        do {
            let child = try ChildProgram.start([program] + words, in: folder.results, streams: streams, ownGroup: true)
            return (child, ends[1])
        } catch {
            close(ends[1])
            throw error
        }
    }

    /// The job where it is to stop: somebody has ended it, or its time is over.
    private func look() async throws -> Job? {
        guard let job = try await store.job(id) else { throw JobStoreError(.noSuchJob, id) }
        if job.phase.isFinished { return job }
        guard let deadline = job.deadline, Instant.now >= deadline else { return nil }
        return try await store.change(id) { job in
            if !job.phase.isFinished { try job.move(to: .aborted, by: .service) }
        }
    }

    /// Waits until the command has stopped, which one whose tasks run sees for itself, and ends it where that takes long.
    private func stop(_ child: ChildProgram, interrupt: Bool) throws {
        if interrupt { kill(child.pid, SIGINT) }
        // An engine may take its time to stop tasks.
        let limit = ContinuousClock.now + .seconds(interrupt ? 10 : 30)
        while try child.poll() == nil {
            if ContinuousClock.now > limit { kill(-child.pid, SIGKILL) }
            usleep(20_000)
        }
    }

    /// Stops what a command that was ended has left at an engine; the tasks of others end with it.
    private func cancelTasks() async throws {
        guard folder.exists else { return }
        let options = try folder.jobFile().cluster
        guard options.executor == .slurm || options.executor == .sge else { return }
        try await options.makeExecutor(for: folder, program: program).cancel(try folder.submissions(), tasks: nil)
    }

    // MARK: - The end

    private func finish(_ end: ChildProgram.End) async throws -> Job {
        let own = ownResults()
        let progress = try await store.job(id)?.progress ?? JobProgress()
        let message = end == .exited(0) ? nil : failure(end, progress)
        return try await store.change(id) { job in
            guard !job.phase.isFinished else { return }
            // What an attached master has listed comes first.
            let known = Set(job.results.flatMap { [$0.id, $0.href] })
            job.results += own.filter { !known.contains($0.id) && !known.contains($0.href) }
            if job.phase != .executing { try job.move(to: .executing, by: .service) }
            if let message {
                try job.fail(message)
            } else {
                try job.move(to: .completed, by: .service)
            }
        }
    }

    /// What the command printed, and the files that it wrote into the folder of results.
    private func ownResults() -> [JobResult] {
        let files = ResultFiles.names(in: folder.results).map { (name: $0, path: "\(folder.results)/\($0)") }
        return (files + [("output", output), ("log", errors)]).compactMap { name, path in
            let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size]) as? Int
            guard let size, size > 0 || path.hasPrefix(folder.results) else { return nil }
            return JobResult(name, href: path, contentType: ResultFiles.contentType(of: path), size: size)
        }
    }

    /// What the command says of its failure: with `--json` the last document on its standard error; else what its tasks say.
    private func failure(_ end: ChildProgram.End, _ progress: JobProgress) -> ErrorSummary {
        struct Report: Decodable {
            struct Failure: Decodable { let message: String, kind: String }
            let error: Failure
        }
        let text = String(decoding: (try? DurableFile.read(errors))?.suffix(1 << 20) ?? Data(), as: UTF8.self)
        let start = text.hasPrefix("{\n") ? text.startIndex : text.ranges(of: "\n{\n").last?.lowerBound
        guard case .exited = end, let start,
            let report = try? JSONDecoder().decode(Report.self, from: Data(text[start...].utf8))
        else {
            if case .exited = end, let failures = try? folder.failures(),
                let summary = MasterRun.summary(failures, progress)
            {
                return summary
            }
            let last = text.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
            let memory = end == .killed(signal: 9) ? ", as when memory is short" : ""
            return ErrorSummary("the command \(end.text)\(memory)\(last)", kind: .transient, hasDetail: true)
        }
        let mayPass = ["database_unreachable", "input_output", "interrupted"].contains(report.error.kind)
        return ErrorSummary(report.error.message, kind: mayPass ? .transient : .fatal, hasDetail: true)
    }
}
