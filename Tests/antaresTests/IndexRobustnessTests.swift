import Foundation
import Postgres
import TestSupport
import Testing

/// Adding many datasets while programs and servers die, or others add the same ones.
///
/// What has to happen in the middle is made to by a dataset that another session is about to add: the program waits
/// for that session. Nothing depends on how fast the machine is.
@Suite("Robustness of the index", .enabled(if: TestDatabase.isAvailable))
struct IndexRobustnessTests {
    /// Programs add a thousand at a time, so these are two parts.
    private static let count = 1100
    private static let held = 1050

    private let program: BuiltProgram
    private let files: [String]

    init() throws {
        program = try BuiltProgram()
        let folder = program.home
        _ = try folder.write(TwinIndex.product, to: "p.yaml")
        files = try (1...Self.count).map { number in
            // Every other one derives from the one before.
            let source = number % 2 == 0 ? "scene: [\(Self.id(number - 1))]" : ""
            let text = TwinIndex.scene(1).replacing(TwinIndex.id(1), with: Self.id(number))
                .replacing("lineage: {}", with: "lineage: {\(source)}")
            return try folder.write(text, to: "scenes/\(number).yaml")
        }
    }

    private static func id(_ number: Int) -> String { "6d4894ed-3368-47cb-a8f4-\(String(100_000_000_000 + number))" }

    private func environment(_ settings: ConnectionSettings) -> [String: String] {
        [
            "DB_HOSTNAME": settings.host ?? "", "DB_DATABASE": settings.database ?? "",
            "DB_USERNAME": settings.user ?? "", "DB_PORT": settings.port.map(String.init) ?? "5432",
        ]
    }

