import ClusterExec
import Foundation
import Jobs
import Logging
import ServiceLifecycle

/// Starts the jobs that wait for their turn, each in a program of its own, and sees to it that they end.
///
/// Among those who wait, the one with the fewest running jobs is next, and of theirs the oldest job. Jobs that another
/// program runs, as a command line, count and are left to it; those whose program is gone are taken up again.
actor JobScheduler: Service {
    private struct Child {
        let program: StartedJob
        let log: String
        /// Since when it should have ended.
        var stopped: ContinuousClock.Instant?
    }

    private let options: ServiceOptions
    private let jobs: any JobStore
    private let entities: EntityStore
    private let launcher: any JobLauncher
    private let watch: JobWatch
    private let log: Logger
    private var children: [String: Child] = [:]
    /// How often a job's program has been started again.
    private var restarts: [String: Int] = [:]
    private var isAwake = true
    private var lastLook = ContinuousClock.now - .seconds(60)

    /// Tries again of a job whose program was killed.
    private static let restartLimit = 3
    /// Time that a program has to stop its tasks.
    private static let patience = Duration.seconds(20)

    init(
        _ options: ServiceOptions,
        jobs: any JobStore,
        entities: EntityStore,
        launcher: any JobLauncher,
        watch: JobWatch,
        log: Logger
    ) {
        (self.options, self.jobs, self.launcher, self.watch, self.log) = (options, jobs, launcher, watch, log)
        self.entities = entities
    }

    /// How many programs of jobs this service has started and that run.
    var running: Int { children.count }

    /// There may be something to start.
    func wake() { isAwake = true }

    func run() async throws {
        // Programs go on after this one: they belong to no terminal, and the store says who they are.
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    try await self.step()
                } catch let error as CancellationError {
                    throw error
                } catch {
                    self.log.error("cannot look after jobs: \(error)")
                    try await Task.sleep(for: .seconds(2))
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    private func step() async throws {
        try await reap()
        guard isAwake || ContinuousClock.now - lastLook > .seconds(1) else { return }
        (isAwake, lastLook) = (false, .now)
        let active = try await jobs.active()
        try await enforceLimits(active)
        try await start(active)
    }

    // MARK: - Starting

    private func start(_ active: [ActiveJob]) async throws {
        var running: [String?: Int] = [:]
        var waiting: [String?: [ActiveJob]] = [:]
        for job in active {
            let isHeld = job.holder.map { !$0.isGone } ?? false
            if children[job.id] != nil || isHeld {
                running[job.ownerID, default: 0] += 1
            } else {
                waiting[job.ownerID, default: []].append(job)
            }
        }
        var free = options.jobThreads - running.values.reduce(0, +)
        while free > 0 {
            let owners = waiting.keys.filter { running[$0, default: 0] < options.userJobThreads }
            let next = owners.min { a, b in
                let (x, y) = (running[a, default: 0], running[b, default: 0])
                return x != y ? x < y : (waiting[a]?.first?.id ?? "") < (waiting[b]?.first?.id ?? "")
            }
            guard let owner = next, let job = waiting[owner]?.removeFirst() else { return }
            if waiting[owner]?.isEmpty ?? true { waiting[owner] = nil }
            if try await launch(job) {
                running[owner, default: 0] += 1
                free -= 1
            }
        }
    }

    /// - Returns: False where the job needs no program any more.
    private func launch(_ active: ActiveJob) async throws -> Bool {
        guard let job = try await jobs.job(active.id), !job.phase.isFinished, job.phase != .pending else {
            return false
        }
        let count = restarts[job.id, default: -1] + 1
        guard count < Self.restartLimit else {
            try await fail(job.id, "its program ended \(count) times without a word.", kind: .transient)
            return false
        }
        restarts[job.id] = count
        let folder = launcher.folder(of: job)
        let path = "\(folder)/service.log"
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            children[job.id] = Child(program: try launcher.start(job, log: path), log: path)
            log.info("job started", metadata: ["job": .string(job.id)])
            return true
        } catch {
            try await fail(job.id, "its program cannot be started: \(error)", kind: .fatal)
            return false
        }
    }

    // MARK: - Ending

    /// Asks a job's program to stop, and waits a moment for it.
    func stop(_ id: String) async {
        guard let child = children[id] else { return }
        markStopped(id)
        let end = ContinuousClock.now + .seconds(5)
        while children[id] != nil, ContinuousClock.now < end {
            try? await reap()
            try? await Task.sleep(for: .milliseconds(50))
        }
        if children[id] != nil { child.program.kill() }
    }

    private func markStopped(_ id: String) {
        if children[id]?.stopped == nil { children[id]?.stopped = .now }
    }

    /// Takes leave of programs that have ended.
    private func reap() async throws {
        for (id, child) in children {
            guard let status = try child.program.end() else { continue }
            children[id] = nil
            isAwake = true
            await watch.look()
            guard let job = try await jobs.job(id), !job.phase.isFinished, job.phase != .pending else {
                restarts[id] = nil
                noteResults(of: id)
                continue
            }
            // Another program has the job, one that an earlier or another service had started a moment before.
            if let holder = try await jobs.holder(of: id), !holder.isGone { continue }
            // One that was killed is tried again: the machine may have been short of memory.
            if status < 0 { continue }
            try await fail(id, Self.lastLine(child.log) ?? "its program ended with \(status).", kind: .fatal)
        }
    }

    /// Looks at what a job has made while it is fresh, beside other work.
    private func noteResults(of id: String) {
        Task(priority: .utility) {
            do {
                if let job = try await jobs.job(id) { _ = try await entities.results(of: job) }
            } catch {
                log.error("cannot note results: \(error)", metadata: ["job": .string(id)])
            }
        }
    }

    private func fail(_ id: String, _ message: String, kind: ErrorSummary.Kind) async throws {
        restarts[id] = nil
        do {
            try await jobs.change(id) { job in
                if !job.phase.isFinished { try job.fail(ErrorSummary(message, kind: kind, hasDetail: true)) }
            }
        } catch let error as JobStoreError where error.code == .noSuchJob {
            return
        }
        await watch.look()
    }

    /// Stops what was aborted, or has run longer than it may, where its own program does not.
    private func enforceLimits(_ active: [ActiveJob]) async throws {
        let ids = Set(active.map(\.id))
        for (id, child) in children {
            if !ids.contains(id) {
                if let stopped = child.stopped {
                    if ContinuousClock.now - stopped > Self.patience { child.program.kill() }
                } else {
                    markStopped(id)
                }
                continue
            }
            guard let job = try await jobs.job(id), let deadline = job.deadline, deadline + 2 < .now else { continue }
            try await jobs.change(id) { job in
                if !job.phase.isFinished { try job.move(to: .aborted, by: .service) }
            }
            await watch.look()
        }
    }

    /// What a program said last.
    private static func lastLine(_ path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").last { !$0.trimmingCharacters(in: .whitespaces).isEmpty }
        return line.map { String($0.trimmingPrefix("error: ").prefix(2000)) }
    }
}
