import Foundation

/// The programs of one installed version of PostgreSQL.
struct PostgresPrograms {
    let folder: URL
    let majorVersion: Int

    var initdb: URL { folder.appending(path: "initdb") }
    var control: URL { folder.appending(path: "pg_ctl") }

    /// The installed versions, the newest first: Debian's and Red Hat's folders, then those of `PATH`.
    static func installed(searchPath: String) -> [PostgresPrograms] {
        let manager = FileManager.default
        func children(_ folder: String, _ prefix: String = "") -> [String] {
            ((try? manager.contentsOfDirectory(atPath: folder)) ?? [])
                .filter { $0.hasPrefix(prefix) }
                .map { "\(folder)/\($0)/bin" }
        }
        let folders =
            children("/usr/lib/postgresql") + children("/usr", "pgsql-") + ["/usr/local/pgsql/bin"]
            + searchPath.split(separator: ":").map(String.init)
        var found: [PostgresPrograms] = []
        for path in folders where manager.isExecutableFile(atPath: "\(path)/initdb") {
            let folder = URL(fileURLWithPath: path)
            guard let version = version(of: folder), !found.contains(where: { $0.majorVersion == version }) else {
                continue
            }
            found.append(PostgresPrograms(folder: folder, majorVersion: version))
        }
        return found.sorted { $0.majorVersion > $1.majorVersion }
    }

    /// The major version that `initdb --version` prints.
    private static func version(of folder: URL) -> Int? {
        guard let output = try? ChildProcess.run(folder.appending(path: "initdb"), ["--version"], as: nil),
            let match = output.text.firstMatch(of: #/\(PostgreSQL\) (\d+)/#)
        else { return nil }
        return Int(match.1)
    }
}
