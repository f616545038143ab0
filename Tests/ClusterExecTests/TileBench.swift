import Foundation
import Postgres
import TestSupport

/// An engine with an index of simulated scenes: three dates of four kilometres, in cells of two, nine a date.
struct TileBench {
    /// What the index holds.
    enum Content: String { case scenes, tiles }

    let jobs: JobBench
    let database: ConnectionSettings

    static let ingest = ["ingest", "-c", "ingestion.yaml"]
    static let recipe = [
        "apply_recipe", "-recipe", "s2_20m_001", "-b", "2017-01-01", "-e", "2017-12-31", "-lat", "20.5", "20.7",
        "-long",
        "-103.5", "-103.3", "--name", "yearly",
    ]

    /// The folder that this bench's own tiles go to.
    var tiles: String { jobs.program.home.path("tiles") }

    /// - Parameters:
    ///   - content: What is in the index to begin with.
    ///   - make: Makes the engine's bench with these variables; nil leaves the test out.
    /// - Returns: Nil where the engine or PostgreSQL is not there.
    /// - Throws: `TestFailure` where the scenes cannot be made.
    static func make(
        _ content: Content,
        _ make: (TestEngines.Variables) throws -> JobBench?
    ) throws -> TileBench? {
        guard TestDatabase.isAvailable else { return nil }
        let template = content == .scenes ? try base.get().scenes : try base.get().tiles
        let database = try copy(template)
        guard let jobs = try make(variables(database)) else { return nil }
        return try TileBench(jobs: jobs, database: database)
    }