    private func makeIndex(_ settings: ConnectionSettings) throws {
        for line in ["system init", "product add \(program.home.path("p.yaml"))", "index footprints"] {
            let result = try program.run(line, environment: environment(settings))
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    private func startAdding(_ settings: ConnectionSettings) throws -> RunningProgram {
        try program.start(["dataset", "add"] + files, environment: environment(settings))
    }

    /// A session that is about to add the dataset that is held.
    private func makeHolder(_ settings: ConnectionSettings) throws -> Session {
        let session = try Session(settings)
        try session.execute(
            """
            BEGIN;
            INSERT INTO agdc.dataset (id, metadata_type_ref, dataset_type_ref, metadata)
            SELECT '\(Self.id(Self.held))', metadata_type_ref, id, '{}' FROM agdc.dataset_type WHERE name = 'demo'
            """
        )
        return session
    }

    /// Waits until so many sessions wait for another.
    private func waitUntilWaiting(_ settings: ConnectionSettings, sessions: Int = 1) throws {
        let session = try Session(settings)
        let sql = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'"
        for _ in 0..<1200 {
            if try session.query(sql, [settings.database]).first?.int("n") == sessions { return }
            Thread.sleep(forTimeInterval: 0.05)
        }
        Issue.record("no program waits for the dataset that is held")
    }

    /// How many datasets there are; all of them have location, lineage and footprint.
    private func wholeDatasets(_ settings: ConnectionSettings) throws -> Int {
        let session = try Session(settings)
        let row = try session.query(
            """
            SELECT (SELECT count(*) FROM agdc.dataset) AS datasets,
                (SELECT count(*) FROM agdc.dataset_location) AS locations,
                (SELECT count(*) FROM agdc.dataset_source) AS edges,
                (SELECT count(*) FROM agdc.dataset WHERE right(id::text, 4)::int % 2 = 0) AS derived,
                (SELECT count(shape) FROM antares.dataset_footprint) AS footprints
            """
        ).first
        let count = row?.int("datasets") ?? -1
        #expect(row?.int("locations") == count)
        #expect(row?.int("footprints") == count)
        #expect(row?.int("edges") == row?.int("derived"))
        return count
    }

    @Test func `a program that is killed leaves whole datasets, and running it again adds the rest`() throws {
        let settings = try TestDatabase.make()
        try makeIndex(settings)
        let holder = try makeHolder(settings)
        let adding = try startAdding(settings)
        try waitUntilWaiting(settings)
        adding.send(signal: SIGKILL)
        #expect(try adding.wait().status == SIGKILL)
        holder.close()
        // The server notices that nobody listens any more when it wants to answer.
        let session = try Session(settings)
        let others = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"
        for _ in 0..<600 where try session.query(others, [settings.database]).first?.int("n") != 0 {
            Thread.sleep(forTimeInterval: 0.05)
        }
        #expect(try wholeDatasets(settings) == 1000)
        let again = try startAdding(settings).wait()
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output == "datasets: 100 added, 1000 already there\n")
        #expect(try wholeDatasets(settings) == Self.count)
    }

    @Test func `a server that is restarted keeps whole datasets, and running it again adds the rest`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "antares-restart-\(getpid())")
        let server = PrivateServer(dataDirectory: folder, parameters: ["fsync": "off"])
        defer {
            _ = try? server.stop()
            try? FileManager.default.removeItem(at: folder)
        }
        let settings = try server.ensureRunning()
        try makeIndex(settings)
        let holder = try makeHolder(settings)
        let adding = try startAdding(settings)
        try waitUntilWaiting(settings)
        #expect(try server.stop())
        let result = try adding.wait()
        holder.close()
        #expect(result.status == 69)
        #expect(result.errors.contains("the connection was lost"), "\(result.errors)")
        _ = try server.ensureRunning()
        #expect(try wholeDatasets(settings) == 1000)
        let again = try startAdding(settings).wait()
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output == "datasets: 100 added, 1000 already there\n")
        #expect(try wholeDatasets(settings) == Self.count)
    }

    @Test func `two programs that add the same files give each dataset once, and no error`() throws {
        let settings = try TestDatabase.make()
        try makeIndex(settings)
        let holder = try makeHolder(settings)
        let both = [try startAdding(settings), try startAdding(settings)]
        try waitUntilWaiting(settings, sessions: 2)
        holder.close()
        let results = try both.map { try $0.wait() }
        for result in results {
            #expect(result.status == 0, "\(result.errors)")
            #expect(!result.errors.contains("error"), "\(result.errors)")
        }
        let added = results.compactMap { $0.output.firstMatch(of: #/datasets: (\d+) added/#)?.1 }.compactMap { Int($0) }
        #expect(added.reduce(0, +) == Self.count)
        #expect(try wholeDatasets(settings) == Self.count)
    }

    @Test func `documents that are made to fill the memory are rejected within little of it`() throws {
        let settings = try TestDatabase.make()
        try makeIndex(settings)
        let lines = (1...30).map { number in
            let alias = Array(repeating: "*a\(number - 1)", count: 9).joined(separator: ", ")
            return "a\(number): &a\(number) [\(alias)]"
        }
        let bomb = try program.home.write("a0: &a0 text\n" + lines.joined(separator: "\n"), to: "bomb.yaml")
        let deep = try program.home.write(String(repeating: "{a: ", count: 200_000), to: "deep.yaml")
        let json = try program.home.write(String(repeating: "[", count: 2_000_000), to: "deep.json")
        let zeros = program.home.path("zeros.json")
        // A gigabyte of blanks in a megabyte.
        let packed = try run("/bin/sh", ["-c", "head -c 1000000000 /dev/zero | tr '\\0' ' ' | gzip -1 > \(zeros).gz"])
        #expect(packed.status == 0)
        let result = try run(
            "/bin/sh",
            [
                "-c",
                "ulimit -v 4000000; exec \(BuiltProgram.path) dataset add \(bomb) \(deep) \(json) \(zeros).gz \(files[0])",
            ],
            environment: environment(settings).merging(["HOME": program.home.path]) { $1 }.mapValues { $0 }
        )
        #expect(result.output == "datasets: 1 added, 4 rejected\n", "\(result.errors)")
        #expect(result.status == 1)
        #expect(try wholeDatasets(settings) == 1)
    }
}
