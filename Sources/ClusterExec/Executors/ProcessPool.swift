import CSpawn
import Foundation
import Jobs

/// Runs tasks as children of this program, so many at once, and no more than memory allows.
///
/// Children end when this program ends, however that happens, so nothing is left that a later master would not know.
actor ProcessPool {
    /// The command of a task, in a slot.
    typealias Command = @Sendable (_ task: Int, _ submission: Submission, _ slot: Int) -> [String]

    private struct Child {
        let key: TaskKey
        let program: ChildProgram
        let slot: Int
        let resources: Resources
        let deadline: ContinuousClock.Instant?
        var fate: TaskEnd?
    }

    private let slots: Int
    /// In bytes; nil where the tasks run elsewhere.
    private let memory: Int?
    private let command: Command
    private var queue: [(key: TaskKey, submission: Submission)] = []
    private var next = 0
    private var children: [Child] = []
    private var free: [Int]
    private var ended: [TaskKey: TaskEnd] = [:]
    private var known: Set<String> = []
    private var lifeline: (read: Int32, write: Int32)?
    private var lastLook = ContinuousClock.now
    private var isPumping = false

    init(slots: Int, memory: Int?, command: @escaping Command) {
        (self.slots, self.memory, self.command) = (slots, memory, command)
        free = Array((0..<slots).reversed())
    }

    deinit {
        if let lifeline {
            close(lifeline.read)
            close(lifeline.write)
        }
    }

    func add(_ submission: Submission) throws {
        known.insert(submission.name)
        queue += submission.tasks.map { (TaskKey(submission: submission.name, task: $0), submission) }
        try fill()
        pump()
    }

    /// Keeps the slots full, whoever asks how often.
    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        Task {
            var pause = Duration.milliseconds(2)
            while !children.isEmpty || next < queue.count {
                let before = ended.count
                try? reap()
                try? fill()
                pause = ended.count == before ? min(pause * 2, .milliseconds(50)) : .milliseconds(2)
                try? await Task.sleep(for: pause)
            }
            isPumping = false
        }
    }

    /// What is waiting and running, and what has ended since the pool began.
    func sights(_ submissions: [Submission]) throws -> [TaskKey: TaskSight] {
        try reap()
        try fill()
        pump()
        let names = Set(submissions.map(\.name))
        var sights: [TaskKey: TaskSight] = [:]
        for (key, end) in ended where names.contains(key.submission) { sights[key] = .ended(end) }
        for item in queue[next...] where names.contains(item.key.submission) {
            sights[item.key] = .waiting("waits for its turn")
        }
        for child in children { sights[child.key] = .running(host: nil) }
        return sights
    }

    /// Why a task is over; one of a submission that this pool never saw belonged to a master that is gone.
    func end(of key: TaskKey) -> TaskEnd? { ended[key] ?? (known.contains(key.submission) ? nil : .interrupted) }

    /// Forgets tasks, so that a long job does not carry them all.
    func forget(_ keys: [TaskKey]) { for key in keys { ended[key] = nil } }

    func cancel(_ names: Set<String>, tasks: Set<Int>?) async throws {
        func isMeant(_ key: TaskKey) -> Bool { names.contains(key.submission) && tasks?.contains(key.task) ?? true }
        for item in queue[next...] where isMeant(item.key) { ended[item.key] = .cancelled }
        queue = queue[next...].filter { !isMeant($0.key) }
        next = 0
        for index in children.indices where isMeant(children[index].key) {
            children[index].fate = .cancelled
            kill(-children[index].program.pid, SIGTERM)
        }
        let patience = ContinuousClock.now + .seconds(3)
        while children.contains(where: { isMeant($0.key) }) {
            try reap()
            if ContinuousClock.now > patience {
                for child in children where isMeant(child.key) { kill(-child.program.pid, SIGKILL) }
            }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }

    private func reap() throws {
        let now = ContinuousClock.now
        let looksAtMemory = memory != nil && now - lastLook > .milliseconds(250)
        if looksAtMemory { lastLook = now }
        var alive: [Child] = []
        for var child in children {
            if let end = try child.program.poll() {
                // What it started itself goes with it.
                kill(-child.program.pid, SIGKILL)
                free.append(child.slot)
                ended[child.key] =
                    switch (child.fate, end) {
                    case (let fate?, _): fate
                    case (nil, .exited(let code)): .exited(code)
                    case (nil, .killed(let signal)): .killed(signal: signal)
                    }
                continue
            }
            if child.fate == nil {
                let limit = child.resources.memory
                if let deadline = child.deadline, now > deadline {
                    child.fate = .timeout
                } else if looksAtMemory, limit > 0, Usage.memory(ofGroup: child.program.pid) > limit {
                    child.fate = .outOfMemory
                }
                if child.fate != nil { kill(-child.program.pid, SIGKILL) }
            }
            alive.append(child)
        }
        children = alive
    }

    private func fill() throws {
        while next < queue.count, let slot = free.last {
            let (key, submission) = queue[next]
            let taken = children.reduce(0) { $0 + $1.resources.memory }
            if let memory, !children.isEmpty, taken + submission.resources.memory > memory { return }
            next += 1
            if next > 1000 {
                queue.removeFirst(next)
                next = 0
            }
            free.removeLast()
            let words = command(key.task, submission, slot)
            do {
                let program = try ChildProgram.start(words, streams: [3: try line()], ownGroup: true)
                let seconds = submission.resources.seconds
                let deadline = seconds > 0 && memory != nil ? ContinuousClock.now + .seconds(seconds) : nil
                let resources = submission.resources
                children.append(
                    Child(key: key, program: program, slot: slot, resources: resources, deadline: deadline)
                )
            } catch {
                free.append(slot)
                ended[key] = .failed(TaskFailure(.environment, "\(error)"))
            }
        }
    }

    /// The pipe whose end tells children that this program has ended.
    private func line() throws -> Int32 {
        if let lifeline { return lifeline.read }
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw ClusterError.system(.cannotStart, "a pipe", errno) }
        lifeline = (ends[0], ends[1])
        return ends[0]
    }
}
