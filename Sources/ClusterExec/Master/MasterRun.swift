import Foundation
import Jobs
import Logging

/// One run of a master, from taking a job to its end.
struct MasterRun {
    private let master: JobMaster
    private var board: TaskBoard
    private var submissions: SubmissionLog
    private var leaseEnd = Instant.now
    private var lastLook = Instant(milliseconds: 0)
    private var lastPoll: ContinuousClock.Instant?
    private var lastProgress: JobProgress?
    private var lastReport = ContinuousClock.now
    private var cost = Duration.zero
    private var silentSince: Instant?
    private var submitPause = 0
    private var nextSubmit = ContinuousClock.now
    private var uncollected: [TaskStatus] = []
    private var collectFailures = 0

    private var folder: JobFolder { master.folder }
    private var store: any JobStore { master.store }
    private var executor: any Executor { master.executor }

    init(_ master: JobMaster) throws {
        self.master = master
        board = TaskBoard(count: try master.folder.jobFile().tasks)
        submissions = try SubmissionLog(master.folder)
    }

    mutating func run() async throws -> Job {
        let job = try await store.job(master.id)
        guard let job else { throw JobStoreError(.noSuchJob, master.id) }
        guard !job.phase.isFinished else {
            throw ClusterError(.jobEnded, job.id, reason: "it is \(job.phase.rawValue)")
        }
        try await takeUp()
        try await begin(job)
        do {
            while !board.isFinished {
                try Task.checkCancellation()
                let start = ContinuousClock.now
                if let ended = try await look() { return ended }
                try scan()
                try await collect()
                try await submit()
                try await poll()
                try await settle()
                try await report()
                cost = ContinuousClock.now - start
                if !board.isFinished { try await Task.sleep(for: pause) }
            }
            return try await end()
        } catch let error as ClusterError where error.code == .refused {
            try await executor.cancel(live, tasks: nil)
            return try await fail(error.description)
        }
    }

    /// A master of many tasks looks less often: it spends at most a sixth of its time on looking.
    private var pause: Duration {
        min(max(min(executor.pollInterval, .milliseconds(500)), cost * 5), .seconds(5))
    }

    /// Submissions that still have a task at the engine.
    private var live: [Submission] {
        let names = Set(board.active.values.map(\.submission))
        return submissions.submissions.filter { names.contains($0.name) }
    }

    // MARK: - Beginning

    /// Finds out where every task stands, of a new job or of one that another master began.
    private mutating func takeUp() async throws {
        let last = submissions.last()
        if !submissions.submissions.isEmpty { try await adopt() }
        try scan(all: true)
        var resubmitted: [String: Submission] = [:]
        for submission in submissions.submissions { resubmitted[submission.name] = submission }
        for task in 1...max(1, board.count) where task <= board.count && !board.finished.contains(task) {
            guard let submission = last[task].flatMap({ resubmitted[$0.name] }) else {
                board.wait(task, attempt: 1, master.options.resources)
                continue
            }
            if let past = try folder.pastStatus(task, attempt: submission.attempt) {
                try decide(task, .failed(past.failure ?? TaskFailure(.environment, "failed")), submission)
            } else if submission.engineID == nil {
                board.wait(task, attempt: submission.attempt, submission.resources)
            } else {
                board.submitted(
                    Submission(
                        name: submission.name,
                        attempt: submission.attempt,
                        resources: submission.resources,
                        tasks: [task]
                    )
                )
            }
        }
    }

