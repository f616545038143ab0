import Foundation
import TestSupport
import Testing

@testable import ClusterExec

/// Jobs on this machine, run by the built program.
struct LocalJobTests {
    @Test func `a failed task is named with its reason, and only that one is run again`() throws {
        let bench = try JobBench()
        let script = """
            echo "task $ANTARES_TASK speaks"; echo $ANTARES_TASK >> \(bench.shared.path("ran"))
            if [ $ANTARES_TASK = 3 ] && [ ! -e \(bench.shared.path("mended")) ]; then echo 'no such band' >&2; exit 7; fi
            echo $ANTARES_TASK > out.txt
            """
        let result = try bench.run(script, tasks: 5, ["--result", "out.txt"])
        #expect(result.status == 1)
        #expect(result.errors.contains("task 3, tile task-3: '\(bench.shared.path("work.sh"))' ended with 7"))
        let job = try bench.job()
        #expect(job.phase == "ERROR" && job.tasks == .init(planned: 5, running: 0, done: 4, failed: 1))
        #expect(job.failures.map(\.tile) == ["task-3"])
        #expect(try String(contentsOfFile: "\(job.folder)/results/4/out.txt", encoding: .utf8) == "4\n")
        #expect(try bench.antares(["jobs", "log", job.id, "3"]).output.contains("no such band"))
        _ = try bench.shared.write("", to: "mended")
        let again = try bench.antares(["jobs", "retry-failed", job.id])
        #expect(again.status == 0, "\(again.errors)")
        let second = try bench.job()
        #expect(second.id != job.id && second.phase == "COMPLETED" && second.tasks.planned == 1)
        // The one task of the second job has the number 1.
        #expect(bench.lines("ran") == ["1", "1", "2", "3", "4", "5"])
    }

    @Test func `nothing half written is left in a job's folder`() throws {
        let bench = try JobBench()
        #expect(try bench.run("exit 0", tasks: 3).status == 0)
        let files = TemporaryFolder.files(below: try bench.job().folder)
        #expect(files.filter { $0.contains(".part") || $0.contains("running") || $0.contains(".work") } == [])
        #expect(files.filter { $0.hasPrefix("status/") } == ["status/1.json", "status/2.json", "status/3.json"])
    }

