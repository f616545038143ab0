import Foundation
import TestSupport
import Testing

/// Tiles as tasks, on the real engines: what the commands make in one program, they make everywhere.
@Suite(.serialized)
struct TileJobTests {
    static func bench(_ kind: EngineJobTests.Kind, _ content: TileBench.Content) throws -> TileBench? {
        try TileBench.make(content) { variables in
            switch kind {
            case .local: try JobBench(cluster: nil, variables)
            case .slurm: try .slurm(memory: "900M", variables)
            case .sge: try .gridEngine("", variables)
            case .ssh: try .ssh(variables)
            }
        }
    }

    private static let export = ["export", "-n", "s2_l2a_20m_mexico", "-b", "blue", "-o", "tiles/whole.tif"]
    private static let composite = [
        "composite", "-p", "s2_l2a_20m_mexico", "-b", "blue", "--reduce", "max", "--period", "P3M", "-o",
        "tiles/max.tif",
    ]

    /// What one program alone makes.
    private static let alone = Result {
        guard let bench = try bench(.local, .scenes) else { throw TestFailure("no PostgreSQL") }
        for words in [TileBench.ingest, TileBench.recipe, composite, export] {
            let result = try bench.antares(words)
            guard result.status == 0 else { throw TestFailure("\(words): \(result.errors)") }
        }
        return (
            files: bench.files(), tiles: try bench.rows("s2_l2a_20m_mexico"), yearly: try bench.rows("yearly")
        )
    }

