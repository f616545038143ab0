import Foundation

extension PrivateServer {
    /// Makes the cluster, clears what a crash left, starts the server and waits until it answers.
    func startUnderLock() throws {
        if isReady { return }
        let programs = try programs()
        if !status().isInitialised { try initialise(programs) }
        if runningProcess != nil { return try waitUntilReady() }
        removeStaleFiles()
        try makeSocketFolder()
        try writeSettings()
        let logged = (try? Data(contentsOf: log).count) ?? 0
        let output = try run(
            programs.control,
            ["start", "-D", cluster.path, "-l", log.path, "-w", "-t", "120", "-s"]
        )
        guard output.status == 0 else { throw startFailure(output.text, since: logged) }
    }

    /// The programs that fit the cluster, else the newest installed.
    func programs() throws -> PostgresPrograms {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let installed = PostgresPrograms.installed(searchPath: path)
        guard let newest = installed.first else {
            throw failure(
                ["no PostgreSQL is installed (neither /usr/lib/postgresql/*/bin nor PATH has initdb)"],
                hint:
                    "Install it: apt-get install postgresql postgresql-postgis; or name a database in ~/.datacube.conf."
            )
        }
        if account != nil, getpwnam("postgres") == nil {
            throw failure(
                ["PostgreSQL refuses to run as root, and there is no account 'postgres'"],
                hint: "Make it: useradd --system postgres; or work under an ordinary account."
            )
        }
        guard let version = status().version.flatMap({ Int($0) }) else { return newest }
        guard let fitting = installed.first(where: { $0.majorVersion == version }) else {
            throw failure(
                ["it was made by PostgreSQL \(version), installed is \(newest.majorVersion)"],
                hint: "Install postgresql-\(version), or carry the data over with pg_upgrade."
            )
        }
        return fitting
    }

    /// Makes the cluster beside its place and moves it there, so that a half-made one is never taken for whole.
    private func initialise(_ programs: PostgresPrograms) throws {
        let fresh = dataDirectory.appending(path: "data.new")
        var output = ChildProcess.Output(status: -1, text: "")
        for locale in ["C.UTF-8", "C"] {
            try? FileManager.default.removeItem(at: fresh)
            output = try run(
                programs.initdb,
                [
                    "-D", fresh.path, "-U", Self.superuser, "--encoding=UTF8", "--locale=\(locale)",
                    "--auth-local=trust", "--auth-host=reject", "--no-instructions",
                ]
            )
            guard output.status != 0, output.text.contains("invalid locale") else { break }
        }
        guard output.status == 0 else {
            try? FileManager.default.removeItem(at: fresh)
            throw failure(["initdb failed", Self.lastLines(of: output.text)], hint: hint(for: output.text))
        }
        let include = "\n# Written by antares at every start.\ninclude 'antares.conf'\n"
        let main = fresh.appending(path: "postgresql.conf")
        let handle = try FileHandle(forWritingTo: main)
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(include.utf8))
        try handle.close()
        try FileManager.default.moveItem(at: fresh, to: cluster)
    }

    /// Writes the settings that hang on where the folder is; it may have been moved.
    private func writeSettings() throws {
        var settings = [
            "listen_addresses": "", "port": String(Self.port), "unix_socket_directories": "\"\(socketFolder.path)\"",
            "unix_socket_permissions": "0700", "timezone": "UTC", "log_timezone": "UTC", "lc_messages": "C",
            "max_connections": "200",
        ]
        settings.merge(parameters) { _, given in given }
        let lines = settings.sorted { $0.key < $1.key }.map { key, value in
            "\(key) = '\(value.replacing("'", with: "''"))'\n"
        }
        let file = cluster.appending(path: "antares.conf")
        try write(lines.joined(), to: file)
    }

    private func write(_ text: String, to file: URL) throws {
        do {
            try Data(text.utf8).write(to: file)
        } catch {
            throw failure(["cannot write \(file.path): \(error.localizedDescription)"], hint: hint(for: "\(error)"))
        }
        try giveToAccount(file)
    }

    /// What went wrong, from pg_ctl and the part of the log that this start wrote.
    private func startFailure(_ text: String, since offset: Int) -> PostgresError {
        let data = (try? Data(contentsOf: log)) ?? Data()
        let written = String(decoding: data.dropFirst(offset), as: UTF8.self)
        let lines = Self.lastLines(of: written)
        let messages = [PostgresError.clean(text), lines.isEmpty ? nil : "the log ends with: \(lines)"]
        return failure(messages.compactMap { $0 }, hint: hint(for: text + written))
    }

    private func hint(for text: String) -> String {
        if text.contains("No space left on device") || text.contains("no space left") {
            return "The disk is full: free space below \(dataDirectory.path), then run the command again."
        }
        if text.contains("ermission denied") || text.contains("wrong ownership") {
            return "The folder must belong to the account '\(account ?? Self.superuser)'; check its owner and mode."
        }
        return "The whole log is \(log.path)."
    }

    static func lastLines(of text: String) -> String {
        PostgresError.clean(text.split(whereSeparator: \.isNewline).suffix(8).joined(separator: "\n"))
    }

    private func waitUntilReady() throws {
        for _ in 0..<1200 {
            if isReady { return }
            guard runningProcess != nil else { break }
            Thread.sleep(forTimeInterval: 0.1)
        }
        throw failure(["it does not become ready"], hint: "The whole log is \(log.path).")
    }

    /// Makes the database where it is missing; two programs may try at once.
    func makeDatabase() throws {
        let session = try Session(settings.with(database: "postgres"))
        defer { session.close() }
        let name = Self.databaseName
        guard try session.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]).isEmpty else { return }
        do {
            try session.execute("CREATE DATABASE \(try session.quotedIdentifier(name))")
        } catch let error as PostgresError where ["42P04", "23505"].contains(error.sqlState) {
            return
        }
    }
}