    @Test func `a task that needs more memory than it was given gets more the second time`() throws {
        let bench = try JobBench()
        // 150 MB, held for a while; the worker itself takes some 70.
        let script = """
            echo "$ANTARES_TASK $ANTARES_ATTEMPT" >> \(bench.shared.path("ran"))
            if [ $ANTARES_TASK = 2 ]; then python3 -c 'import time; a = b"x" * 150_000_000; time.sleep(2)'; fi
            """
        let result = try bench.run(script, tasks: 2, ["--task-memory", "180M"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(bench.lines("ran") == ["1 1", "2 1", "2 2"])
        #expect(result.errors.contains("task 2 is tried again: needed more memory than it was given"))
    }

    @Test func `a task that takes too long gets more time, and is named when that does not help`() throws {
        let bench = try JobBench()
        let result = try bench.run(
            "if [ $ANTARES_TASK = 1 ]; then sleep 60; fi",
            tasks: 2,
            ["--task-time", "1", "--retries", "1"]
        )
        #expect(result.status == 1)
        let job = try bench.job()
        #expect(job.tasks.done == 1)
        #expect(job.failures.map(\.reason).first?.contains("needed more time than it was given (attempt 2)") == true)
    }

    @Test func `a master that is killed takes its tasks with it, and another goes on without losing or doubling any`()
        throws
    {
        let bench = try JobBench()
        let script = """
            echo "begin $ANTARES_TASK" >> \(bench.shared.path("ran")); sleep 1
            echo "end $ANTARES_TASK" >> \(bench.shared.path("ran"))
            """
        let master = try bench.start(script, tasks: 6, ["--jobs", "2"])
        try bench.wait { bench.lines("ran").count { $0.hasPrefix("end") } >= 2 }
        master.send(signal: SIGKILL)
        _ = try master.wait()
        let job = try bench.job()
        #expect(job.phase == "EXECUTING")
        let ended = bench.lines("ran").filter { $0.hasPrefix("end") }
        let result = try bench.antares(["jobs", "resume", job.id])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try bench.job().tasks == .init(planned: 6, running: 0, done: 6, failed: 0))
        let all = bench.lines("ran").filter { $0.hasPrefix("end") }
        // A task may have ended its work and not have said so when it was killed: at most the two that ran.
        #expect(Set(all) == Set((1...6).map { "end \($0)" }))
        #expect(ended.allSatisfy(all.contains) && all.count <= 8)
        #expect(try bench.antares(["jobs", "resume", job.id]).errors.contains("there is nothing to resume"))
    }

    @Test func `a job is run by one master at a time`() throws {
        let bench = try JobBench()
        let master = try bench.start(
            "touch \(bench.shared.path("begun")); while [ ! -e \(bench.shared.path("go")) ]; do sleep 0.1; done",
            tasks: 1
        )
        try bench.wait { FileManager.default.fileExists(atPath: bench.shared.path("begun")) }
        let second = try bench.antares(["jobs", "resume", try bench.job().id])
        #expect(second.status == 1 && second.errors.contains("another program runs job"), "\(second.errors)")
        _ = try bench.shared.write("", to: "go")
        #expect(try master.wait().status == 0)
    }

    @Test func `a cancelled job stops its tasks and keeps what is done`() throws {
        let bench = try JobBench()
        let script = "if [ $ANTARES_TASK -gt 2 ]; then echo $$ >> \(bench.shared.path("pids")); exec sleep 300; fi"
        let master = try bench.start(script, tasks: 6, ["--jobs", "2"])
        try bench.wait { bench.lines("pids").count == 2 }
        let job = try bench.job()
        #expect(try bench.antares(["jobs", "cancel", job.id]).status == 0)
        #expect(try master.wait().status == 1)
        let after = try bench.job()
        #expect(after.phase == "ABORTED" && after.tasks.done == 2)
        for pid in bench.lines("pids").compactMap({ pid_t($0) }) { #expect(kill(pid, 0) != 0) }
    }

    @Test func `a job that runs into its limit is aborted`() throws {
        let bench = try JobBench()
        let result = try bench.run("sleep 300", tasks: 1, ["--execution-duration", "2"])
        #expect(result.status == 1)
        #expect(try bench.job().phase == "ABORTED")
    }

    @Test(.enabled(if: getuid() == 0)) func `a task whose disk is full is tried again, and is named`() throws {
        let bench = try JobBench()
        let disk = bench.shared.path("disk")
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mounted = try run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk])
        try #require(mounted.status == 0, "\(mounted.errors)")
        defer { _ = try? run("umount", [disk]) }
        let script = """
            echo $ANTARES_TASK >> \(bench.shared.path("ran"))
            if [ $ANTARES_TASK = 2 ]; then head -c 1000000 /dev/zero > \(disk)/tile || exit 74; fi
            """
        let result = try bench.run(script, tasks: 3, ["--retries", "1"])
        #expect(result.status == 1)
        #expect(bench.lines("ran") == ["1", "2", "2", "3"])
        let failure = try bench.job().failures.first
        #expect(failure?.task == 2 && failure?.reason.contains("ended with 74") == true)
        #expect(try bench.antares(["jobs", "log", try bench.job().id, "2"]).output.contains("No space left on device"))
    }