    @Test(arguments: EngineJobTests.Kind.allCases)
    func `the main job makes the same bytes and the same rows through every engine`(kind: EngineJobTests.Kind) throws {
        guard let bench = try Self.bench(kind, .scenes) else { return }
        let alone = try Self.alone.get()
        let ingested = try bench.run(TileBench.ingest, ["--tiles-per-task", "7"])
        #expect(ingested.status == 0, "\(ingested.errors)")
        #expect(ingested.output.contains("27 tiles written, 0 already there"), "\(ingested.output)")
        let job = try bench.jobs.job()
        #expect(job.phase == "COMPLETED" && job.tasks.planned == 4 && job.tiles?.done == 27)
        let applied = try bench.run(TileBench.recipe, ["--tiles-per-task", "2"])
        #expect(applied.status == 0, "\(applied.errors)")
        for words in [Self.export, Self.composite] {
            let result = try bench.run(words)
            #expect(result.status == 0, "\(result.errors)")
        }
        let files = bench.files()
        #expect(files.keys.sorted() == alone.files.keys.sorted())
        for (name, bytes) in alone.files { #expect(files[name] == bytes, "\(name) differs") }
        #expect(try bench.rows("s2_l2a_20m_mexico") == alone.tiles)
        #expect(try bench.rows("yearly") == alone.yearly)
        // Nothing is left to do, so that no job is made.
        #expect(try bench.run(TileBench.recipe).output.contains("0 tiles written, 9 already there"))
        #expect(try bench.jobs.job().tiles?.planned == 3)
    }

    @Test func `an input that cannot be read fails its tile alone, is not tried again, and is named`() throws {
        guard let bench = try Self.bench(.slurm, .tiles) else { return }
        let broken = try #require(try TileBench.ingested().sorted().last)
        let whole = try Data(contentsOf: URL(fileURLWithPath: broken))
        try whole.prefix(3000).write(to: URL(fileURLWithPath: broken))
        defer { try? whole.write(to: URL(fileURLWithPath: broken)) }
        let result = try bench.run(TileBench.recipe, ["--tiles-per-task", "3"])
        #expect(result.status == 1)
        #expect(result.output.contains("8 tiles written, 0 already there, 1 failed"), "\(result.output)")
        let job = try bench.jobs.job()
        #expect(job.phase == "ERROR" && job.tiles == .init(planned: 9, running: 0, done: 8, failed: 1))
        let failure = try #require(job.failures.first)
        #expect(job.failures.count == 1 && failure.tile?.hasPrefix("tile (") == true)
        #expect(failure.reason.contains(broken), "\(failure.reason)")
        #expect(try job.status(failure.task)["attempt"] as? Int == 1)
        #expect(try bench.rows("yearly").count == 8)
        let follow = try bench.antares(["jobs", "follow", job.id])
        #expect(follow.output.contains("8 done, 1 failed, 0 running, of 9"))
        #expect(follow.output.contains("failed: task \(failure.task), \(failure.tile ?? "")"))

        try whole.write(to: URL(fileURLWithPath: broken))
        let again = try bench.antares(["jobs", "retry-failed", job.id])
        #expect(again.status == 0, "\(again.errors)")
        #expect(try bench.jobs.job().tiles == .init(planned: 1, running: 0, done: 1, failed: 0))
        #expect(try bench.rows("yearly") == (try Self.recipeAlone()))
    }

    /// Rows of the recipe over the base's tiles, made by one program.
    static func recipeAlone() throws -> [String] { try recipeRows.get() }

    private static let recipeRows = Result {
        guard let bench = try bench(.local, .tiles) else { throw TestFailure("no PostgreSQL") }
        let result = try bench.antares(TileBench.recipe)
        guard result.status == 0 else { throw TestFailure("\(result.errors)") }
        return try bench.rows("yearly")
    }

    @Test func `a node that is killed loses no tile and doubles none`() throws {
        guard let bench = try Self.bench(.slurm, .tiles) else { return }
        let obstacle = try Obstacle(at: try #require(try TileBench.ingested().sorted().last))
        defer { try? obstacle.remove() }
        let master = try bench.start(TileBench.recipe, ["--tiles-per-task", "1"])
        try bench.jobs.wait { (try? bench.rows("yearly").count) == 8 || !master.isRunning }
        #expect(master.isRunning, "\(master.errorsSoFar)")
        let host = try #require(try bench.runningHosts().first)
        let folder = TestEngines.folder("slurm")
        let stopped = try TestEngines.command("slurm.sh", ["stop-node", folder, host])
        #expect(stopped.status == 0, "\(stopped.errors)")
        try obstacle.remove()
        try bench.jobs.wait(100) {
            bench.jobs.hurryRequeued()
            return !master.isRunning
        }
        let result = try master.wait()
        _ = try TestEngines.command("slurm.sh", ["start-node", folder, host])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try bench.jobs.job().tiles == .init(planned: 9, running: 0, done: 9, failed: 0))
        #expect(try bench.rows("yearly") == (try Self.recipeAlone()))
    }

    @Test func `a task that is ended for its memory makes its tiles with more`() throws {
        guard let bench = try Self.bench(.local, .tiles) else { return }
        let obstacle = try Obstacle(at: try #require(try TileBench.ingested().sorted().last))
        defer { try? obstacle.remove() }
        let master = try bench.start(
            TileBench.recipe,
            ["--tiles-per-task", "3", "--task-memory", "20M", "--retries", "6"]
        )
        try bench.jobs.wait { master.errorsSoFar.contains("needed more memory than it was given") || !master.isRunning }
        try obstacle.remove()
        let result = try master.wait()
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("is tried again: needed more memory than it was given"))
        #expect(try bench.jobs.job().tiles == .init(planned: 9, running: 0, done: 9, failed: 0))
        #expect(try bench.rows("yearly") == (try Self.recipeAlone()))
    }

    @Test(.enabled(if: getuid() == 0)) func `a disk that is full fails the tiles that do not fit, until there is room`()
        throws
    {
        guard let bench = try Self.bench(.local, .tiles) else { return }
        let disk = bench.tiles + "/recipes"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        let mounted = try run("mount", ["-t", "tmpfs", "-o", "size=2500k", "tmpfs", disk])
        try #require(mounted.status == 0, "\(mounted.errors)")
        defer { _ = try? run("umount", ["-l", disk]) }
        let result = try bench.run(TileBench.recipe, ["--tiles-per-task", "3", "--jobs", "1", "--retries", "1"])
        #expect(result.status == 1)
        let job = try bench.jobs.job()
        let failed = job.tiles?.failed ?? 0
        #expect(failed > 0 && job.failures.count == failed && (job.tiles?.done ?? 0) > 0)
        #expect(job.failures.allSatisfy { $0.reason.contains("No space left on device") })
        #expect(try job.status(job.failures[0].task)["attempt"] as? Int == 2)
        #expect(try bench.rows("yearly").count == 9 - failed)
        #expect(bench.files().keys.filter { $0.contains("partial") } == [])
        #expect(try run("mount", ["-o", "remount,size=100m", disk]).status == 0)
        let again = try bench.antares(["jobs", "retry-failed", job.id])
        #expect(again.status == 0, "\(again.errors)")
        #expect(try bench.jobs.job().tiles == .init(planned: failed, running: 0, done: failed, failed: 0))
        #expect(try bench.rows("yearly") == (try Self.recipeAlone()))
    }

    @Test(arguments: EngineJobTests.Kind.allCases)
    func `a master that is killed is taken over, and every tile is indexed once`(kind: EngineJobTests.Kind) throws {
        guard let bench = try Self.bench(kind, .tiles) else { return }
        let master = try bench.start(TileBench.recipe, ["--tiles-per-task", "1", "--jobs", "2"])
        try bench.jobs.wait { !bench.files().isEmpty || !master.isRunning }
        master.send(signal: SIGKILL)
        _ = try master.wait()
        let job = try bench.jobs.job()
        let result = try bench.antares(["jobs", "resume", job.id])
        #expect(result.status == 0, "\(result.errors)")
        #expect(try bench.jobs.job().tiles == .init(planned: 9, running: 0, done: 9, failed: 0))
        #expect(try bench.rows("yearly") == (try Self.recipeAlone()))
        #expect(bench.files().count == 9)
    }

    @Test func `a job that is cancelled half-way keeps what is done, and the same command goes on`() throws {
        guard let bench = try Self.bench(.slurm, .tiles) else { return }
        let obstacle = try Obstacle(at: try #require(try TileBench.ingested().sorted().last))
        defer { try? obstacle.remove() }
        let master = try bench.start(TileBench.recipe, ["--tiles-per-task", "1"])
        try bench.jobs.wait { (try? bench.rows("yearly").count) == 8 || !master.isRunning }
        let job = try bench.jobs.job()
        #expect(try bench.antares(["jobs", "cancel", job.id]).status == 0)
        let ended = try master.wait()
        #expect(ended.status == 1 && ended.errors.contains("ended in ABORTED"), "\(ended.errors)")
        #expect(bench.files().keys.filter { !$0.contains("partial") }.count == 8)
        try obstacle.remove()
        let result = try bench.run(TileBench.recipe)
        #expect(result.output.contains("1 tile written, 8 already there"), "\(result.output)\(result.errors)")
        #expect(try bench.rows("yearly") == (try Self.recipeAlone()))
    }

    @Test func `scenes are described by tasks as by one program, and a damaged one again when it is mended`() throws {
        guard let bench = try Self.bench(.slurm, .scenes) else { return }
        let scenes = try bench.copyScenes()
        let files = TemporaryFolder.files(below: scenes.folder).filter { $0.hasSuffix("MTD_TL.xml") }
        let damaged = "\(scenes.folder)/\(try #require(files.first))"
        let whole = try Data(contentsOf: URL(fileURLWithPath: damaged))
        try Data("<none/>".utf8).write(to: URL(fileURLWithPath: damaged))
        let words = [
            "prepare_metadata", "--path", "s/scenes", "--dataset_name", "s2_l2a_20m", "--outfile", "made.yaml",
        ]
        let result = try bench.run(words, ["--scenes-per-task", "2"])
        #expect(result.status == 1)
        #expect(
            result.output.contains("2 scenes written to \(bench.jobs.program.home.path("made.yaml")), 1 left out"),
            "\(result.output)\(result.errors)"
        )
        let job = try bench.jobs.job()
        #expect(job.phase == "ERROR" && job.tiles == .init(planned: 3, running: 0, done: 2, failed: 1))
        #expect(job.failures.count == 1 && job.failures[0].tile?.hasPrefix("scene \(scenes.folder)/") == true)
        try whole.write(to: URL(fileURLWithPath: damaged))
        let again = try bench.antares(["jobs", "retry-failed", job.id])
        #expect(again.status == 0, "\(again.errors)")
        let made = try String(contentsOfFile: bench.jobs.program.home.path("made.yaml"), encoding: .utf8)
        #expect(made == scenes.documents)
    }

    @Test func `many tiles are shared out by the time of the first, and a detached job ends by itself`() throws {
        guard let bench = try Self.bench(.local, .scenes) else { return }
        let result = try bench.run(TileBench.ingest, ["--jobs", "1", "--detach"])
        #expect(result.status == 0, "\(result.errors)")
        let id = result.output.trimmingCharacters(in: .newlines)
        try bench.jobs.wait(120) { try bench.jobs.job().phase == "COMPLETED" }
        let job = try bench.jobs.job()
        #expect(job.id == id && job.tiles == .init(planned: 26, running: 0, done: 26, failed: 0))
        let size = try #require(job.parameters.first { $0.name == "tiles_per_task" }.flatMap { Int($0.value) })
        #expect((2...6).contains(size) && job.tasks.planned == (26 + size - 1) / size)
        #expect(try bench.rows("s2_l2a_20m_mexico").count == 27)
    }

    @Test func `a job is resumed with the index that it was started with`() throws {
        guard let bench = try Self.bench(.local, .tiles), let other = try Self.bench(.local, .tiles) else { return }
        let master = try bench.start(TileBench.recipe, ["--tiles-per-task", "1", "--jobs", "1"])
        try bench.jobs.wait { !bench.files().isEmpty || !master.isRunning }
        master.send(signal: SIGKILL)
        _ = try master.wait()
        let job = try bench.jobs.job()
        // The job is found in the first database, the index would be the other.
        let (own, index) = (bench.jobs.variables, other.jobs.variables)
        var mixed = own.merging(["DB_DATABASE": index["DB_DATABASE"] ?? ""]) { $1 }
        for (name, key) in [("NAME", "DATABASE"), ("HOST", "HOSTNAME"), ("PORT", "PORT"), ("USER", "USERNAME")] {
            mixed["DATABASE_\(name)"] = own["DB_\(key)"]
        }
        let result = try bench.jobs.program.run(["jobs", "resume", job.id], environment: mixed)
        #expect(result.status == 78 && result.errors.contains("Give the -E and -C that it was started with"))
        #expect(try other.rows("yearly") == [])
        #expect(try bench.antares(["jobs", "resume", job.id]).status == 0)
        #expect(try bench.rows("yearly").count == 9)
    }
}

extension TileBench {
    /// Where tasks of the newest job run.
    func runningHosts() throws -> [String] {
        let folder = try jobs.job().folder + "/status"
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".running.json") }
            .compactMap { FileManager.default.contents(atPath: "\(folder)/\($0)") }
            .compactMap { try JSONSerialization.jsonObject(with: $0) as? [String: Any] }
            .compactMap { $0["host"] as? String }
    }
}

extension JobBench {
    /// Lets tasks begin at once that Slurm has put back into the queue: it waits two minutes unless somebody says otherwise.
    func hurryRequeued() {
        let variables = variables.mapValues { Optional($0) }
        let waiting = try? TestSupport.run("squeue", ["-h", "-t", "PD", "-o", "%i"], environment: variables).output
        for id in (waiting ?? "").split(whereSeparator: \.isWhitespace) {
            _ = try? TestSupport.run("scontrol", ["update", "jobid=\(id)", "starttime=now"], environment: variables)
        }
    }
}
