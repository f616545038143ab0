import Foundation
import TestSupport
import Testing

@testable import ClusterExec

/// What every executor must do, on the real engines.
@Suite(.serialized)
struct EngineJobTests {
    enum Kind: String, CaseIterable { case local, slurm, sge, ssh }

    static func bench(_ kind: Kind) throws -> JobBench? {
        switch kind {
        case .local: try JobBench()
        case .slurm: try .slurm()
        case .sge: try .gridEngine()
        case .ssh: try .ssh()
        }
    }

    @Test(arguments: Kind.allCases) func `the same job gives the same bytes, and names what failed`(kind: Kind) throws {
        guard let bench = try Self.bench(kind) else { return }
        let script = """
            if [ $ANTARES_TASK = 2 ]; then echo 'corrupt scene' >&2; exit 5; fi
            seq $ANTARES_TASK 1000 > tile.txt
            """
        let result = try bench.run(script, tasks: 4, ["--result", "tile.txt"])
        let job = try bench.job()
        #expect(result.status == 1 && job.phase == "ERROR", "\(result.errors)")
        #expect(job.tasks == .init(planned: 4, running: 0, done: 3, failed: 1))
        #expect(job.failures.map(\.tile) == ["task-2"])
        #expect(try bench.antares(["jobs", "log", job.id, "2"]).output.contains("corrupt scene"))
        for task in [1, 3, 4] {
            let text = try String(contentsOfFile: "\(job.folder)/results/\(task)/tile.txt", encoding: .utf8)
            #expect(text == (task...1000).map { "\($0)\n" }.joined())
        }
    }

    @Test(arguments: Kind.allCases) func `a cancelled job stops its tasks on the engine`(kind: Kind) throws {
        guard let bench = try Self.bench(kind) else { return }
        let script = """
            if [ $ANTARES_TASK = 1 ]; then exit 0; fi
            echo $$ >> \(bench.shared.path("pids")); exec sleep 300
            """
        let master = try bench.start(script, tasks: 3, ["--jobs", "2"])
        try bench.wait { bench.lines("pids").count == 2 }
        let job = try bench.job()
        _ = try bench.antares(["jobs", "cancel", job.id])
        #expect(try master.wait().status == 1)
        #expect(try bench.job().phase == "ABORTED")
        try bench.wait(30) { bench.lines("pids").allSatisfy { kill(pid_t($0) ?? 0, 0) != 0 } }
    }

    @Test(arguments: [Kind.slurm, .sge, .ssh]) func `a master that dies is taken over, and nothing runs twice`(
        kind: Kind
    ) throws {
        guard let bench = try Self.bench(kind) else { return }
        let script =
            "echo $ANTARES_TASK >> \(bench.shared.path("begun")); sleep 2; echo $ANTARES_TASK >> \(bench.shared.path("ran"))"
        let master = try bench.start(script, tasks: 5)
        try bench.wait { !bench.lines("begun").isEmpty }
        master.send(signal: SIGKILL)
        _ = try master.wait()
        let job = try bench.job()
        let result = try bench.antares(["jobs", "resume", job.id])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try bench.job().tasks == .init(planned: 5, running: 0, done: 5, failed: 0))
        if kind == .ssh {
            #expect(Set(bench.lines("ran")) == ["1", "2", "3", "4", "5"])
        } else {
            // The engine went on meanwhile.
            #expect(bench.lines("ran") == ["1", "2", "3", "4", "5"])
            #expect(bench.lines("begun") == ["1", "2", "3", "4", "5"])
        }
    }
}

