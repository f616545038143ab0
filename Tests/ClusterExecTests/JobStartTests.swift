import Foundation
import Jobs
import Postgres
import TestSupport
import Testing

@testable import ClusterExec

/// Jobs that a service makes in the store and that `antares jobs start` runs.
struct JobStartTests {
    /// A program with a store of its own, in which jobs are made as a service makes them.
    private struct Bench {
        let jobs: JobBench
        let store: any JobStore

        init(_ jobs: JobBench) throws {
            self.jobs = jobs
            let file = jobs.program.home.path(".local/share/antares/jobs.sqlite")
            store = try SQLiteJobStore(opening: URL(fileURLWithPath: file))
        }

        func folder(_ id: String) -> JobFolder { JobFolder(sharedFolder: jobs.shared.path, job: id) }

        /// A job that waits to be run.
        func make(
            _ kind: String,
            _ parameters: [String: String],
            script: ScriptRequest? = nil,
            executionDuration: Int = 0
        ) async throws -> Job {
            let id = Job.makeID()
            if let script { try folder(id).write(script) }
            var job = Job(
                id: id,
                kind: kind,
                ownerID: "ana",
                executionDuration: executionDuration,
                parameters: parameters.sorted { $0.key < $1.key }.map { JobParameter($0.key, $0.value) },
                folder: folder(id).path
            )
            try job.move(to: .queued, by: .run)
            try await store.add(job)
            return job
        }

        func start(_ job: Job, _ options: [String]? = nil) throws -> ShellResult {
            try jobs.antares(["jobs", "start", job.id] + (options ?? jobs.options))
        }

        func ended(_ job: Job) async throws -> Job { try #require(try await store.job(job.id)) }

        func script(_ text: String, results: [ScriptRequest.Result] = []) throws -> ScriptRequest {
            let path = try jobs.shared.write("#!/bin/bash\n" + text, to: "user.sh")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            return ScriptRequest(program: path, results: results)
        }
    }

    private static let scenes = [
        "simulate", "--out", "s", "--lon", "-103.4", "--lat", "20.6", "--size-km", "2", "--tiles", "1", "--seed", "7",
        "--resolutions", "60", "--points", "2", "--dates", "2017-01-15",
    ]

    @Test func `a command runs with the job's parameters, and what it writes and prints are the job's results`()
        async throws
    {
        let bench = try Bench(try JobBench())
        #expect(try bench.jobs.antares(Self.scenes).status == 0)
        let job = try await bench.make(
            "prepare_metadata",
            [
                "path": bench.jobs.program.home.path("s/scenes"), "dataset-name": "s2_l2a_60m", "OUTFILE": "made.yaml",
            ]
        )
        let result = try bench.start(job)
        #expect(result.status == 0, "\(result.errors)")
        let ended = try await bench.ended(job)
        #expect(ended.phase == .completed && ended.ownerID == "ana" && ended.startTime != nil && ended.endTime != nil)
        #expect(ended.tiles == JobProgress(planned: 1, done: 1))
        let made = try #require(ended.results.first { $0.id == "documents" })
        let place = bench.folder(job.id).results + "/made.yaml"
        let size = try FileManager.default.attributesOfItem(atPath: place)[.size] as? Int
        #expect(made.href == place && made.contentType == "application/yaml" && made.size == size)
        let output = try #require(ended.results.first { $0.id == "output" })
        #expect(output.contentType == "application/json")
        let text = try String(contentsOfFile: output.href, encoding: .utf8)
        #expect(text.contains(#""documents" : 1"#), "\(text)")
        #expect(Set(ended.results.map(\.id)).count == ended.results.count)
        // The job has ended: nothing runs it a second time.
        #expect(try bench.start(job).errors.contains("it is COMPLETED"))
    }

    @Test(
        arguments: [
            ("prepare_metadata", ["path": "/", "outfile": "../made.yaml"], "'outfile'"),
            ("prepare_metadata", ["path": "/", "outfile": "/tmp/made.yaml"], "'outfile'"),
            ("prepare_metadata", ["path": "/", "outfile": "m.yaml", "log_file": "x"], "knows no parameter 'log_file'"),
            ("prepare_metadata", ["path": "/none\n--format=eo", "outfile": "m.yaml"], "'/none' does not exist"),
            ("prepare_metadata", ["path": "--format=eo", "outfile": "m.yaml"], "--format=eo'"),
            ("prepare_metadata", ["outfile": "m.yaml"], "--path"),
            ("no_command", [:], "no such command"),
        ]
    )
    func `a job whose parameters are wrong ends in ERROR and says why`(
        kind: String,
        parameters: [String: String],
        reason: String
    ) async throws {
        let bench = try Bench(try JobBench())
        let job = try await bench.make(kind, parameters)
        #expect(try bench.start(job).status != 0)
        let ended = try await bench.ended(job)
        #expect(ended.phase == .error)
        #expect(ended.errorSummary?.message.contains(reason) == true, "\(ended.errorSummary?.message ?? "")")
        #expect(!FileManager.default.fileExists(atPath: bench.folder(job.id).results + "/m.yaml"))
    }

