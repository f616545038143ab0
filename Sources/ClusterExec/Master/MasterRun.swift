import Foundation
import Jobs
import Logging

/// One run of a master, from taking a job to its end: the job in the store, its lease and its phases.
struct MasterRun {
    private let master: JobMaster
    private var flow: TaskFlow
    private var lease: MasterLease?
    private var lastLook = Instant(milliseconds: 0)
    private var lastProgress: JobProgress?
    /// True while the phase stands for trouble that may be over.
    private var isTroubled = false
    private var lastReport = ContinuousClock.now
    private var cost = Duration.zero

    private var store: any JobStore { master.store }

    init(_ master: JobMaster, _ lease: MasterLease?) throws {
        (self.master, self.lease) = (master, lease)
        flow = try TaskFlow(master)
    }

    mutating func run() async throws -> Job {
        let job = try await store.job(master.id)
        guard let job else { throw JobStoreError(.noSuchJob, master.id) }
        guard !job.phase.isFinished else {
            throw ClusterError(.jobEnded, job.id, reason: "it is \(job.phase.rawValue)")
        }
        try await flow.takeUp()
        try await begin(job)
        do {
            while !flow.board.isFinished {
                try Task.checkCancellation()
                let start = ContinuousClock.now
                if let ended = try await look() { return ended }
                try await flow.advance()
                try await report()
                cost = ContinuousClock.now - start
                if !flow.board.isFinished { try await Task.sleep(for: pause) }
            }
            return try await end()
        } catch let error as ClusterError where error.code == .refused {
            try await flow.cancel()
            if master.isAttached { throw error }
            return try await fail(error.description)
        }
    }

    /// A master of many tasks looks less often: it spends at most a sixth of its time on looking.
    private var pause: Duration {
        min(max(min(master.executor.pollInterval, .milliseconds(500)), cost * 5), .seconds(5))
    }

    // MARK: - Beginning

    private mutating func begin(_ job: Job) async throws {
        try await store.change(master.id) { job in
            if job.phase == .pending || job.phase == .held { try job.move(to: .queued, by: .run) }
        }
        try await report(force: true)
    }

    // MARK: - Looking at the job

    /// Renews the lease, and sees whether the job is to stop.
    ///
    /// - Returns: The job where it has ended.
    private mutating func look() async throws -> Job? {
        let now = Instant.now
        guard now.seconds(since: lastLook) >= min(1, master.options.pollSeconds) else { return nil }
        lastLook = now
        try await lease?.renew()
        guard let job = try await store.job(master.id) else {
            try await flow.cancel()
            throw JobStoreError(.noSuchJob, master.id)
        }
        if job.phase.isFinished {
            try await flow.stop()
            try await report(force: true)
            return try await store.job(master.id) ?? job
        }
        if let deadline = job.deadline, now >= deadline {
            try await flow.stop()
            let board = flow.board
            return try await store.change(master.id) { job in
                (job.progress, job.tiles) = (board.progress, board.tileProgress)
                if !job.phase.isFinished { try job.move(to: .aborted, by: .service) }
            }
        }
        return nil
    }

    // MARK: - The job in the store

    private mutating func report(force: Bool = false) async throws {
        let board = flow.board
        let progress = board.progress
        let isTroubledNow = flow.silentSince != nil || board.isSuspended
        guard force || progress != lastProgress || isTroubledNow || isTroubled else { return }
        let isSilent = flow.silentSince.map { Instant.now.seconds(since: $0) > master.patience } ?? false
        let isSuspended = board.isSuspended
        if !force, !board.isFinished, ContinuousClock.now - lastReport < .milliseconds(500) { return }
        (lastProgress, lastReport, isTroubled) = (progress, .now, isTroubledNow)
        try await store.change(master.id) { job in
            (job.progress, job.tiles) = (progress, board.tileProgress)
            guard !job.phase.isFinished else { return }
            let next: Phase? =
                switch job.phase {
                case .queued where progress.running + progress.done + progress.failed > 0: .executing
                case .executing where isSilent: .unknown
                case .executing where isSuspended: .suspended
                case .suspended where !isSuspended: .executing
                case .unknown where !isSilent: .executing
                default: nil
                }
            if let next { try job.move(to: next, by: .service) }
        }
    }

    private mutating func end() async throws -> Job {
        let failures = try await flow.finish()
        var results = try await master.collector.results(of: master.folder).map { result in
            let size = (try? FileManager.default.attributesOfItem(atPath: result.path)[.size]) as? Int
            return JobResult(result.name, href: result.path, contentType: result.contentType, size: size)
        }
        try master.folder.write(failures, to: "failures.json")
        let board = flow.board
        let summary = Self.summary(failures, board.progress)
        if summary != nil {
            results.append(
                JobResult("failures", href: master.folder.file("failures.json"), contentType: "application/json")
            )
        }
        return try await store.change(master.id) { [results, master] job in
            (job.progress, job.tiles) = (board.progress, board.tileProgress)
            guard !job.phase.isFinished else { return }
            job.results = results
            if master.isAttached { return }
            if job.phase != .executing { try job.move(to: .executing, by: .service) }
            if let summary {
                try job.fail(summary)
            } else {
                try job.move(to: .completed, by: .service)
            }
        }
    }

    private mutating func fail(_ text: String) async throws -> Job {
        let board = flow.board
        return try await store.change(master.id) { job in
            (job.progress, job.tiles) = (board.progress, board.tileProgress)
            if !job.phase.isFinished { try job.fail(ErrorSummary(text)) }
        }
    }

    /// Names the tiles that are missing; where they are many, the file `failures.json` has the rest.
    static func summary(_ failures: [FailedTile], _ progress: JobProgress) -> ErrorSummary? {
        guard !failures.isEmpty else { return nil }
        let shown = failures.prefix(100).map(\.text).joined(separator: "\n")
        let rest = failures.count > 100 ? "\nand \(failures.count - 100) more in failures.json" : ""
        let head =
            "\(progress.failed) of \(progress.planned) tasks failed; `antares jobs retry-failed` runs them again."
        return ErrorSummary("\(head)\n\(shown)\(rest)", hasDetail: true)
    }
}
