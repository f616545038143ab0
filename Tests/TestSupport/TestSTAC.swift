import Foundation
import Postgres

/// A real STAC API (stac-fastapi with pgstac), pystac and odc-stac, in the Python of `scripts/stac-venv.sh`.
public enum TestSTAC {
    /// The path of Python, nil where it cannot be made.
    public static let python: String? = {
        let made = try? TestSupport.run("/bin/sh", [repository.appending(path: "scripts/stac-venv.sh").path])
        guard let made, made.status == 0 else {
            let text =
                "!!! SKIPPED: TESTS OF STAC DO NOT RUN, THEIR PYTHON CANNOT BE INSTALLED (scripts/stac-venv.sh). !!!\n"
            FileHandle.standardError.write(Data(text.utf8))
            return nil
        }
        return made.output.trimmingCharacters(in: .whitespacesAndNewlines) + "/bin/python"
    }()

    public static var isAvailable: Bool { python != nil && TestDatabase.isAvailable }

    /// Runs a Python text with arguments.
    public static func run(_ script: String, _ arguments: [String]) throws -> ShellResult {
        guard let python else { throw CocoaError(.fileNoSuchFile) }
        return try TestSupport.run(python, ["-W", "ignore", "-c", script] + arguments)
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
