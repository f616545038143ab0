import Foundation
public import Postgres

/// Command lines as a user types them, in a folder and a database of their own.
///
/// Regions come from the demo's file; `~` is the folder `home` in the test's folder.
public struct TestJob: Sendable {
    public let program: BuiltProgram
    public let database: ConnectionSettings
    private let home: String

    public init() throws {
        program = try BuiltProgram()
        database = try TestDatabase.make()
        home = program.home.path("home")
        try FileManager.default.createDirectory(
            atPath: home + "/.config/madmex/regions",
            withIntermediateDirectories: true
        )
        let regions = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../Examples/demo/regions.geojson")
        try FileManager.default.copyItem(
            atPath: regions.standardizedFileURL.path,
            toPath: home + "/.config/madmex/regions/regions.geojson"
        )
    }

    public func antares(_ line: String) throws -> ShellResult { try run("antares " + line) }

    public func datacube(_ line: String) throws -> ShellResult { try run("datacube " + line) }

    /// What tells the program its folders and its database.
    public var environment: [String: String] {
        var environment = ["HOME": home, "INGESTION_PATH": program.home.path("tiles")]
        environment["DB_HOSTNAME"] = database.host
        environment["DB_PORT"] = database.port.map(String.init)
        environment["DB_DATABASE"] = database.database
        environment["DB_USERNAME"] = database.user
        return environment
    }

    /// Runs a line that begins with the program's name, `antares` or `datacube`.
    public func run(_ line: String) throws -> ShellResult { try start(line).wait() }

    /// Starts a line and does not wait for its end.
    public func start(_ line: String) throws -> RunningProgram {
        let words = line.split(separator: " ").map { $0.hasPrefix("~") ? home + $0.dropFirst() : String($0) }
        return try program.start(Array(words.dropFirst()), as: words[0], environment: environment)
    }
}
