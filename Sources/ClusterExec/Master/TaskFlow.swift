import Foundation
import Jobs
import Logging

/// The way of a job's tasks from their files to what they have made: submitted, watched, tried again, taken up.
struct TaskFlow {
    private let master: JobMaster
    private(set) var board: TaskBoard
    /// Since when the engine has not answered; nil while it does.
    private(set) var silentSince: Instant?
    /// Tiles that were made and could not be taken up.
    private(set) var refused: [FailedTile] = []
    private var submissions: SubmissionLog
    private var lastPoll: ContinuousClock.Instant?
    private var submitPause = 0
    private var nextSubmit = ContinuousClock.now
    private var uncollected: [TaskStatus] = []
    private var collectFailures = 0

    private var folder: JobFolder { master.folder }
    private var executor: any Executor { master.executor }

    init(_ master: JobMaster) throws {
        self.master = master
        let file = try master.folder.jobFile()
        board = TaskBoard(count: file.tasks, tiles: file.tiles)
        submissions = try SubmissionLog(master.folder)
    }

    /// Everything that can be done now.
    mutating func advance() async throws {
        try scan()
        try await collect()
        try await submit()
        try await poll()
        try await settle()
    }

    /// Stops what is at the engine, and takes up what is there.
    mutating func stop() async throws {
        try await cancel()
        try scan()
        try await collect()
        board.stop()
    }

    /// Stops what is at the engine.
    func cancel() async throws { try await executor.cancel(live, tasks: nil) }

    /// Takes up what is left when all tasks have ended.
    ///
    /// - Returns: The tiles that the job did not make.
    mutating func finish() async throws -> [FailedTile] {
        while !uncollected.isEmpty { try await collect() }
        var failures: [FailedTile] = []
        for task in board.failed.sorted() {
            failures += try folder.status(task)?.failedTiles(of: names(of: task)) ?? []
        }
        return failures + refused
    }

    /// The tiles that a task was to make.
    private func names(of task: Int) -> [String] { (try? folder.task(task))?.tiles ?? [] }

    /// Submissions that still have a task at the engine.
    private var live: [Submission] {
        let names = Set(board.active.values.map(\.submission))
        return submissions.submissions.filter { names.contains($0.name) }
    }

    // MARK: - Beginning

    /// Finds out where every task stands, of a new job or of one that another master began.
    mutating func takeUp() async throws {
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
            board.finish(task, isDone: false, failedTiles: status.failedTiles(of: names(of: task)).count)
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
                status.tiles = running.tiles
            }
            status.end = .now
            status.seconds = Instant.now.seconds(since: status.start)
            let lines = folder.logTail(task).split(separator: "\n")
            let said = lines.last { !$0.contains(" antares: ") }.map { "; its log ends in: \($0)" } ?? ""
            status.failure = TaskFailure(failure.kind, failure.reason + said)
            try folder.write(status)
            board.finish(task, isDone: false, failedTiles: status.failedTiles(of: names(of: task)).count)
            uncollected.append(status)
            master.log.warning("task \(task) failed: \(failure.reason)")
        }
    }

    private mutating func collect() async throws {
        guard !uncollected.isEmpty else { return }
        do {
            refused += try await master.collector.collect(uncollected, in: folder)
            uncollected = []
            collectFailures = 0
        } catch {
            collectFailures += 1
            guard collectFailures < 5 else { throw error }
            master.log.warning("cannot take up what tasks have made, trying again: \(error)")
            try await Task.sleep(for: .seconds(collectFailures))
        }
    }
}
