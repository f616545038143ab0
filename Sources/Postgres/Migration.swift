import Checksums
public import Foundation

/// One versioned SQL file.
public struct Migration: Sendable, Hashable {
    public let version: Int
    public let name: String
    public let sql: String
    /// SHA-256 of the text, in hexadecimal.
    public let checksum: String

    public init(version: Int, name: String, sql: String) {
        (self.version, self.name, self.sql) = (version, name, sql)
        checksum = sql.sha256
    }

    /// The migrations of a folder, files named `V0001_create_tables.sql`, by version.
    ///
    /// - Throws: `PostgresError` for a file of another name, a version given twice or a gap.
    public static func load(folder: URL) throws -> [Migration] {
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "sql" }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
        var migrations: [Migration] = []
        for file in files {
            let stem = file.deletingPathExtension().lastPathComponent
            guard let match = stem.wholeMatch(of: #/V(\d+)_(\w+)/#), let version = Int(match.1) else {
                throw PostgresError(.migrationFailed, file.path, ["is not named like V0001_create_tables.sql"])
            }
            guard version == migrations.count + 1 else {
                throw PostgresError(
                    .migrationFailed,
                    file.path,
                    ["version \(migrations.count + 1) is missing before it"]
                )
            }
            let sql = try String(contentsOf: file, encoding: .utf8)
            migrations.append(Migration(version: version, name: String(match.2), sql: sql))
        }
        return migrations
    }
}