/// Faults of a cluster, on a real Slurm of three nodes.
@Suite(.serialized)
struct SlurmJobTests {
    @Test func `a node that is killed loses no task`() throws {
        guard let bench = try JobBench.slurm("largest: {memory: 800M}\n") else { return }
        let script = """
            echo "$ANTARES_TASK $SLURMD_NODENAME" >> \(bench.shared.path("begun")); sleep 6
            echo $ANTARES_TASK >> \(bench.shared.path("ran"))
            """
        let master = try bench.start(script, tasks: 6)
        try bench.wait { bench.lines("begun").contains { $0.hasSuffix("n2") } }
        let stopped = try TestEngines.command("slurm.sh", ["stop-node", TestEngines.folder("slurm"), "n2"])
        #expect(stopped.status == 0, "\(stopped.errors)")
        // Slurm puts its tasks back into the queue, for two minutes unless somebody says otherwise.
        try bench.wait(100) {
            bench.hurryRequeued()
            return !master.isRunning
        }
        let result = try master.wait()
        _ = try TestEngines.command("slurm.sh", ["start-node", TestEngines.folder("slurm"), "n2"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try bench.job().tasks == .init(planned: 6, running: 0, done: 6, failed: 0))
        // A task that ended its work as its node died could not say so, and was run again.
        #expect(Set(bench.lines("ran")) == ["1", "2", "3", "4", "5", "6"])
        #expect(bench.lines("begun").count > 6)
    }

    @Test func `a task that Slurm ends for its memory gets more`() throws {
        guard let bench = try JobBench.slurm() else { return }
        let script = """
            echo "$ANTARES_TASK $ANTARES_ATTEMPT" >> \(bench.shared.path("ran"))
            if [ $ANTARES_TASK = 2 ]; then python3 -c 'import time; a = b"x" * 450_000_000; time.sleep(4)'; fi
            """
        let result = try bench.run(script, tasks: 2)
        #expect(result.status == 0, "\(result.errors)")
        #expect(bench.lines("ran") == ["1 1", "2 1", "2 2"])
    }

    @Test func `an array larger than the cluster takes is split`() throws {
        guard let bench = try JobBench.slurm("slurm: {max_array_size: 3}\n") else { return }
        let result = try bench.run("echo $ANTARES_TASK >> \(bench.shared.path("ran"))", tasks: 8)
        #expect(result.status == 0, "\(result.errors)")
        #expect(bench.lines("ran") == (1...8).map(String.init))
        let text = try String(contentsOfFile: "\(try bench.job().folder)/submissions.json", encoding: .utf8)
        #expect(text.components(separatedBy: "engineID").count == 4)
    }

    @Test func `what Slurm refuses ends the job with Slurm's own words`() throws {
        guard let bench = try JobBench.slurm("slurm: {partition: nowhere}\n") else { return }
        let result = try bench.run("exit 0", tasks: 2)
        #expect(result.status == 1)
        #expect(result.errors.contains("the engine refuses 'sbatch'"))
        #expect(result.errors.contains("Invalid partition name specified"))
        #expect(try bench.job().phase == "ERROR")
    }

    @Test func `a job of the same name that nobody wrote down is cancelled`() throws {
        guard let bench = try JobBench.slurm() else { return }
        let master = try bench.start("touch \(bench.shared.path("begun")); sleep 4", tasks: 1)
        try bench.wait { FileManager.default.fileExists(atPath: bench.shared.path("begun")) }
        master.send(signal: SIGKILL)
        _ = try master.wait()
        let job = try bench.job()
        let variables = bench.variables.mapValues { Optional($0) }
        let name = "--job-name=antares-\(job.id)-9"
        let stray = try run(
            "sbatch",
            ["--parsable", name, "-p", "held", "-o", "/dev/null", "--wrap", "sleep 300"],
            environment: variables
        )
        #expect(try bench.antares(["jobs", "resume", job.id]).status == 0)
        let number = stray.output.trimmingCharacters(in: .newlines)
        #expect(try run("squeue", ["-h", "-j", number, "-o", "%T"], environment: variables).output == "")
    }
}

/// Faults of a cluster, on a real Grid Engine.
@Suite(.serialized)
struct GridEngineJobTests {
    @Test func `a task that Grid Engine ends for its time gets more`() throws {
        guard let bench = try JobBench.gridEngine("resources: {time: 4s}\n") else { return }
        let script = """
            echo "$ANTARES_TASK $ANTARES_ATTEMPT" >> \(bench.shared.path("ran"))
            if [ $ANTARES_TASK = 2 ] && [ $ANTARES_ATTEMPT = 1 ]; then sleep 60; fi
            """
        let result = try bench.run(script, tasks: 2)
        #expect(result.status == 0, "\(result.errors)")
        #expect(bench.lines("ran") == ["1 1", "2 1", "2 2"])
        #expect(result.errors.contains("task 2 is tried again: needed more time than it was given"))
    }

    @Test func `a host that is not heard of any more loses no task`() throws {
        guard let bench = try JobBench.gridEngine() else { return }
        let script = """
            echo "$ANTARES_TASK $ANTARES_ATTEMPT" >> \(bench.shared.path("ran"))
            if [ $ANTARES_TASK = 2 ] && [ $ANTARES_ATTEMPT = 1 ]; then exec sleep 300; fi
            """
        let master = try bench.start(script, tasks: 2)
        try bench.wait { bench.lines("ran").contains("2 1") }
        #expect(try TestEngines.command("gridengine.sh", ["stop-node"]).status == 0)
        try bench.wait { master.errorsSoFar.contains("its machine was lost (nothing is heard of") || !master.isRunning }
        #expect(try TestEngines.command("gridengine.sh", ["start-node"]).status == 0)
        let result = try master.wait()
        #expect(result.status == 0, "\(result.errors)")
        #expect(bench.lines("ran") == ["1 1", "2 1", "2 2"])
        #expect(try bench.job().tasks == .init(planned: 2, running: 0, done: 2, failed: 0))
    }

