public import Foundation
public import Postgres

/// The Python of an environment that has the Open Data Cube, for comparisons with it.
///
/// `current` is datacube 1.8.20: the program named by ANTARES_TEST_PYTHON, else the one that `scripts/venv.sh` makes;
/// `newer` is 1.9.20, the program named by ANTARES_TEST_PYTHON_19, else the one that the script makes.
public struct TestPython: Sendable {
    public static let current = TestPython(series: "1.8", variable: "ANTARES_TEST_PYTHON")
    public static let newer = TestPython(series: "1.9", variable: "ANTARES_TEST_PYTHON_19")

    /// False where 1.8 is not there and cannot be made: then suites are skipped, and this says so in capitals.
    public static let isAvailable: Bool = current.isInstalled
    /// The same for 1.9.
    public static let isNewerAvailable: Bool = newer.isInstalled

    /// Those that are there.
    public static let installed = [current, newer].filter { $0.program != nil }

    /// The path of the program, nil where there is none.
    public let program: String?
    /// The first two numbers of the release: 1.8 or 1.9.
    public let series: String

    private init(series: String, variable: String) {
        self.series = series
        program = VirtualEnvironment.python(of: "datacube-\(series)", or: variable)
    }

    /// The Open Data Cube's web services, Explorer and OWS, with odc-stac, on either release; those that are there.
    public static let services = ["1.8", "1.9"].compactMap { series in
        let found = VirtualEnvironment.programs(of: "services-\(series)").map { TestPython($0 + "/python", series) }
        if found == nil {
            announceSkipped(
                "tests of Explorer and OWS on datacube \(series)",
                because: "They cannot be installed (scripts/venv.sh services-\(series))."
            )
        }
        return found
    }

    private init(_ program: String, _ series: String) { (self.program, self.series) = (program, series) }

    private var isInstalled: Bool {
        if program != nil { return true }
        announceSkipped(
            "tests against Python's datacube \(series)",
            because: "It cannot be installed (scripts/venv.sh)."
        )
        return false
    }

    /// Runs a Python text with the arguments after it; datacube finds the database through its environment.
    public static func run(
        _ script: String,
        _ arguments: [String] = [],
        database: ConnectionSettings? = nil
    ) throws -> ShellResult {
        try current.run(script, arguments, database: database)
    }

    /// Runs a Python file with the arguments after it; datacube finds the database through its environment.
    public static func run(
        file: String,
        _ arguments: [String] = [],
        database: ConnectionSettings? = nil
    ) throws -> ShellResult {
        try current.start(["-W", "ignore", file] + arguments, database: database)
    }

    /// Runs the command `datacube` of Python.
    public static func datacube(_ arguments: [String], database: ConnectionSettings) throws -> ShellResult {
        try current.datacube(arguments, database: database)
    }

    /// Runs a Python text with the arguments after it; datacube finds the database through its environment.
    public func run(
        _ script: String,
        _ arguments: [String] = [],
        database: ConnectionSettings? = nil
    ) throws -> ShellResult {
        try start(["-W", "ignore", "-c", script] + arguments, database: database)
    }

    /// Runs the command `datacube` of Python.
    ///
    /// - `environment`: Further variables, as ODC_CONFIG_PATH.
    public func datacube(
        _ arguments: [String],
        database: ConnectionSettings?,
        environment: [String: String] = [:]
    ) throws -> ShellResult {
        try start(
            ["-W", "ignore", "-m", "datacube.scripts.cli_app"] + arguments,
            database: database,
            environment: environment
        )
    }

    /// How this release finds a database.
    public func environment(_ database: ConnectionSettings) -> [String: String] {
        guard series == "1.8" else { return ["ODC_DEFAULT_DB_URL": Self.url(database)] }
        return [
            "DB_HOSTNAME": database.host ?? "", "DB_DATABASE": database.database ?? "",
            "DB_USERNAME": database.user ?? "",
        ]
    }

    /// 1.9 takes no folder of a socket for a host name, only a URL.
    public static func url(_ database: ConnectionSettings) -> String {
        "postgresql://\(database.user ?? "")@/\(database.database ?? "")?host=\(database.host ?? "")"
    }

    /// Runs Python with arguments.
    ///
    /// - `program`: Another program that lies beside Python, as `cubedash-gen`.
    /// - `environment`: Further variables.
    public func start(
        _ arguments: [String],
        program name: String = "python",
        database: ConnectionSettings?,
        environment more: [String: String] = [:]
    ) throws -> ShellResult {
        guard var program else { throw CocoaError(.fileNoSuchFile) }
        if name != "python" {
            program = URL(fileURLWithPath: program).deletingLastPathComponent().appendingPathComponent(name).path
        }
        let inherited = ProcessInfo.processInfo.environment.keys.filter { name in
            ["DB_", "DATACUBE_", "ODC_", "PG"].contains { name.hasPrefix($0) }
        }
        var environment: [String: String?] = [:]
        for key in inherited { environment[key] = .some(nil) }
        environment["DB_DATABASE"] = database?.database
        environment["DB_HOSTNAME"] = database?.host
        environment["DB_PORT"] = database?.port.map(String.init)
        environment["DB_USERNAME"] = database?.user
        for (key, value) in more { environment[key] = value }
        return try TestSupport.run(program, arguments, environment: environment)
    }
}

/// The folder of the package.
public let repository: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    return folder
}()

/// The path of a file in Tests/Python.
public func pythonFile(_ name: String) -> String { repository.appending(path: "Tests/Python/\(name)").path }

extension TestPython: CustomStringConvertible {
    public var description: String { "datacube \(series)" }
}
