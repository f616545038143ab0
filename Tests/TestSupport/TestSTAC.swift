import Foundation
import Postgres

/// A real STAC API (stac-fastapi with pgstac), pystac and odc-stac.
///
/// Their Python is the program named by ANTARES_TEST_STAC, else the one that `scripts/venv.sh` makes.
public enum TestSTAC {
    private static let python: String? = {
        let found = VirtualEnvironment.python(of: "stac", or: "ANTARES_TEST_STAC")
        if found == nil { announceSkipped("tests of STAC", because: "It cannot be installed (scripts/venv.sh stac).") }
        return found
    }()

    /// False where there is no PostgreSQL, or no such Python and none can be made.
    public static var isAvailable: Bool { python != nil && TestDatabase.isAvailable }

    /// Runs a Python text with arguments.
    public static func run(_ script: String, _ arguments: [String]) throws -> ShellResult {
        guard let python else { throw CocoaError(.fileNoSuchFile) }
        return try TestSupport.run(python, ["-W", "ignore", "-c", script] + arguments)
    }

    /// False where no schemas of extensions can be had.
    public static let hasSchemas: Bool = {
        if schemas != nil { return true }
        let reason = "They cannot be installed (scripts/venv.sh stac-schemas)."
        announceSkipped("tests against the schemas of STAC's extensions", because: reason)
        return false
    }()

    private static let schemas = VirtualEnvironment.programs(of: "stac-schemas")

    /// Has pystac check everything in static catalogues against STAC's own schemas and those of the extensions it declares.
    ///
    /// It prints the collections with the extensions that their items declare, in order: `name: eo view`.
    public static func validate(_ catalogues: [String]) throws -> ShellResult {
        guard let schemas else { throw CocoaError(.fileNoSuchFile) }
        let script = repository.appending(path: "Tests/Python/check_stac.py").path
        return try TestSupport.run("\(schemas)/python", ["-W", "ignore", script] + catalogues)
    }

    /// Starts an API with the items of static catalogues, in a database of its own.
    ///
    /// - `files`: The address below which the files of the catalogues are.
    public static func serve(_ catalogues: [String], files: String) throws -> WebServer {
        guard let python else { throw CocoaError(.fileNoSuchFile) }
        let database = try TestDatabase.make()
        let words = [
            "-W", "ignore", repository.appending(path: "Tests/Python/stac_api.py").path, database.host ?? "",
            "\(database.port ?? 5432)", database.user ?? "", database.database ?? "",
        ]
        return try WebServer(python: python, words + catalogues, environment: ["ANTARES_TEST_FILES": files])
    }

    /// Starts a server with the files of a folder, and with the manners of catalogues.
    public static func serve(files folder: String) throws -> WebServer {
        let script = repository.appending(path: "Tests/Python/catalog_server.py").path
        return try WebServer(python: "python3", [script, folder])
    }
}
