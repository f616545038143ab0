public import Foundation
import GRDB
public import Jobs

/// Jobs in a file of their own, where no database is configured.
public struct SQLiteJobStore: JobStore {
    private let database: DatabasePool

    /// Opens the file, made with its folder where it is missing.
    ///
    /// - Throws: `DatabaseError` of SQLite for a file that is none of its own; `CocoaError` for the folder.
    public init(opening file: URL) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        var configuration = Configuration()
        configuration.busyMode = .timeout(60)
        database = try DatabasePool(path: file.path, configuration: configuration)
        try Self.migrator.migrate(database)
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("V1 create jobs") { database in
            try database.execute(
                sql: """
                    CREATE TABLE job (
                        id TEXT PRIMARY KEY NOT NULL,
                        kind TEXT NOT NULL,
                        owner_id TEXT,
                        phase TEXT NOT NULL,
                        creation_ms INTEGER NOT NULL,
                        revision INTEGER NOT NULL,
                        master TEXT,
                        lease_ms INTEGER,
                        document TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX job_creation ON job (creation_ms DESC, id DESC);
                    CREATE INDEX job_phase ON job (phase, creation_ms DESC);
                    CREATE INDEX job_owner ON job (owner_id, creation_ms DESC);
                    """
            )
        }
        migrator.registerMigration("V2 find what is to be destroyed") { database in
            try database.execute(
                sql: "CREATE INDEX job_destruction ON job (json_extract(document, '$.destruction'))"
            )
        }
        return migrator
    }

    public func add(_ job: Job) async throws {
        let text = try job.storedText()
        let count = try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO job (id, kind, owner_id, phase, creation_ms, revision, document)
                    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
                    """,
                arguments: [
                    job.id, job.kind, job.ownerID, job.phase.rawValue, job.creationTime.milliseconds, job.revision,
                    text,
                ]
            )
            return database.changesCount
        }
        if count == 0 { throw JobStoreError(.exists, job.id) }
    }

    public func job(_ id: String) async throws -> Job? {
        let text = try await database.read { database in
            try String.fetchOne(database, sql: "SELECT document FROM job WHERE id = ?", arguments: [id])
        }
        return try text.map { try Job(stored: $0, id: id) }
    }

    public func jobs(matching filter: JobFilter) async throws -> [Job] {
        try await jobs(filter, document: "document")
    }

    public func list(matching filter: JobFilter) async throws -> [Job] {
        let empty = "'$.parameters', json('[]'), '$.results', json('[]'), '$.revision', -1"
        return try await jobs(filter, document: "json_set(document, \(empty)) AS document")
    }

    private func jobs(_ filter: JobFilter, document: String) async throws -> [Job] {
        var conditions: [String] = []
        var values = StatementArguments()
        if filter.phases.isEmpty {
            conditions.append("phase <> 'ARCHIVED'")
        } else {
            conditions.append("phase IN (\(filter.phases.map { _ in "?" }.joined(separator: ",")))")
            values += StatementArguments(filter.phases.map(\.rawValue))
        }
        if let after = filter.after {
            conditions.append("creation_ms > ?")
            values += [after.milliseconds]
        }
        if let owner = filter.ownerID {
            conditions.append("owner_id = ?")
            values += [owner]
        }
        if let kind = filter.kind {
            conditions.append("kind = ?")
            values += [kind]
        }
        if filter.isWithoutOwner { conditions.append("owner_id IS NULL") }
        if let end = filter.destroyedBy {
            // Instants are written alike, so that they sort as texts.
            conditions.append("json_extract(document, '$.destruction') <= ?")
            values += [end.description]
        }
        if let before = filter.before {
            conditions.append("(creation_ms, id) < (?, ?)")
            values += [before.creationTime.milliseconds, before.id]
        }
        let limit = filter.last.map { " LIMIT \($0)" } ?? ""
        let sql = """
            SELECT id, \(document) FROM job WHERE \(conditions.joined(separator: " AND "))
            ORDER BY creation_ms DESC, id DESC\(limit)
            """
        let rows = try await database.read { [values] database in
            try Row.fetchAll(database, sql: sql, arguments: values).map {
                (id: $0["id"] as String, text: $0["document"] as String)
            }
        }
        return try rows.map { try Job(stored: $0.text, id: $0.id) }
    }

    public func phases(of ids: [String]) async throws -> [String: Phase] {
        try await database.read { database in
            let marks = ids.map { _ in "?" }.joined(separator: ",")
            let sql = "SELECT id, phase FROM job WHERE id IN (\(marks))"
            let rows = try Row.fetchAll(database, sql: sql, arguments: StatementArguments(ids))
            return Dictionary(
                rows.compactMap { row in Phase(rawValue: row["phase"]).map { (row["id"], $0) } },
                uniquingKeysWith: { first, _ in first }
            )
        }
    }

    public func counts() async throws -> [Phase: Int] {
        try await database.read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT phase, count(*) AS count FROM job GROUP BY phase")
            return Dictionary(
                rows.compactMap { row in Phase(rawValue: row["phase"]).map { ($0, row["count"]) } },
                uniquingKeysWith: { first, _ in first }
            )
        }
    }

    public func activeCount(of owner: String?) async throws -> Int {
        try await database.read { database in
            let marks = ActiveJob.phases.map { _ in "?" }.joined(separator: ",")
            let sql = "SELECT count(*) FROM job WHERE phase IN (\(marks)) AND owner_id IS ?"
            let arguments = StatementArguments(ActiveJob.phases.map(\.rawValue)) + [owner]
            return try Int.fetchOne(database, sql: sql, arguments: arguments) ?? 0
        }
    }

    public func active() async throws -> [ActiveJob] {
        try await database.read { database in
            let marks = ActiveJob.phases.map { _ in "?" }.joined(separator: ",")
            let sql = """
                SELECT id, kind, owner_id, phase, master, lease_ms FROM job WHERE phase IN (\(marks))
                ORDER BY creation_ms, id
                """
            let arguments = StatementArguments(ActiveJob.phases.map(\.rawValue))
            return try Row.fetchAll(database, sql: sql, arguments: arguments).compactMap { row in
                guard let phase = Phase(rawValue: row["phase"]) else { return nil }
                let master: String? = row["master"]
                return ActiveJob(
                    id: row["id"],
                    kind: row["kind"],
                    ownerID: row["owner_id"],
                    phase: phase,
                    holder: master.map { JobHolder(master: $0, expiry: Instant(milliseconds: row["lease_ms"] ?? 0)) }
                )
            }
        }
    }

    public func replace(_ job: Job) async throws -> Job? {
        var changed = job
        changed.revision += 1
        let text = try changed.storedText()
        let isStored = try await database.write { [changed] database in
            try database.execute(
                sql: "UPDATE job SET phase = ?, revision = ?, document = ? WHERE id = ? AND revision = ?",
                arguments: [changed.phase.rawValue, changed.revision, text, job.id, job.revision]
            )
            return database.changesCount > 0
        }
        return isStored ? changed : nil
    }

    public func remove(_ id: String) async throws -> Bool {
        try await database.write { database in
            try database.execute(sql: "DELETE FROM job WHERE id = ?", arguments: [id])
            return database.changesCount > 0
        }
    }

    public func acquire(_ id: String, for master: String, until expiry: Instant, at now: Instant) async throws -> Bool {
        try await database.write { database in
            try database.execute(
                sql: """
                    UPDATE job SET master = ?1, lease_ms = ?2
                    WHERE id = ?3 AND (master IS NULL OR master = ?1 OR lease_ms < ?4)
                    """,
                arguments: [master, expiry.milliseconds, id, now.milliseconds]
            )
            return database.changesCount > 0
        }
    }

    public func release(_ id: String, by master: String) async throws {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE job SET master = NULL, lease_ms = NULL WHERE id = ? AND master = ?",
                arguments: [id, master]
            )
        }
    }

    public func holder(of id: String) async throws -> JobHolder? {
        try await database.read { database in
            let sql = "SELECT master, lease_ms FROM job WHERE id = ? AND master IS NOT NULL"
            return try Row.fetchOne(database, sql: sql, arguments: [id]).map { row in
                JobHolder(master: row["master"], expiry: Instant(milliseconds: row["lease_ms"]))
            }
        }
    }
}