    @Test func `no more tasks run at once than memory allows`() throws {
        let pool = LocalExecutor.freeMemory() ?? 0
        try #require(pool > 0)
        let bench = try JobBench()
        // Each asks for two thirds of what is free, so two never run together.
        let script = """
            mkdir \(bench.shared.path("lock")) || exit 7; sleep 0.5; rmdir \(bench.shared.path("lock"))
            """
        let result = try bench.run(script, tasks: 3, ["--jobs", "3", "--task-memory", "\(pool / 3 * 2)"])
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func `a detached job ends without the program that began it`() throws {
        let bench = try JobBench()
        let result = try bench.run("exit 0", tasks: 2, ["--detach"])
        #expect(result.status == 0, "\(result.errors)")
        let id = result.output.trimmingCharacters(in: .newlines)
        try bench.wait { try bench.job().phase == "COMPLETED" }
        let follow = try bench.antares(["jobs", "follow", id])
        #expect(follow.status == 0 && follow.output.contains("COMPLETED, 2 done, 0 failed, 0 running, of 2"))
        let folder = try bench.job().folder
        #expect(try bench.antares(["jobs", "remove", id]).status == 0)
        #expect(!FileManager.default.fileExists(atPath: folder))
        #expect(try bench.antares(["jobs", "show", id]).status == 66)
    }

    @Test func `a job whose master died is cancelled by another program, and shows nothing as running`() throws {
        let bench = try JobBench()
        let master = try bench.start("if [ $ANTARES_TASK -gt 1 ]; then sleep 300; fi", tasks: 3, ["--jobs", "2"])
        try bench.wait { (try? bench.job().tasks) == .init(planned: 3, running: 2, done: 1, failed: 0) }
        master.send(signal: SIGKILL)
        _ = try master.wait()
        let job = try bench.job()
        #expect(job.tasks.running == 2)
        let cancelled = try bench.antares(["jobs", "cancel", job.id])
        #expect(cancelled.output == "job \(job.id) is ABORTED\n", "\(cancelled.errors)")
        #expect(try bench.job().tasks == .init(planned: 3, running: 0, done: 1, failed: 0))
        let list = try bench.antares(["jobs", "list", "--phase", "aborted"])
        #expect(list.output.contains("ABORTED  1 done, 0 failed, 0 running of 3"), "\(list.output)")
        let follow = try bench.antares(["jobs", "follow", job.id, "--json"])
        #expect(follow.status == 1 && follow.output.contains(#""tiles":{"done":1,"failed":0,"planned":3,"running":0}"#))
    }

    @Test func `what is made again of a failed job has the memory that its retries had come to`() throws {
        let bench = try JobBench()
        // The first attempt at the second task needs more than it is given, the next one fails for another reason.
        let script = """
            echo "$ANTARES_TASK $ANTARES_ATTEMPT" >> \(bench.shared.path("ran"))
            if [ $ANTARES_ATTEMPT = 2 ]; then exit 7; fi
            if [ $ANTARES_TASK = 2 ] || [ -e \(bench.shared.path("mended")) ]; then
                python3 -c 'import time; a = b"x" * 150_000_000; time.sleep(2)'
            fi
            """
        #expect(try bench.run(script, tasks: 2, ["--task-memory", "180M"]).status == 1)
        let job = try bench.job()
        #expect(bench.lines("ran") == ["1 1", "2 1", "2 2"] && job.failures.map(\.task) == [2])
        _ = try bench.shared.write("", to: "mended")
        let again = try bench.antares(["jobs", "retry-failed", job.id])
        #expect(again.status == 0 && !again.errors.contains("is tried again"), "\(again.errors)")
        // Its one task is the second of before, and was not ended for its memory another time.
        #expect(bench.lines("ran") == ["1 1", "1 1", "2 1", "2 2"])
        let submissions = try JobFolder(try bench.job().folder).submissions()
        #expect(submissions.map(\.resources.memory) == [2 * 180 << 20])
    }

    @Test func `logs are shown of all tasks or of one, and of the program that a detached job runs in`() throws {
        let bench = try JobBench()
        let started = try bench.run("echo \"spoken by $ANTARES_TASK\"", tasks: 2, ["--detach", "-v"])
        let id = started.output.trimmingCharacters(in: .newlines)
        try bench.wait { try bench.job().phase == "COMPLETED" }
        let all = try bench.antares(["jobs", "log", id]).output
        let titles = all.split(separator: "\n").filter { $0.hasPrefix("== ") }
        #expect(titles == ["== master", "== task 1", "== task 2"], "\(all)")
        #expect(all.contains("spoken by 1\n") && all.contains("spoken by 2\n"))
        // The end of a job's name is enough.
        let one = try bench.antares(["jobs", "log", String(id.suffix(8)), "2"]).output
        #expect(one.contains("spoken by 2") && !one.contains("spoken by 1") && !one.contains("== "))
        struct Entry: Decodable { let task: Int?, program: String?, log: String }
        let json = try bench.antares(["jobs", "log", id, "--json"]).output
        let entries = try JSONDecoder().decode([Entry].self, from: Data(json.utf8))
        #expect(entries.map(\.task) == [nil, 1, 2] && entries.map(\.program) == ["master", nil, nil])
        #expect(entries[1].log.contains("spoken by 1"))
        let none = try bench.antares(["jobs", "log", id, "3"])
        #expect(none.status == 66 && none.errors.contains("has no task 3"))
    }

    @Test func `what each task used is shown`() throws {
        let bench = try JobBench()
        #expect(try bench.run("head -c 5000000 /dev/zero > file; sleep 0.3", tasks: 2).status == 0)
        let result = try bench.antares(["jobs", "resources", try bench.job().id, "--json"])
        struct Report: Decodable {
            struct Entry: Decodable { let task: Int, seconds: Double, peak_memory: Int, host: String }
            let tasks: [Entry]
        }
        let report = try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
        #expect(report.tasks.map(\.task) == [1, 2])
        #expect(report.tasks.allSatisfy { $0.seconds >= 0.3 && $0.peak_memory > 1 << 20 && !$0.host.isEmpty })
    }

    @Test func `what changes a job says so as a document on request`() throws {
        let bench = try JobBench()
        let (mended, waits) = (bench.shared.path("mended"), bench.shared.path("waits"))
        let script = """
            if [ $ANTARES_TASK = 1 ] && [ ! -e \(waits) ]; then touch \(waits); exec sleep 300; fi
            if [ $ANTARES_TASK = 2 ] && [ ! -e \(mended) ]; then exit 7; fi
            """
        func document(_ words: String...) throws -> ShownJob {
            let result = try bench.antares(["jobs"] + words + ["--json"])
            return try JSONDecoder().decode(ShownJob.self, from: Data(result.output.utf8))
        }
        let master = try bench.start(script, tasks: 2, ["--retries", "0"])
        try bench.wait { FileManager.default.fileExists(atPath: waits) }
        master.send(signal: SIGKILL)
        _ = try master.wait()
        let id = try bench.job().id
        let resumed = try document("resume", id)
        #expect(resumed.id == id && resumed.phase == "ERROR" && resumed.failures.map(\.tile) == ["task-2"])
        _ = try bench.shared.write("", to: "mended")
        let again = try document("retry-failed", id)
        #expect(again.id != id && again.phase == "COMPLETED")
        #expect(try document("cancel", again.id).phase == "COMPLETED")
        #expect(try document("remove", again.id).id == again.id)
        #expect(try bench.antares(["jobs", "show", again.id]).status == 66)
    }

    @Test func `a scheduler file of dask means this machine, with a note`() throws {
        let bench = try JobBench()
        // As distributed 1.22 wrote it.
        let file = try bench.shared.write(
            #"{"type": "Scheduler", "id": "x", "address": "tcp://10.0.0.1:8786", "services": {}, "workers": {}}"#,
            to: "scheduler.json"
        )
        let result = try bench.antares(["jobs", "run", "-sc", file, "--", "true"])
        #expect(result.status == 0 && result.errors.contains("is a scheduler file of dask"))
    }

    @Test func `a folder that is none of a job is no input`() throws {
        let bench = try JobBench()
        let result = try bench.antares(["task", bench.shared.path, "1"])
        #expect(result.status == 66 && result.errors.contains("there is no job.json"))
    }
}
