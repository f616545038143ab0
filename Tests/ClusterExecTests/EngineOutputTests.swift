import Foundation
import Jobs
import TestSupport
import Testing

@testable import ClusterExec

/// What real engines printed, recorded with Slurm 22.05.8 and Son of Grid Engine 8.1.9.
enum Recording {
    static func text(_ name: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../cluster/recordings")
        return try String(contentsOf: folder.standardizedFileURL.appendingPathComponent(name), encoding: .utf8)
    }
}

struct SlurmOutputTests {
    @Test func `squeue tells waiting, running and ended elements apart`() throws {
        let rows = SlurmOutput.queue(try Recording.text("squeue-ended.txt"))
        func sight(_ job: String, _ index: Int?) -> TaskSight? {
            rows[.init(job: job, index: index)].map(SlurmOutput.sight)
        }
        #expect(sight("1", 0) == .ended(.exited(0)))
        // It failed; squeue does not say with what.
        #expect(sight("1", 1) == .ended(nil))
        #expect(sight("1", 5) == .ended(.cancelled))
        #expect(sight("1", 6) == .running(host: "n2"))
        // Its node died and Slurm put it back into the queue.
        #expect(sight("1", 4) == .waiting("BeginTime"))
        #expect((0...3).map { sight("2", $0) } == Array(repeating: .waiting("PartitionDown"), count: 4))
        #expect(sight("2", 4) == nil)
        #expect(sight("3", nil) == .ended(.cancelled))
    }

    @Test func `waiting elements of a throttled array are one line`() throws {
        let rows = SlurmOutput.queue(try Recording.text("squeue-throttled.txt"))
        #expect(rows.count == 20)
        #expect(rows[.init(job: "15", index: 19)]?.reason == "JobArrayTaskLimit")
        #expect(rows[.init(job: "15", index: 1)].map(SlurmOutput.sight) == .running(host: "n3"))
    }

    @Test func `sacct tells the exit status, the signal and the time limit`() throws {
        let rows = SlurmOutput.accounting(try Recording.text("sacct.txt"))
        #expect(rows[.init(job: "1", index: 1)].flatMap(SlurmOutput.end) == .exited(7))
        #expect(rows[.init(job: "1", index: 3)].flatMap(SlurmOutput.end) == .killed(signal: 9))
        // "CANCELLED by 0"
        #expect(rows[.init(job: "1", index: 5)].flatMap(SlurmOutput.end) == .cancelled)
        #expect(rows[.init(job: "5", index: nil)].flatMap(SlurmOutput.end) == .timeout)
    }

    @Test func `scontrol tells the signal at once`() throws {
        let rows = SlurmOutput.details(try Recording.text("scontrol-killed.txt"))
        #expect(rows[.init(job: "1", index: 3)].flatMap(SlurmOutput.end) == .killed(signal: 9))
    }

    // The words are those of Slurm's manual, squeue(1), "JOB STATE CODES".
    @Test(
        arguments: [
            ("OUT_OF_MEMORY", .ended(.outOfMemory)), ("TIMEOUT", .ended(.timeout)), ("DEADLINE", .ended(.timeout)),
            ("NODE_FAIL", .ended(.lost("node n7 failed"))), ("BOOT_FAIL", .ended(.lost("node n7 did not start"))),
            ("PREEMPTED", .ended(.preempted)), ("REQUEUED", .waiting(nil)), ("SUSPENDED", .suspended),
            ("COMPLETING", .running(host: "n7")), ("CONFIGURING", .waiting(nil)),
        ] as [(String, TaskSight)]
    )
    func `every state has a meaning`(state: String, sight: TaskSight) {
        #expect(SlurmOutput.queue("9_4|\(state)|None|n7|name").values.map(SlurmOutput.sight) == [sight])
    }

    @Test func `names of submissions are found by prefix, one for each array`() throws {
        let names = SlurmOutput.names(try Recording.text("squeue-running.txt"))
        #expect(names.filter { $0.name.hasPrefix("antares-a-") }.map(\.engineID).sorted() == ["1", "2"])
    }
}

struct GridEngineOutputTests {
    @Test func `qstat tells running and waiting tasks apart`() throws {
        let rows = try GridEngineOutput.queue(try Recording.text("qstat.xml"))
        func sight(_ job: String, _ index: Int?) -> TaskSight? {
            rows[.init(job: job, index: index)].map(GridEngineOutput.sight)
        }
        #expect(sight("1", 5) == .running(host: "vm"))
        #expect((7...10).map { sight("1", $0) } == Array(repeating: .waiting(nil), count: 4))
        #expect(sight("1", 1) == nil)
        #expect((1...3).map { sight("2", $0) } == Array(repeating: .waiting(nil), count: 3))
        #expect(rows[.init(job: "2", index: 1)]?.name == "antares-a-2")
        #expect(sight("4", nil) == .waiting(nil))
    }