    /// Matches what the engine has under this job's name with what is written down.
    private mutating func adopt() async throws {
        let found = try await executor.find(prefix: SubmissionLog.prefix(folder.id))
        for (name, engineID) in found {
            guard let known = submissions.submissions.first(where: { $0.name == name }) else {
                master.log.warning("cancels '\(name)' (\(engineID)), which is written down nowhere")
                var stray = Submission(name: name, attempt: 0, resources: Resources(), tasks: [])
                stray.engineID = engineID
                try await executor.cancel([stray], tasks: nil)
                continue
            }
            if known.engineID == nil { try submissions.note(name, engineID: engineID) }
        }
    }

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
        if leaseEnd.seconds(since: now) < Double(JobMaster.lease) * 2 / 3 {
            let until = now + JobMaster.lease
            guard try await store.acquire(master.id, for: master.name, until: until, at: now) else {
                throw ClusterError(.leaseLost, master.id, hint: "`antares jobs show` says which.")
            }
            leaseEnd = until
        }
        guard let job = try await store.job(master.id) else {
            try await executor.cancel(live, tasks: nil)
            throw JobStoreError(.noSuchJob, master.id)
        }
        if job.phase.isFinished {
            try await executor.cancel(live, tasks: nil)
            try scan()
            try await collect()
            try await report(force: true)
            return try await store.job(master.id) ?? job
        }
        if let deadline = job.deadline, now >= deadline {
            try await executor.cancel(live, tasks: nil)
            try scan()
            try await collect()
            let progress = board.progress
            return try await store.change(master.id) { job in
                job.progress = progress
                if !job.phase.isFinished { try job.move(to: .aborted, by: .service) }
            }
        }
        return nil
    }

    // MARK: - Tasks

    /// Reads the statuses that have appeared.
    private mutating func scan(all: Bool = false) throws {
        for task in try folder.statusNumbers().final where !board.finished.contains(task) {
            if !all, board.active[task] == nil { continue }
            try take(task)
        }
    }

    private mutating func take(_ task: Int) throws {
        guard let status = try folder.status(task) else { return }
        let entry = board.active[task]
        if status.state == .done {
            board.finish(task, isDone: true)
            uncollected.append(status)
            return
        }
        // The failure of an attempt that has been given up says nothing of the present one.
        if let entry, status.attempt < entry.attempt { return try folder.putAside(status) }
        let last = submissions.submissions.last { $0.name == entry?.submission } ?? submissions.last()[task]
        let failure = status.failure ?? TaskFailure(.environment, "failed")
        let resources = last?.resources ?? master.options.resources
        switch master.policy.decide(.failed(failure), attempt: status.attempt, resources: resources) {
        case .giveUp:
            board.finish(task, isDone: false)
            uncollected.append(status)
            master.log.warning("task \(task) failed: \(failure.reason)")
        case .again(let attempt, let resources):
            master.log.info("task \(task) is tried again: \(failure.reason)")
            try folder.putAside(status)
            board.wait(task, attempt: attempt, resources)
        }
    }

    private mutating func submit() async throws {
        guard ContinuousClock.now >= nextSubmit else { return }
        while let (key, tasks) = board.take(at: executor.largestSubmission) {
            let submission = try submissions.begin(attempt: key.attempt, resources: key.resources, tasks: tasks)
            do {
                let engineID = try await executor.submit(submission, of: folder)
                try submissions.note(submission.name, engineID: engineID)
                board.submitted(submission)
                submitPause = 0
                master.log.debug("submitted \(tasks.count) tasks as '\(submission.name)' (\(engineID))")
            } catch let error as ClusterError where error.code == .engineSilent {
                // It may have taken them all the same.
                if let found = try? await executor.find(prefix: submission.name).first(where: {
                    $0.name == submission.name
                }) {
                    try submissions.note(submission.name, engineID: found.engineID)
                    board.submitted(submission)
                    continue
                }
                for task in tasks { board.wait(task, attempt: key.attempt, key.resources) }
                submitPause = min(max(2, submitPause * 2), 120)
                nextSubmit = .now + .seconds(submitPause)
                master.log.warning("\(error) Trying again in \(submitPause) s.")
                return
            }
        }
    }

    private mutating func poll() async throws {
        let now = ContinuousClock.now
        if let lastPoll, now - lastPoll < executor.pollInterval { return }
        lastPoll = now
        guard !board.active.isEmpty else { return }
        do {
            board.see(try await executor.poll(live), at: .now)
            silentSince = nil
        } catch let error as ClusterError where [.engineSilent, .badAnswer].contains(error.code) {
            silentSince = silentSince ?? .now
            master.log.warning("\(error)")
        }
    }

    /// Deals with tasks that the engine calls over, or does not know, and that left no status.
    private mutating func settle() async throws {
        let now = Instant.now
        let gone = board.active.filter { $0.value.goneSince != nil }
        guard !gone.isEmpty else { return }
        try scan()
        let open = gone.keys.filter { board.active[$0] != nil }
        let unexplained = open.filter { board.active[$0]?.end == nil }
        if !unexplained.isEmpty {
            let keys = unexplained.compactMap { task in
                board.active[task].map { TaskKey(submission: $0.submission, task: task) }
            }
            do {
                for (key, end) in try await executor.collect(keys, of: live) { board.explain(key.task, end) }
            } catch let error as ClusterError where error.code == .engineSilent {
                master.log.warning("\(error)")
                return
            }
        }
        for task in open {
            guard let entry = board.active[task], let since = entry.goneSince else { continue }
            let waited = now.seconds(since: since)
            switch entry.end {
            // The program says it went well, or says nothing: its status may still be on its way.
            case .exited(0), .exited(1), nil: if waited < master.options.graceSeconds { continue }
            // A death shows at once on the machine itself; elsewhere a moment later.
            default: if executor.name != .local, waited < min(2, master.options.graceSeconds) { continue }
            }
            let end = entry.end ?? .lost("the engine does not know it any more")
            guard let submission = submissions.submissions.last(where: { $0.name == entry.submission }) else {
                continue
            }
            if case .lost = end, executor.name == .sge { try? await executor.cancel([submission], tasks: [task]) }
            try decide(task, end, submission)
        }
    }

    private mutating func decide(_ task: Int, _ end: TaskEnd, _ submission: Submission) throws {
        switch master.policy.decide(end, attempt: submission.attempt, resources: submission.resources) {
        case .again(let attempt, let resources):
            if end != .interrupted { master.log.warning("task \(task) is tried again: \(end.text)") }
            board.wait(task, attempt: attempt, resources)
        case .giveUp(let failure):
            // Nobody else can say what became of it.
            var status = TaskStatus(number: task, attempt: submission.attempt, state: .failed, host: "")
            let running = try? folder.runningStatus(task)
            if let running, running.attempt == submission.attempt {
                (status.host, status.pid, status.start) = (running.host, running.pid, running.start)
            }
            status.end = .now
            status.seconds = Instant.now.seconds(since: status.start)
            let lines = folder.logTail(task).split(separator: "\n")
            let said = lines.last { !$0.contains(" antares: ") }.map { "; its log ends in: \($0)" } ?? ""
            status.failure = TaskFailure(failure.kind, failure.reason + said)
            try folder.write(status)
            board.finish(task, isDone: false)
            uncollected.append(status)
            master.log.warning("task \(task) failed: \(failure.reason)")
        }
    }

    private mutating func collect() async throws {
        guard !uncollected.isEmpty else { return }
        do {
            try await master.collector.collect(uncollected, in: folder)
            uncollected = []
            collectFailures = 0
        } catch {
            collectFailures += 1
            guard collectFailures < 5 else { throw error }
            master.log.warning("cannot take up what tasks have made, trying again: \(error)")
            try await Task.sleep(for: .seconds(collectFailures))
        }
    }

    // MARK: - The job in the store

    private mutating func report(force: Bool = false) async throws {
        let progress = board.progress
        guard force || progress != lastProgress || silentSince != nil || board.isSuspended else { return }
        let isSilent = silentSince.map { Instant.now.seconds(since: $0) > 300 } ?? false
        let isSuspended = board.isSuspended
        if !force, !board.isFinished, ContinuousClock.now - lastReport < .milliseconds(500) { return }
        (lastProgress, lastReport) = (progress, .now)
        try await store.change(master.id) { job in
            job.progress = progress
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
        while !uncollected.isEmpty { try await collect() }
        var results = try await master.collector.results(of: folder).map { result in
            let size = (try? FileManager.default.attributesOfItem(atPath: result.path)[.size]) as? Int
            return JobResult(result.name, href: result.path, contentType: result.contentType, size: size)
        }
        var failures: [FailedTile] = []
        for task in board.failed.sorted() {
            let names = (try? folder.task(task))?.tiles ?? []
            failures += try folder.status(task)?.failedTiles(of: names) ?? []
        }
        try folder.write(failures, to: "failures.json")
        let progress = board.progress
        let summary = Self.summary(failures, progress)
        if summary != nil {
            results.append(
                JobResult("failures", href: folder.file("failures.json"), contentType: "application/json")
            )
        }
        return try await store.change(master.id) { [results] job in
            job.progress = progress
            guard !job.phase.isFinished else { return }
            job.results = results
            if job.phase != .executing { try job.move(to: .executing, by: .service) }
            if let summary {
                try job.fail(summary)
            } else {
                try job.move(to: .completed, by: .service)
            }
        }
    }

    private mutating func fail(_ text: String) async throws -> Job {
        let progress = board.progress
        return try await store.change(master.id) { job in
            job.progress = progress
            if !job.phase.isFinished { try job.fail(ErrorSummary(text)) }
        }
    }

    /// Names the tiles that are missing; where they are many, the file `failures.json` has the rest.
    static func summary(_ failures: [FailedTile], _ progress: JobProgress) -> ErrorSummary? {
        guard progress.failed > 0 else { return nil }
        let shown = failures.prefix(100).map(\.text).joined(separator: "\n")
        let rest = failures.count > 100 ? "\nand \(failures.count - 100) more in failures.json" : ""
        let head =
            "\(progress.failed) of \(progress.planned) tasks failed; `antares jobs retry-failed` runs them again."
        return ErrorSummary("\(head)\n\(shown)\(rest)", hasDetail: true)
    }
}
