import Foundation
import Postgres
import TestSupport

/// A job whose index holds three simulated scenes of one tile, and ways to spoil it.
struct BadInputCube {
    let job: TestJob
    /// The folder of the scenes, a copy of its own.
    var scenes: String { job.program.home.path("scenes") }
    var documents: String { job.program.home.path("home/.config/madmex") }
    /// The folder that the tiles go to.
    var tiles: String { job.program.home.path("tiles") }

    /// Three scenes of four kilometres, made once for all tests.
    private static let simulated = Result {
        let program = try BuiltProgram()
        let line = "simulate --out s --lon -103.4 --lat 20.6 --size-km 4 --tiles 1 --seed 7 --resolutions 20 "
        let result = try program.run(line + "--dates 2017-01-15,2017-05-15,2017-09-15 --points 2")
        guard result.status == 0 else { throw CocoaError(.fileReadUnknown, userInfo: ["errors": result.errors]) }
        return program.home
    }

    /// Scenes in a folder, and the documents of `antares init`; nothing is indexed.
    static func withScenes() throws -> BadInputCube {
        let cube = BadInputCube(job: try TestJob())
        try FileManager.default.copyItem(atPath: try simulated.get().path("s/scenes"), toPath: cube.scenes)
        try cube.expectDone("antares init --no-create-tables")
        return cube
    }

    /// Scenes that are indexed.
    static func indexed() throws -> BadInputCube {
        let cube = try withScenes()
        try cube.expectDone("datacube system init")
        try cube.expectDone("datacube product add ~/.config/madmex/indexing/s2_l2a_20m_granule.yaml")
        try cube.expectDone("antares prepare_metadata --path scenes --dataset_name s2_l2a_20m --outfile s2.yaml")
        try cube.expectDone("antares dataset add s2.yaml")
        return cube
    }

    /// The folders of the scenes, the earliest first.
    func sceneNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scenes)
            .sorted { $0.split(separator: "_")[2] < $1.split(separator: "_")[2] }
    }

    /// The file of a band of the scene with a number.
    func band(_ name: String, ofScene number: Int) throws -> String {
        let scene = try sceneNames()[number]
        let files = TemporaryFolder.files(below: "\(scenes)/\(scene)").filter { $0.contains("_\(name)_20m.jp2") }
        guard let file = files.first else { throw CocoaError(.fileNoSuchFile) }
        return "\(scenes)/\(scene)/\(file)"
    }

    /// Writes the shipped ingestion configuration with changes, and returns its path.
    ///
    /// - `cell`: Width and height of a tile in metres; two kilometres make several tiles of a scene.
    @discardableResult
    func writeIngestion(
        _ name: String = "ingestion.yaml",
        cell: Int = 100_080,
        changes: [String: String] = [:]
    ) throws -> String {
        var text = try String(contentsOfFile: "\(documents)/ingestion/s2_l2a_20m_mexico.yaml", encoding: .utf8)
        text = text.replacing("{x: 100080.0, y: 100080.0}", with: "{x: \(cell).0, y: \(cell).0}")
        for (old, new) in changes {
            guard text.contains(old) else { throw CocoaError(.formatting, userInfo: ["missing": old]) }
            text = text.replacing(old, with: new)
        }
        return try job.program.home.write(text, to: name)
    }

    /// Active datasets of a product in the index, counted without the program.
    func indexedCount(_ product: String) throws -> Int {
        let session = try Session(job.database)
        defer { session.close() }
        let rows = try session.query(
            """
            SELECT count(*) AS n FROM agdc.dataset d JOIN agdc.dataset_type t ON t.id = d.dataset_type_ref
            WHERE t.name = $1 AND d.archived IS NULL
            """,
            [product]
        )
        return rows.first?.int("n") ?? -1
    }

    /// The files below a folder of the job.
    func files(_ folder: String = "tiles") -> [String] { TemporaryFolder.files(below: job.program.home.path(folder)) }

    func expectDone(_ line: String) throws {
        let result = try job.run(line)
        guard result.status == 0 else { throw LineFailed(line: line, errors: result.errors) }
    }

    /// A line that should have succeeded.
    struct LineFailed: Error, CustomStringConvertible {
        let line: String, errors: String
        var description: String { "\(line): \(errors)" }
    }
}

/// Leaves the first bytes of a file only.
func cutOff(_ path: String, at size: UInt64) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.truncate(atOffset: size)
    try file.close()
}
