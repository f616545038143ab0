public import Foundation
public import Postgres
import Synchronization

/// A throw-away PostgreSQL for one test process; each test asks for a database of its own.
///
/// The server lives in a folder of the temporary directory, is started at the first use and stopped when the process
/// ends. What a killed test process left behind is cleared by the next.
public enum TestDatabase {
    /// False where PostgreSQL is not installed: then suites are skipped, and this says so in capitals.
    public static let isAvailable: Bool = {
        do {
            _ = try server.get()
            return true
        } catch {
            announceSkipped("tests that need PostgreSQL", because: "\(error)")
            return false
        }
    }()

    /// A fresh, empty database.
    public static func make() throws -> ConnectionSettings {
        let settings = try server.get()
        let name = "test_\(counter.withLock { number in number += 1; return number })"
        let session = try Session(settings.with(database: "postgres"))
        defer { session.close() }
        try session.execute("CREATE DATABASE \(name) TEMPLATE template0")
        return settings.with(database: name)
    }

    /// A fresh database with the tables of a component.
    ///
    /// - Parameters:
    ///   - component: `uws`.
    ///   - migrations: The folder of its migrations.
    /// - Returns: How to reach it.
    /// - Throws: What the database says.
    public static func make(_ component: String, migrations: URL) throws -> ConnectionSettings {
        let settings = try make()
        let session = try Session(settings)
        defer { session.close() }
        let steps = try Migration.load(folder: migrations)
        try Migrator.withLock(session) { _ = try Migrator(component: component, migrations: steps).migrate(session) }
        return settings
    }

    private static let counter = Mutex(0)
    private static let prefix = "antares-test-postgres-"

    private static let server: Result<ConnectionSettings, any Error> = Result {
        clearLeftovers()
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(prefix)\(getpid())")
        let settings = try PrivateServer(dataDirectory: folder, parameters: parameters).ensureRunning()
        atexit { TestDatabase.discard(processID: getpid()) }
        return settings
    }

    /// Nothing here has to outlive a crash.
    private static let parameters = ["fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"]

    private static func clearLeftovers() {
        let folder = FileManager.default.temporaryDirectory.path
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasPrefix(prefix) {
            guard let process = pid_t(name.dropFirst(prefix.count)), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            discard(processID: process)
        }
    }

    /// Ends the server that belongs to a test process, by its own process number, and removes its folder.
    private static func discard(processID: pid_t) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "\(prefix)\(processID)")
        if let server = PrivateServer(dataDirectory: folder).status().processID {
            kill(server, SIGQUIT)
            for _ in 0..<100 where isRunning(server) { Thread.sleep(forTimeInterval: 0.05) }
        }
        try? FileManager.default.removeItem(at: folder)
    }

    /// False for a process that has ended, also where nobody has asked yet how.
    private static func isRunning(_ process: pid_t) -> Bool {
        let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        guard let state else { return kill(process, 0) == 0 }
        return state.split(separator: ")").last?.hasPrefix(" Z") == false
    }
}