    private init(jobs: JobBench, database: ConnectionSettings) throws {
        (self.jobs, self.database) = (jobs, database)
        let home = jobs.program.home
        try FileManager.default.createDirectory(atPath: home.path(".config"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: Self.baseHome.get().path(".config/madmex"),
            toPath: home.path(".config/madmex")
        )
        try FileManager.default.copyItem(
            atPath: Self.baseHome.get().path("ingestion.yaml"),
            toPath: home.path("ingestion.yaml")
        )
        let text = try String(contentsOfFile: home.path("ingestion.yaml"), encoding: .utf8)
        try text.replacing(try Self.baseHome.get().path, with: home.path)
            .write(toFile: home.path("ingestion.yaml"), atomically: true, encoding: .utf8)
    }

    /// Runs a line of this program alone.
    func antares(_ words: [String]) throws -> ShellResult {
        try jobs.program.run(words, environment: jobs.variables.merging(["INGESTION_PATH": tiles]) { $1 })
    }

    /// Runs a line as a job of the engine.
    func run(_ words: [String], _ more: [String] = []) throws -> ShellResult {
        try antares(words + jobs.options + more)
    }

    func start(_ words: [String], _ more: [String] = []) throws -> RunningProgram {
        try jobs.program.start(
            words + jobs.options + more,
            environment: jobs.variables.merging(["INGESTION_PATH": tiles]) { $1 }
        )
    }

    /// The bench's own tiles: paths and bytes.
    func files(_ folder: String = "") -> [String: Data] {
        let place = folder.isEmpty ? tiles : "\(tiles)/\(folder)"
        let pairs = TemporaryFolder.files(below: place).map {
            ($0, FileManager.default.contents(atPath: "\(place)/\($0)"))
        }
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0, $1 ?? Data()) })
    }

    /// Rows of the index about a product: datasets with their documents, locations and sources, archived or not.
    func rows(_ product: String) throws -> [String] {
        let session = try Session(database)
        defer { session.close() }
        let rows = try session.query(
            """
            SELECT d.id::text || ' ' || d.metadata::text || ' ' || (d.archived IS NULL)::text || ' '
                || coalesce((SELECT string_agg(l.uri_scheme || l.uri_body, ',' ORDER BY l.id) FROM agdc.dataset_location l
                    WHERE l.dataset_ref = d.id), '') || ' '
                || coalesce((SELECT string_agg(s.classifier || s.source_dataset_ref::text, ',' ORDER BY s.classifier)
                    FROM agdc.dataset_source s WHERE s.dataset_ref = d.id), '') AS row
            FROM agdc.dataset d JOIN agdc.dataset_type t ON t.id = d.dataset_type_ref WHERE t.name = $1 ORDER BY 1
            """,
            [product]
        )
        return rows.map { ($0["row"] ?? "").replacing(jobs.program.home.path, with: "HOME") }
    }

    /// A copy of the scenes of the base, and the documents that one program made of them with their paths.
    func copyScenes() throws -> (folder: String, documents: String) {
        let base = try Self.baseHome.get()
        let folder = jobs.program.home.path("s/scenes")
        try FileManager.default.createDirectory(atPath: jobs.program.home.path("s"), withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: base.path("s/scenes"), toPath: folder)
        let text = try String(contentsOfFile: base.path("s2.yaml"), encoding: .utf8)
        return (folder, text.replacing(base.path, with: jobs.program.home.path))
    }

    // MARK: - What all benches begin with

    /// The newest ingested tile file of the base: what a recipe reads.
    static func ingested() throws -> [String] {
        let folder = try baseHome.get().path("tiles")
        return TemporaryFolder.files(below: folder).map { "\(folder)/\($0)" }
    }

    private static func variables(_ database: ConnectionSettings) -> TestEngines.Variables {
        var variables = ["DB_DATABASE": database.database ?? ""]
        variables["DB_HOSTNAME"] = database.host
        variables["DB_PORT"] = database.port.map(String.init)
        variables["DB_USERNAME"] = database.user
        return variables
    }

    private static func copy(_ template: ConnectionSettings) throws -> ConnectionSettings {
        let made = try TestDatabase.make()
        let name = "\(made.database ?? "")_copy"
        let session = try Session(made)
        defer { session.close() }
        try session.execute("CREATE DATABASE \(name) TEMPLATE \(template.database ?? "")")
        return made.with(database: name)
    }

    private static let baseHome = Result { try base.get().program.home }

    /// Two databases that others are copied from: one with the scenes, one with their tiles too.
    private static let base = Result {
        let program = try BuiltProgram()
        let scenes = try TestDatabase.make()
        func expectDone(_ line: String, _ database: ConnectionSettings) throws {
            let environment = variables(database).merging(["INGESTION_PATH": program.home.path("tiles")]) { $1 }
            let result = try program.run(line, environment: environment)
            guard result.status == 0 else { throw TestFailure("\(line): \(result.errors)") }
        }
        for line in [
            "simulate --out s --lon -103.4 --lat 20.6 --size-km 4 --tiles 1 --seed 7 --resolutions 20 --points 2 "
                + "--dates 2017-01-15,2017-05-15,2017-09-15",
            "init --no-create-tables", "system init",
            "product add \(program.home.path)/.config/madmex/indexing/s2_l2a_20m_granule.yaml",
            "prepare_metadata --path s/scenes --dataset_name s2_l2a_20m --outfile s2.yaml", "dataset add s2.yaml",
        ] {
            try expectDone(line, scenes)
        }
        let template = program.home.path(".config/madmex/ingestion/s2_l2a_20m_mexico.yaml")
        let text = try String(contentsOfFile: template, encoding: .utf8)
        _ = try program.home.write(
            text.replacing("{x: 100080.0, y: 100080.0}", with: "{x: 2000.0, y: 2000.0}"),
            to: "ingestion.yaml"
        )
        let tiles = try copy(scenes)
        try expectDone("ingest -c ingestion.yaml", tiles)
        return (program: program, scenes: scenes, tiles: tiles)
    }
}

/// A file that a pipe stands in for: whoever opens it waits, however fast or slow the machine is.
struct Obstacle {
    private let path: String

    init(at path: String) throws {
        self.path = path
        try FileManager.default.moveItem(atPath: path, toPath: path + ".aside")
        guard mkfifo(path, 0o600) == 0 else { throw TestFailure("no pipe at \(path)") }
    }

    /// The file is back; who has opened the pipe waits on.
    func remove() throws {
        guard FileManager.default.fileExists(atPath: path + ".aside") else { return }
        unlink(path)
        try FileManager.default.moveItem(atPath: path + ".aside", toPath: path)
    }
}