    @Test func `what the command of a job says is among the job's logs`() async throws {
        let bench = try Bench(try JobBench())
        let job = try await bench.make("prepare_metadata", ["path": "/none", "outfile": "m.yaml"])
        #expect(try bench.start(job).status != 0)
        let log = try bench.jobs.antares(["jobs", "log", job.id])
        #expect(log.output.hasPrefix("== command\n") && log.output.contains("'/none' does not exist"), "\(log.output)")
    }

    @Test(arguments: EngineJobTests.Kind.allCases)
    func `a user's program finds its parameters, and what it leaves is found by the patterns of its results`(
        kind: EngineJobTests.Kind
    ) async throws {
        let jobs: JobBench? =
            switch kind {
            case .local: try JobBench()
            case .slurm: try .slurm()
            case .sge: try .gridEngine()
            case .ssh: try .ssh()
            }
        guard let jobs else { return }
        let bench = try Bench(jobs)
        let upload = try jobs.shared.write("uploaded", to: "upload.txt")
        var script = try bench.script(
            """
            echo "spoken"; echo "complained" >&2
            printf '%s' "$ANTARES_PARAM_QUOTED_TEXT" > quoted.txt
            mkdir maps; cp "$ANTARES_PARAM_IMAGE" maps/a.png; cp "$ANTARES_PARAMETERS" maps/b.png
            ln -s /etc/passwd linked.txt; echo left > left.bin
            """,
            results: [
                .init("quoted", pattern: "q*.txt"), .init("maps", pattern: "maps/*.png"),
                .init("links", pattern: "linked.txt"), .init("never", pattern: "*.tif"),
            ]
        )
        script.inputs = [upload]
        let text = "$(id) \"'; rm -rf / `id`\n--x"
        let job = try await bench.make("mine", ["quoted.text": text, "image": upload], script: script)
        let result = try bench.start(job)
        #expect(result.status == 0, "\(result.errors)")
        let ended = try await bench.ended(job)
        #expect(ended.phase == .completed)
        #expect(ended.results.map(\.id) == ["stdout", "stderr", "quoted", "maps-1", "maps-2"])
        try #require(ended.results.count == 5)
        let texts = try ended.results.map { try String(contentsOfFile: $0.href, encoding: .utf8) }
        #expect(Array(texts.prefix(4)) == ["spoken\n", "complained\n", text, "uploaded"])
        let parameters = try JSONDecoder().decode([String: String].self, from: Data(texts[4].utf8))
        #expect(parameters["quoted.text"] == text)
        #expect(
            ended.results.map(\.contentType) == ["text/plain", "text/plain", "text/plain", "image/png", "image/png"]
        )
        #expect(ended.results.map(\.size) == texts.map { $0.utf8.count })
    }

    @Test func `a user's program that fails says so with the last line that it printed`() async throws {
        let bench = try Bench(try JobBench())
        let job = try await bench.make("mine", [:], script: try bench.script("echo 'no such band' >&2; exit 3"))
        #expect(try bench.start(job).status == 1)
        let ended = try await bench.ended(job)
        #expect(ended.phase == .error)
        #expect(ended.errorSummary?.message.contains("ended with 3: no such band") == true)
        #expect(ended.results.map(\.id).contains("stderr"))
    }

