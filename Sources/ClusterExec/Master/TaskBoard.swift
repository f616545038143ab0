import Jobs

/// Where every task of a job stands, for its master; without input and output.
struct TaskBoard {
    struct Active {
        let submission: String
        let attempt: Int
        let resources: Resources
        /// When the engine was first seen to have no such task running.
        var goneSince: Instant?
        var end: TaskEnd?
        var isRunning = false
        var isSuspended = false
    }

    struct Waiting: Hashable {
        let attempt: Int
        let resources: Resources
    }

    let count: Int
    private(set) var active: [Int: Active] = [:]
    /// Tasks to be submitted, by what they are submitted with; numbers in the order in which they came.
    private(set) var waiting: [Waiting: [Int]] = [:]
    private(set) var done = 0
    /// Reasons of the tasks that failed for good.
    private(set) var failed: Set<Int> = []
    private(set) var finished: Set<Int> = []
    /// How many tiles each task makes; nil where tasks make none.
    private let tiles: [Int]?
    private var (doneTiles, failedTiles) = (0, 0)

    init(count: Int, tiles: [Int]? = nil) { (self.count, self.tiles) = (count, tiles) }

    var isFinished: Bool { finished.count == count }
    /// Every task at the engine is suspended.
    var isSuspended: Bool { !active.isEmpty && active.values.allSatisfy(\.isSuspended) }
    var progress: JobProgress {
        JobProgress(
            planned: count,
            running: active.values.count { $0.isRunning && $0.goneSince == nil },
            done: done,
            failed: failed.count
        )
    }

    /// The same in tiles; those of a running task count as running until it ends.
    var tileProgress: JobProgress? {
        guard let tiles else { return nil }
        let running = active.filter { $0.value.isRunning && $0.value.goneSince == nil }.keys
        return JobProgress(
            planned: tiles.reduce(0, +),
            running: running.reduce(0) { $0 + self.tiles(of: $1) },
            done: doneTiles,
            failed: failedTiles
        )
    }

    private func tiles(of task: Int) -> Int {
        tiles.flatMap { $0.indices.contains(task - 1) ? $0[task - 1] : nil } ?? 0
    }

    mutating func wait(_ task: Int, attempt: Int, _ resources: Resources) {
        active[task] = nil
        waiting[Waiting(attempt: attempt, resources: resources), default: []].append(task)
    }

    /// The next tasks to submit together; they are taken from those that wait.
    mutating func take(at most: Int) -> (with: Waiting, tasks: [Int])? {
        guard let key = waiting.keys.min(by: { ($0.attempt, $0.resources.memory) < ($1.attempt, $1.resources.memory) }),
            let tasks = waiting[key]
        else { return nil }
        let rest = Array(tasks.dropFirst(most))
        waiting[key] = rest.isEmpty ? nil : rest
        return (key, Array(tasks.prefix(most)))
    }

    mutating func submitted(_ submission: Submission) {
        for task in submission.tasks where !finished.contains(task) {
            active[task] = Active(
                submission: submission.name,
                attempt: submission.attempt,
                resources: submission.resources
            )
        }
    }

    /// - `failedTiles`: Of a task that failed: how many of its tiles are missing.
    mutating func finish(_ task: Int, isDone: Bool, failedTiles missing: Int = 0) {
        active[task] = nil
        guard finished.insert(task).inserted else { return }
        if isDone { done += 1 } else { failed.insert(task) }
        let count = tiles(of: task)
        failedTiles += min(missing, count)
        doneTiles += count - min(missing, count)
    }

    /// Takes in what the engine says.
    ///
    /// - Parameters:
    ///   - sights: By task; those that are missing the engine does not know any more.
    ///   - now: When it was said.
    mutating func see(_ sights: [TaskKey: TaskSight], at now: Instant) {
        for (task, var entry) in active {
            switch sights[TaskKey(submission: entry.submission, task: task)] {
            case .running?: (entry.goneSince, entry.isRunning, entry.isSuspended) = (nil, true, false)
            case .waiting?: (entry.goneSince, entry.isRunning, entry.isSuspended) = (nil, false, false)
            case .suspended?: (entry.goneSince, entry.isSuspended) = (nil, true)
            case .ended(let end)?:
                entry.goneSince = entry.goneSince ?? now
                if let end { entry.end = end }
            case nil: entry.goneSince = entry.goneSince ?? now
            }
            active[task] = entry
        }
    }

    /// Nothing runs any more.
    mutating func stop() {
        for task in active.keys { active[task]?.isRunning = false }
    }

    mutating func explain(_ task: Int, _ end: TaskEnd) { active[task]?.end = end }
}
