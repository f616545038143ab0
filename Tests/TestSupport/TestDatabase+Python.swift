import Foundation
public import Postgres

/// The Python of an environment that has datacube 1.8.20, for comparisons with the Open Data Cube itself.
///
/// It is the program named by ANTARES_TEST_PYTHON, else the one that `scripts/python-venv.sh` makes.
public enum TestPython {
    /// False where there is none and none can be made: then suites are skipped, and this says so in capitals.
    public static let isAvailable: Bool = {
        if program != nil { return true }
        let text =
            "!!! SKIPPED: TESTS AGAINST PYTHON'S DATACUBE DO NOT RUN, IT CANNOT BE INSTALLED (scripts/python-venv.sh). !!!\n"
        FileHandle.standardError.write(Data(text.utf8))
        return false
    }()

    /// Runs a Python text with the arguments after it; datacube finds the database through its environment.
    public static func run(
        _ script: String,
        _ arguments: [String] = [],
        database: ConnectionSettings? = nil
    ) throws -> ShellResult {
        try run(["-W", "ignore", "-c", script] + arguments, database: database)
    }

    /// Runs a Python file with the arguments after it; datacube finds the database through its environment.
    public static func run(
        file: String,
        _ arguments: [String] = [],
        database: ConnectionSettings? = nil
    ) throws -> ShellResult {
        try run(["-W", "ignore", file] + arguments, database: database)
    }

    /// Runs the command `datacube` of Python.
    public static func datacube(_ arguments: [String], database: ConnectionSettings) throws -> ShellResult {
        try run(["-W", "ignore", "-m", "datacube.scripts.cli_app"] + arguments, database: database)
    }

    private static func run(_ arguments: [String], database: ConnectionSettings?) throws -> ShellResult {
        guard let program else { throw CocoaError(.fileNoSuchFile) }
        let inherited = ProcessInfo.processInfo.environment.keys.filter {
            $0.hasPrefix("DB_") || $0.hasPrefix("DATACUBE_") || $0.hasPrefix("PG")
        }
        var environment: [String: String?] = [:]
        for key in inherited { environment[key] = .some(nil) }
        environment["DB_DATABASE"] = database?.database
        environment["DB_HOSTNAME"] = database?.host
        environment["DB_PORT"] = database?.port.map(String.init)
        environment["DB_USERNAME"] = database?.user
        return try TestSupport.run(program, arguments, environment: environment)
    }

    private static let program: String? = {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["ANTARES_TEST_PYTHON"] { return named }
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { folder.deleteLastPathComponent() }
        let script = folder.appending(path: "scripts/python-venv.sh").path
        guard let made = try? TestSupport.run("/bin/sh", [script]), made.status == 0 else { return nil }
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines) + "/bin/python"
    }()
}
