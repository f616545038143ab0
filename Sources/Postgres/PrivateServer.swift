public import Foundation

/// A PostgreSQL of one's own: a data folder and a Unix socket, started on demand and left running.
///
/// The folder holds `data` (the cluster), `run` (the socket, mode 0700), `server.log` and `lock`. The superuser bears
/// the name of the operating system's account; who can enter the socket's folder is trusted, nobody else can connect.
/// PostgreSQL refuses to run as root: then it runs as account `postgres`, and where that account cannot reach the
/// folder asked for (as below `/root`), `/var/lib/antares/postgres` takes its place.
public struct PrivateServer: Sendable {
    /// The folder in use.
    public let dataDirectory: URL
    /// Settings of `postgresql.conf` beyond the own ones, by name.
    public let parameters: [String: String]
    /// The account that the server runs as, nil for the current one.
    let account: String?
    /// The database that is there once the server runs.
    public static let databaseName = "datacube"
    static let rootDirectory = "/var/lib/antares/postgres"
    static let port = 5432

    /// - Parameters:
    ///   - dataDirectory: Where the server lives; made when it is missing.
    ///   - parameters: Settings of `postgresql.conf`, by name, as `["fsync": "off"]`.
    public init(dataDirectory: URL, parameters: [String: String] = [:]) {
        self.parameters = parameters
        guard geteuid() == 0 else {
            (account, self.dataDirectory) = (nil, dataDirectory.absoluteURL)
            return
        }
        account = "postgres"
        let reachable = Self.isReachable(dataDirectory, by: "postgres")
        self.dataDirectory = reachable ? dataDirectory.absoluteURL : URL(fileURLWithPath: Self.rootDirectory)
    }

    /// The folder that is used unless another is named: `antares/postgres` in `$XDG_DATA_HOME` or `~/.local/share`.
    public static func defaultDirectory(dataHome: String?, home: String) -> URL {
        let base = dataHome.flatMap { $0.hasPrefix("/") ? $0 : nil } ?? home + "/.local/share"
        return URL(fileURLWithPath: base).appending(path: "antares/postgres")
    }

    /// What is known of the server at this moment.
    public struct Status: Sendable, Equatable {
        public let dataDirectory: String
        public let isInitialised: Bool
        public let processID: Int32?
        /// The major version of the cluster, nil where there is none.
        public let version: String?
        public var isRunning: Bool { processID != nil }
    }

    public func status() -> Status {
        let version = try? String(contentsOf: cluster.appending(path: "PG_VERSION"), encoding: .utf8)
        return Status(
            dataDirectory: dataDirectory.path,
            isInitialised: version != nil,
            processID: runningProcess,
            version: version?.trimmingBlanks
        )
    }

    /// Where a running server is reached.
    public var settings: ConnectionSettings {
        ConnectionSettings(
            host: socketFolder.path,
            port: Self.port,
            database: Self.databaseName,
            user: Self.superuser
        )
    }

    /// Makes the cluster and the database where they are missing, starts the server where it is down.
    ///
    /// Several programs may ask at the same time. Blocks for some seconds the first time.
    /// - Throws: `PostgresError` that ends with the end of the server's log and says what to do.
    public func ensureRunning() throws -> ConnectionSettings {
        if !isReady {
            try checkSocketPath()
            try makeFolder()
            guard let lock = FileLock(path: dataDirectory.appending(path: "lock").path, timeout: 120) else {
                throw failure(
                    ["another program has been starting it for two minutes, or its lock file cannot be written"],
                    hint: "Look for a hanging antares or pg_ctl process, and check who owns the folder."
                )
            }
            try startUnderLock()
            _ = consume lock
        }
        try makeDatabase()
        return settings
    }

    /// Stops the server in order; false where none was running.
    @discardableResult
    public func stop() throws -> Bool {
        guard runningProcess != nil else { return false }
        let output = try run(try programs().control, ["stop", "-D", cluster.path, "-m", "fast", "-w", "-t", "60"])
        guard output.status == 0 || runningProcess == nil else {
            throw failure([PostgresError.clean(output.text)], hint: "Programs may still be using it; see \(log.path).")
        }
        return true
    }

    var cluster: URL { dataDirectory.appending(path: "data") }
    var socketFolder: URL { dataDirectory.appending(path: "run") }
    /// What the server prints.
    public var log: URL { dataDirectory.appending(path: "server.log") }

    /// The name of the current account of the operating system.
    static var superuser: String {
        getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? NSUserName()
    }

    func run(_ program: URL, _ arguments: [String]) throws -> ChildProcess.Output {
        try ChildProcess.run(program, arguments, as: account)
    }

    func failure(_ messages: [String], hint: String) -> PostgresError {
        PostgresError(.serverFailed, dataDirectory.path, messages, hint: hint)
    }

    /// True where an account may go through all folders above `url`.
    private static func isReachable(_ url: URL, by account: String) -> Bool {
        var folder = url.absoluteURL.standardizedFileURL
        while !FileManager.default.fileExists(atPath: folder.path), folder.path != "/" {
            folder.deleteLastPathComponent()
        }
        let test = URL(fileURLWithPath: "/usr/bin/test")
        return (try? ChildProcess.run(test, ["-x", folder.path], as: account))?.status == 0
    }
}