    @Test func `what Grid Engine refuses ends the job with its own words`() throws {
        guard let variables = TestEngines.gridEngine else { return }
        let bench = try JobBench(cluster: "executor: sge\nsge: {parallel_environment: nowhere}\n", variables)
        let result = try bench.run("exit 0", tasks: 2)
        #expect(result.status == 1 && result.errors.contains("the engine refuses 'qsub'"))
        #expect(result.errors.contains("nowhere"))
    }
}

/// `antares cluster` on the real engines.
@Suite(.serialized)
struct ClusterCommandTests {
    @Test(arguments: ["slurm", "sge", "ssh"]) func `a file written for the engine that is found passes its check`(
        engine: String
    ) throws {
        let found: TestEngines.Variables? =
            switch engine {
            case "slurm": TestEngines.slurm
            case "sge": TestEngines.gridEngine
            default: TestEngines.ssh
            }
        guard let variables = found else { return }
        let bench = try JobBench(cluster: nil, variables)
        let file = bench.shared.path("new.yaml")
        // Programs of both engines are installed here; the one that can be asked is found.
        var words = ["cluster", "init"]
        if engine == "ssh" { words += ["--host", "127.0.0.1:2", "--key", variables["SSH_KEY"] ?? "", "--no-check"] }
        if engine == "slurm" { words += ["--queue", "short", "--no-check"] }
        if engine == "sge" { words += ["--queue", "main.q", "--no-check"] }
        let made = try bench.antares(words + [file])
        #expect(made.status == 0, "\(made.errors)")
        #expect(try ClusterFile.read(file).executor.rawValue == engine)
        // What a test's engine has less of than a cluster: memory, time, and a port of its own.
        var text = try String(contentsOfFile: file, encoding: .utf8)
        text = text.replacing("4GB", with: "300M").replacing("2h", with: "5m")
        if engine == "ssh" {
            let known = "[-o, UserKnownHostsFile=\(TestEngines.folder("ssh"))/known_hosts]"
            text = text.replacing("ssh:\n", with: "ssh:\n  port: \(variables["SSH_PORT"] ?? "")\n  options: \(known)\n")
        }
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let check = try bench.antares(["cluster", "check", file])
        #expect(check.status == 0, "\(check.errors)\(check.output)\n\(text)")
        #expect(check.output.contains("clock on") && check.output.contains("version on"))
        #expect(!check.output.contains("MISSING"))
    }

    @Test func `a test job that the engine never begins is named with the engine's reason`() throws {
        guard let variables = TestEngines.slurm else { return }
        let bench = try JobBench(cluster: nil, variables)
        let text = "executor: slurm\nresources: {memory: 300M, time: 5m}\nslurm: {partition: held}\n"
        let check = try bench.antares(["cluster", "check", try bench.shared.write(text, to: "held.yaml")])
        #expect(check.status == 78 && check.errors.contains("is not ready: test job"), "\(check.errors)")
        #expect(check.output.contains("the engine does not begin it (PartitionDown)"), "\(check.output)")
        #expect(try run("squeue", ["-h", "-p", "held"], environment: variables.mapValues { $0 }).output == "")
    }

    @Test func `a cluster that is not ready is said to be so, with what is missing`() throws {
        let bench = try JobBench()
        let file = try bench.shared.write("executor: local\nantares: /no/such/antares\n", to: "wrong.yaml")
        let check = try bench.antares(["cluster", "check", file])
        #expect(check.status == 78)
        #expect(check.output.contains("MISSING") && check.output.contains("/no/such/antares"))
        #expect(check.errors.contains("is not ready"))
    }

    @Test func `a file that is there is not replaced unless that is asked for`() throws {
        let bench = try JobBench()
        let file = try bench.shared.write("executor: local\n", to: "mine.yaml")
        let words = ["cluster", "init", "--executor", "local", "--no-check", file]
        #expect(try bench.antares(words).status == 1)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "executor: local\n")
        #expect(try bench.antares(words + ["--overwrite"]).status == 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("shared_folder: \(bench.shared.path)"))
    }
}