    @Test func `a job that is aborted or has had its time stops, and leaves no process`() async throws {
        let bench = try Bench(try JobBench())
        let pipe = try bench.jobs.shared.write("", to: "borders.geojson")
        unlink(pipe)
        // Whoever reads it waits for ever.
        #expect(mkfifo(pipe, 0o600) == 0)
        for isAborted in [true, false] {
            let duration = isAborted ? 0 : 2
            let script = try bench.script("echo $$ > \(bench.jobs.shared.path("pid")); exec sleep 600")
            let program = try await bench.make("mine", [:], script: script, executionDuration: duration)
            var jobs = [program]
            if !isAborted {
                jobs.append(
                    try await bench.make(
                        "rasterize_vector_file",
                        ["file": pipe, "path": "masks", "prefix": "m", "res": "10", "tile": "100"],
                        executionDuration: duration
                    )
                )
            }
            for job in jobs {
                let master = try bench.jobs.program.start(
                    ["jobs", "start", job.id] + bench.jobs.options,
                    environment: bench.jobs.variables
                )
                while try await bench.ended(job).phase == .queued, master.isRunning { usleep(50_000) }
                if isAborted {
                    try await bench.store.change(job.id) { try $0.move(to: .aborted, by: .abort) }
                }
                let result = try master.wait()
                #expect(result.status == 1 && result.errors.contains("ended in ABORTED"), "\(result.errors)")
                let ended = try await bench.ended(job)
                #expect(ended.phase == .aborted && ended.endTime != nil)
            }
            let pid = try #require(bench.jobs.lines("pid").first.flatMap { pid_t($0) })
            try bench.jobs.wait { kill(pid, 0) != 0 }
        }
        #expect(try await bench.store.abandoned().isEmpty)
    }
}

extension TileJobTests {
    /// A job of nine tiles, the last of which nobody can make, as a service makes it.
    private func makeJob(_ bench: TileBench) async throws -> (store: any JobStore, id: String) {
        #expect(try bench.antares(["jobs", "list"]).status == 0)  // makes the store's tables
        let store = PostgresJobStore(try await ConnectionPool(bench.database))
        let id = Job.makeID()
        let parameters = [
            "recipe": "s2_20m_001", "begin": "2017-01-01", "end": "2017-12-31", "lat": "20.5 20.7",
            "long": "-103.5 -103.3", "name": "yearly", "tiles_per_task": "1",
        ]
        let folder = JobFolder(sharedFolder: bench.jobs.shared.path, job: id).path
        let given = parameters.map { JobParameter($0.key, $0.value) }
        try await store.add(Job(id: id, kind: "apply_recipe", ownerID: "ana", parameters: given, folder: folder))
        return (store, id)
    }

    @Test func `a job of tiles whose program is killed goes on when it is started again, and lists what it made`()
        async throws
    {
        guard let bench = try Self.bench(.local, .tiles) else { return }
        let obstacle = try Obstacle(at: try #require(try TileBench.ingested().sorted().last))
        defer { try? obstacle.remove() }
        let (store, id) = try await makeJob(bench)
        let first = try bench.start(["jobs", "start", id])
        try bench.jobs.wait { (try? bench.rows("yearly").count) == 8 || !first.isRunning }
        let phase = try await store.job(id)?.phase
        #expect(first.isRunning && phase == .executing, "\(first.errorsSoFar)")
        #expect(try await store.abandoned().isEmpty)
        first.send(signal: SIGKILL)
        _ = try first.wait()
        #expect(try await store.abandoned().map(\.id) == [id])
        try obstacle.remove()
        let result = try bench.run(["jobs", "start", id])
        #expect(result.status == 0, "\(result.errors)")
        let ended = try #require(try await store.job(id))
        #expect(ended.phase == .completed && ended.tiles == JobProgress(planned: 9, done: 9))
        #expect(try bench.rows("yearly") == (try Self.recipeAlone()))
        let files = Set(bench.files().keys.map { ($0 as NSString).lastPathComponent })
        #expect(Set(ended.results.map(\.id)) == files.union(["tiles", "output", "log"]))
        #expect(ended.results.allSatisfy { $0.size == FileManager.default.contents(atPath: $0.href)?.count })
    }

    @Test func `a job of tiles that is aborted takes its tasks back from the cluster and keeps what is done`()
        async throws
    {
        guard let bench = try Self.bench(.slurm, .tiles) else { return }
        let obstacle = try Obstacle(at: try #require(try TileBench.ingested().sorted().last))
        defer { try? obstacle.remove() }
        let (store, id) = try await makeJob(bench)
        let program = try bench.start(["jobs", "start", id])
        try bench.jobs.wait { (try? bench.rows("yearly").count) == 8 || !program.isRunning }
        try await store.change(id) { try $0.move(to: .aborted, by: .abort) }
        let result = try program.wait()
        #expect(result.status == 1 && result.errors.contains("ended in ABORTED"), "\(result.errors)")
        #expect(try await store.job(id)?.tiles == JobProgress(planned: 9, done: 8))
        let variables = bench.jobs.variables.mapValues { Optional($0) }
        try bench.jobs.wait {
            try !TestSupport.run("squeue", ["-h", "-o", "%j"], environment: variables).output.contains(id)
        }
    }
}
