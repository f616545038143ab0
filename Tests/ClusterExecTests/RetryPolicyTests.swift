import Jobs
import Testing

@testable import ClusterExec

struct RetryPolicyTests {
    private let policy = RetryPolicy(retries: 2, largest: Resources(memory: 3 << 30, seconds: 5000, cores: 0))
    private let given = Resources(memory: 1 << 30, seconds: 1000)

    @Test func `a task short of memory gets more, up to the limit`() {
        let more = Resources(memory: 2 << 30, seconds: 1000)
        #expect(policy.decide(.outOfMemory, attempt: 1, resources: given) == .again(attempt: 2, more))
        #expect(policy.decide(.killed(signal: 9), attempt: 1, resources: given) == .again(attempt: 2, more))
        let most = Resources(memory: 3 << 30, seconds: 1000)
        #expect(policy.decide(.outOfMemory, attempt: 2, resources: more) == .again(attempt: 3, most))
        guard case .giveUp(let failure) = policy.decide(.outOfMemory, attempt: 1, resources: most) else {
            Issue.record("tried again without more memory")
            return
        }
        #expect(failure.reason.contains("3072M is the most allowed"))
    }

    @Test func `a task short of time gets more`() {
        let more = Resources(memory: 1 << 30, seconds: 2000)
        #expect(policy.decide(.timeout, attempt: 1, resources: given) == .again(attempt: 2, more))
    }

    @Test(
        arguments: [
            .lost("node n1 failed"), .preempted, .exited(127), .failed(TaskFailure(.environment, "disk full")),
        ] as [TaskEnd]
    )
    func `a task that its machine let down is tried again with the same`(end: TaskEnd) {
        #expect(policy.decide(end, attempt: 1, resources: given) == .again(attempt: 2, given))
        guard case .giveUp(let failure) = policy.decide(end, attempt: 3, resources: given) else {
            Issue.record("tried a fourth time")
            return
        }
        #expect(failure.kind == .environment)
    }

    @Test func `a task that failed on its input is not tried again`() {
        let failure = TaskFailure(.input, "the band B04 is corrupt")
        #expect(policy.decide(.failed(failure), attempt: 1, resources: given) == .giveUp(failure))
    }

    @Test func `a task that somebody cancelled is not tried again`() {
        guard case .giveUp = policy.decide(.cancelled, attempt: 1, resources: given) else {
            Issue.record("tried again")
            return
        }
    }

    @Test func `an interruption costs no attempt`() {
        #expect(policy.decide(.interrupted, attempt: 3, resources: given) == .again(attempt: 3, given))
    }
}

struct TaskGroupingTests {
    @Test func `quick tiles share a task, so that starting it costs at most a twentieth`() {
        // 2 s of start, 0.1 s a tile: 40 s of work are 400 tiles.
        #expect(TaskGrouping.tilesPerTask(secondsPerTile: 0.1, tiles: 100_000, slots: 10) == 400)
    }

    @Test func `slow tiles have a task each`() {
        #expect(TaskGrouping.tilesPerTask(secondsPerTile: 600, tiles: 500, slots: 10) == 1)
    }

    @Test func `every slot has four tasks where there are tiles enough`() {
        #expect(TaskGrouping.tilesPerTask(secondsPerTile: 0.1, tiles: 400, slots: 10) == 10)
        #expect(TaskGrouping.tilesPerTask(secondsPerTile: 0.1, tiles: 3, slots: 10) == 1)
    }

    @Test func `a job has at most ten thousand tasks unless its time limit says so`() {
        #expect(TaskGrouping.tilesPerTask(secondsPerTile: 60, tiles: 1_000_000, slots: 100) == 100)
        #expect(TaskGrouping.tilesPerTask(secondsPerTile: 60, tiles: 1_000_000, slots: 100, limitSeconds: 3600) == 30)
    }
}

struct TextFormTests {
    @Test func `ranges of numbers read as they were written`() {
        #expect(NumberRanges.write([1, 2, 3, 7, 9, 10]) == "1-3,7,9-10")
        #expect(NumberRanges.parse("1-3,7,9-10") == [1, 2, 3, 7, 9, 10])
        #expect(NumberRanges.parse("1-7:3%2") == [1, 4, 7])
        #expect(NumberRanges.parse("") == [])
        for text in ["a", "3-1", "1-", "1,,2", "1-5:0"] { #expect(NumberRanges.parse(text) == nil) }
    }

    @Test func `amounts and times are read as people and engines write them`() {
        #expect(Resources.bytes("4GB") == 4 << 30)
        #expect(Resources.bytes("1.5G") == 3 << 29)
        #expect(Resources.bytes("512M") == 512 << 20)
        #expect(Resources.bytes("four") == nil)
        #expect(Resources.seconds("90") == 90)
        #expect(Resources.seconds("90m") == 5400)
        #expect(Resources.seconds("1:30:00") == 5400)
        #expect(Resources.seconds("1-12:00:00") == 129_600)
        #expect(Resources.seconds("soon") == nil)
    }
}
