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
        guard let jobs = try EngineJobTests.bench(kind) else { return }
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

    @Test(arguments: EngineJobTests.Kind.allCases)
    func `a user's program that fails says so with the last line that it printed, and is not tried again`(
        kind: EngineJobTests.Kind
    ) async throws {
        guard let jobs = try EngineJobTests.bench(kind) else { return }
        let bench = try Bench(jobs)
        let script = "echo $ANTARES_ATTEMPT >> \(jobs.shared.path("ran")); echo 'no such band' >&2; exit 3"
        let job = try await bench.make("mine", [:], script: try bench.script(script))
        #expect(try bench.start(job).status == 1)
        let ended = try await bench.ended(job)
        #expect(ended.phase == .error)
        let message = ended.errorSummary?.message ?? ""
        #expect(message.contains("ended with 3: no such band"), "\(message)")
        #expect(ended.results.map(\.id).contains("stderr"))
        #expect(jobs.lines("ran") == ["1"])
    }

    @Test(arguments: EngineJobTests.Kind.allCases)
    func `a user's program has a short environment of its own on every engine, with its parameters by their own names`(
        kind: EngineJobTests.Kind
    ) async throws {
        guard var jobs = try EngineJobTests.bench(kind) else { return }
        jobs.variables["MY_TOKEN"] = "the-secret"
        let bench = try Bench(jobs)
        let file = try jobs.shared.write("uploaded", to: "upload.txt")
        var script = try bench.script(
            "compgen -e > names.txt; cat \"$image\" > image.txt; printf '%s' \"$text\" > text.txt; pwd > place.txt\n"
                + "env > all.txt; printf '%s' \"$HOME\" > home.txt",
            results: ["names", "image", "text", "place", "all", "home"].map { .init($0, pattern: "\($0).txt") }
        )
        (script.inputs, script.links, script.values) = ([file], ["scene.txt": file], ["image": file])
        script.environment = ["text": "é \"b\" $c", "image": "\(ScriptTask.inputFolder)/scene.txt"]
        let job = try await bench.make("mine", ["text": "é \"b\" $c", "image": "scene"], script: script)
        let result = try bench.start(job)
        #expect(result.status == 0, "\(result.errors)")
        let ended = try await bench.ended(job)
        let texts = try Dictionary(
            uniqueKeysWithValues: ended.results.map { ($0.id, try String(contentsOfFile: $0.href, encoding: .utf8)) }
        )
        #expect(texts["image"] == "uploaded" && texts["text"] == "é \"b\" $c")
        #expect(texts["home"].map { "\($0)\n" } == texts["place"])
        #expect(texts["all"]?.contains("the-secret") == false)
        let names = Set((texts["names"] ?? "").split(separator: "\n").map(String.init))
        #expect(
            names.subtracting(["PWD", "OLDPWD", "SHLVL", "_"]) == [
                "PATH", "HOME", "LANG", "TZ", "text", "image", "ANTARES_JOB", "ANTARES_TASK", "ANTARES_ATTEMPT",
                "ANTARES_RESULTS", "ANTARES_TILES", "ANTARES_PARAM_TEXT", "ANTARES_PARAM_IMAGE", "ANTARES_PARAMETERS",
            ],
            "\(names.sorted())"
        )
    }

    @Test func `what a parameter names is looked at again when the job starts`() async throws {
        let bench = try Bench(try JobBench())
        let data = try TemporaryFolder()
        _ = try data.write("x", to: "open/scene/a.txt")
        _ = try data.write("x", to: "secret/a.txt")
        var ends: [Job] = []
        for isSwapped in [false, true] {
            let job = try await bench.make("prepare_metadata", ["path": data.path("open/scene"), "outfile": "m.yaml"])
            try await bench.store.change(job.id) { $0.places = JobPlaces(reads: [data.path("open")]) }
            if isSwapped {
                try FileManager.default.removeItem(atPath: data.path("open/scene"))
                try FileManager.default.createSymbolicLink(
                    atPath: data.path("open/scene"),
                    withDestinationPath: data.path("secret")
                )
            }
            #expect(try bench.start(job).status != 0)
            ends.append(try await bench.ended(job))
        }
        #expect(ends.allSatisfy { $0.phase == .error })
        let messages = ends.map { $0.errorSummary?.message ?? "" }
        // There is no scene in it, which only the one who may look finds.
        #expect(!messages[0].contains("is not below"), "\(messages[0])")
        #expect(
            messages[1].contains("'path'") && messages[1].contains("is not below a folder that the job may read"),
            "\(messages[1])"
        )
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
    @Test func `an ingestion writes below the folders of its job alone, whatever its document says and links lead to`()
        async throws
    {
        guard let bench = try Self.bench(.local, .scenes) else { return }
        #expect(try bench.antares(["jobs", "list"]).status == 0)  // makes the store's tables
        let store = PostgresJobStore(try await ConnectionPool(bench.database))
        let home = bench.jobs.program.home
        let text = try String(contentsOfFile: home.path("ingestion.yaml"), encoding: .utf8)
        func ended(_ document: String, writes: [String], before: () throws -> Void = {}) async throws -> (Job, String) {
            let id = Job.makeID()
            let folder = JobFolder(sharedFolder: bench.jobs.shared.path, job: id).path
            let file = try bench.jobs.shared.write(document, to: "jobs/\(id)/uploads/config-file/a.yaml")
            let given = [JobParameter("config-file", file, isByReference: true), JobParameter("tiles-per-task", "9")]
            var job = Job(id: id, kind: "ingest", ownerID: "ana", parameters: given, folder: folder)
            job.places = JobPlaces(writes: writes)
            try await store.add(job)
            try before()
            let errors = try bench.run(["jobs", "start", id]).errors
            let ended = try #require(try await store.job(id))
            return (ended, "\(ended.errorSummary?.message ?? "") \(errors)")
        }
        let tiles = home.path("tiles")
        let other = text.replacing(tiles, with: home.path("elsewhere"))
        let climbing = text.replacing("\"s2_l2a_20m/mexico/", with: "\"../elsewhere/")
        try #require(other != text && climbing != text)
        for document in [other, climbing] {
            let (job, said) = try await ended(document, writes: [tiles])
            #expect(job.phase == .error && said.contains("its document writes to"), "\(said)")
        }
        // A folder below which tiles may be written becomes a link to elsewhere while the job waits.
        try FileManager.default.createDirectory(atPath: home.path("elsewhere"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: tiles, withIntermediateDirectories: true)
        let (job, said) = try await ended(text, writes: [tiles]) {
            try FileManager.default.createSymbolicLink(
                atPath: tiles + "/s2_l2a_20m",
                withDestinationPath: home.path("elsewhere")
            )
        }
        #expect(job.phase == .error && said.contains("is not below a folder that"), "\(said)")
        #expect(TemporaryFolder.files(below: home.path("elsewhere")).isEmpty)
        #expect(try bench.rows("s2_l2a_20m_mexico").isEmpty)
        unlink(tiles + "/s2_l2a_20m")
        let (good, why) = try await ended(text, writes: [tiles])
        #expect(good.phase == .completed && good.tiles?.done == 27, "\(why)")
    }

    @Test func `a job adds no dataset whose document names files that it may not read`() async throws {
        guard let bench = try Self.bench(.local, .scenes) else { return }
        #expect(try bench.antares(["jobs", "list"]).status == 0)
        let store = PostgresJobStore(try await ConnectionPool(bench.database))
        let (scenes, documents) = try bench.copyScenes()
        let path = try #require(documents.firstMatch(of: #/path: (\S+_B02_20m\S+)/#)).1
        for (text, reads, reason) in [
            (documents, [scenes], ""),
            (documents, [bench.jobs.shared.path], "which is not below a folder that the job may read"),
            (documents.replacing(path, with: "/etc/passwd"), [scenes], "names the file '/etc/passwd'"),
            (documents.replacing(path, with: "../../../../secret.tif"), [scenes], "'../../../../secret.tif'"),
            (documents.replacing(path, with: "/vsizip//etc/x.zip/a.tif"), [scenes], "'/vsizip//etc/x.zip/a.tif'"),
        ] {
            let id = Job.makeID()
            let folder = JobFolder(sharedFolder: bench.jobs.shared.path, job: id).path
            let file = try bench.jobs.shared.write(text, to: "jobs/\(id)/uploads/paths/a.yaml")
            let given = [JobParameter("paths", file, isByReference: true)]
            var job = Job(id: id, kind: "dataset_add", ownerID: "ana", parameters: given, folder: folder)
            job.places = JobPlaces(reads: reads)
            try await store.add(job)
            let result = try bench.run(["jobs", "start", id])
            let ended = try #require(try await store.job(id))
            let log = try bench.antares(["jobs", "log", id]).output
            #expect(ended.phase == (reason.isEmpty ? .completed : .error), "\(result.errors)\(log)")
            #expect(reason.isEmpty || log.contains(reason), "\(log)")
        }
    }

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