    @Test func `a job in the error state is lost`() throws {
        let rows = try GridEngineOutput.queue(try Recording.text("qstat-error.xml"))
        let sight = rows[.init(job: "3", index: nil)].map(GridEngineOutput.sight)
        guard case .ended(.lost(let reason)) = sight else {
            throw TestFailure("not lost: \(String(describing: sight))")
        }
        #expect(reason.contains("Eqw"))
    }

    // The words are those of the manual, qstat(1).
    @Test(
        arguments: [
            ("hqw", .waiting("hqw")), ("hRwq", .waiting("hRwq")), ("t", .running(host: nil)), ("s", .suspended),
            ("S", .suspended), ("T", .suspended), ("Rr", .running(host: nil)), ("dr", .running(host: nil)),
        ] as [(String, TaskSight)]
    )
    func `every state has a meaning`(state: String, sight: TaskSight) {
        #expect(GridEngineOutput.sight(.init(name: "x", state: state, queue: nil)) == sight)
    }

    @Test func `qacct tells the exit status, the signal and the time limit`() throws {
        let records = GridEngineOutput.accounting(try Recording.text("qacct.txt"))
        func end(_ index: Int) -> TaskEnd? {
            records[.init(job: "1", index: index)].map { GridEngineOutput.end($0, Resources()) }
        }
        #expect([1, 2, 3, 6].map(end) == [.exited(0), .exited(7), .killed(signal: 9), .killed(signal: 9)])
        let limit = GridEngineOutput.accounting(try Recording.text("qacct-limit.txt"))
        #expect(limit[.init(job: "4", index: nil)].map { GridEngineOutput.end($0, Resources(seconds: 2)) } == .timeout)
    }

    @Test func `a task that was killed near its memory limit was killed for that`() {
        // As Univa and Altair Grid Engine write it: no B behind the unit, a fraction in the times.
        let text = """
            ==============================================================
            qname        all.q
            hostname     node7
            jobname      antares-x-1
            jobnumber    77
            taskid       3
            start_time   11/21/2026 11:17:22.123
            failed       100 : assumedly after job
            exit_status  137
            ru_wallclock 12.345
            maxvmem      3.953G
            """
        let record = GridEngineOutput.accounting(text)[.init(job: "77", index: 3)]
        #expect(record.map { GridEngineOutput.end($0, Resources(memory: 4 << 30)) } == .outOfMemory)
        #expect(record.map { GridEngineOutput.end($0, Resources(memory: 8 << 30)) } == .killed(signal: 9))
        #expect(record.map { GridEngineOutput.end($0, Resources(seconds: 12)) } == .timeout)
    }

    // Univa writes a class of jobs into each entry, nil where there is none; with -f jobs stand within their queues.
    @Test func `qstat of Univa, and one that lists queues, are read alike`() throws {
        let job = """
            <JB_job_number>5</JB_job_number><JAT_prio>0.5</JAT_prio><JB_name>antares-x-1</JB_name><JB_owner>a</JB_owner>
            <state>r</state><JAT_start_time>2026-11-21T11:17:22.123</JAT_start_time>
            """
        let plain = """
            <?xml version='1.0'?><job_info><queue_info><job_list state="running">\(job)
            <queue_name>all.q@node7</queue_name><jclass_name xsi:nil="true"/><slots>1</slots><tasks>3</tasks></job_list>
            </queue_info><job_info></job_info></job_info>
            """
        let full = """
            <?xml version='1.0'?><job_info><queue_info><Queue-List><name>all.q@node7</name><qtype>BIP</qtype>
            <state>au</state><job_list state="running">\(job)<slots>1</slots><tasks>3</tasks></job_list></Queue-List>
            <Queue-List><name>all.q@node8</name><state>au</state></Queue-List></queue_info><job_info>
            <job_list state="pending"><JB_job_number>6</JB_job_number><JB_name>b</JB_name><state>qw</state></job_list>
            </job_info></job_info>
            """
        for text in [plain, full] {
            let row = try GridEngineOutput.queue(text)[.init(job: "5", index: 3)]
            #expect(row.map(GridEngineOutput.sight) == .running(host: "node7"))
        }
        #expect(
            try GridEngineOutput.queue(full)[.init(job: "6", index: nil)].map(GridEngineOutput.sight) == .waiting(nil)
        )
    }

    @Test func `the wall time of newer engines is read where the older field is cut off`() {
        let text = """
            ==============================================================
            jobname                            x
            jobnumber                          22
            taskid                             1
            failed                             0
            exit_status                        138
            ru_wallclock                       0
            wallclock                          4.004
            maxvmem                            1.002G
            """
        let record = GridEngineOutput.accounting(text)[.init(job: "22", index: 1)]
        #expect(record?.wallclock == 4.004)
        // SIGUSR1 is what a soft limit of the time sends.
        #expect(record.map { GridEngineOutput.end($0, Resources(seconds: 4)) } == .timeout)
        #expect(record.map { GridEngineOutput.end($0, Resources(memory: 1 << 30)) } == .outOfMemory)
    }

    @Test func `what is no document of qstat is said to be none`() {
        let error = #expect(throws: ClusterError.self) { try GridEngineOutput.queue("error: commlib error") }
        #expect(error?.code == .badAnswer)
    }
}

struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
