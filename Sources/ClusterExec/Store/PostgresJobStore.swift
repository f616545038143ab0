public import Jobs
public import Postgres

/// Jobs in the schema `uws` of antares' own database.
public struct PostgresJobStore: JobStore {
    private let pool: ConnectionPool

    /// - `pool`: To a database whose migrations of the component `uws` have been applied.
    public init(_ pool: ConnectionPool) { self.pool = pool }

    public func add(_ job: Job) async throws {
        let sql = """
            INSERT INTO uws.job (id, kind, owner_id, phase, creation_ms, revision, document)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING RETURNING id
            """
        let values = [
            job.id, job.kind, job.ownerID, job.phase.rawValue, "\(job.creationTime.milliseconds)", "\(job.revision)",
            try job.storedText(),
        ]
        if try await pool.query(sql, values).isEmpty { throw JobStoreError(.exists, job.id) }
    }

    public func job(_ id: String) async throws -> Job? {
        let rows = try await pool.query("SELECT id, document FROM uws.job WHERE id = $1", [id])
        return try rows.first.map(Self.job)
    }

    public func jobs(matching filter: JobFilter) async throws -> [Job] {
        try await jobs(filter, document: "document")
    }

    public func list(matching filter: JobFilter) async throws -> [Job] {
        let bare = #"document || '{"parameters": [], "results": [], "revision": -1}'::jsonb AS document"#
        return try await jobs(filter, document: bare)
    }

    private func jobs(_ filter: JobFilter, document: String) async throws -> [Job] {
        var conditions = [filter.phases.isEmpty ? "phase <> 'ARCHIVED'" : "phase = ANY($1::text[])"]
        var values: [String?] = ["{\(filter.phases.map(\.rawValue).sorted().joined(separator: ","))}"]
        if filter.phases.isEmpty { conditions.append("$1::text[] IS NOT NULL") }
        func add(_ condition: String, _ value: String) {
            values.append(value)
            conditions.append("\(condition) $\(values.count)")
        }
        if let after = filter.after { add("creation_ms >", "\(after.milliseconds)") }
        if let owner = filter.ownerID { add("owner_id =", owner) }
        if let kind = filter.kind { add("kind =", kind) }
        if filter.isWithoutOwner { conditions.append("owner_id IS NULL") }
        // Instants are written alike, so that they sort as texts.
        if let end = filter.destroyedBy { add("document ->> 'destruction' <=", end.description) }
        if let before = filter.before {
            values += ["\(before.creationTime.milliseconds)", before.id]
            conditions.append("(creation_ms, id) < ($\(values.count - 1)::bigint, $\(values.count))")
        }
        let limit = filter.last.map { " LIMIT \($0)" } ?? ""
        let sql = """
            SELECT id, \(document) FROM uws.job WHERE \(conditions.joined(separator: " AND "))
            ORDER BY creation_ms DESC, id DESC\(limit)
            """
        return try await pool.query(sql, values).map(Self.job)
    }

    public func phases(of ids: [String]) async throws -> [String: Phase] {
        let sql = "SELECT id, phase FROM uws.job WHERE id = ANY($1::text[])"
        let rows = try await pool.query(sql, [SQLArray.text(ids)])
        return Dictionary(
            rows.compactMap { row in
                guard let id = row["id"], let phase = row["phase"].flatMap(Phase.init) else { return nil }
                return (id, phase)
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    public func counts() async throws -> [Phase: Int] {
        let rows = try await pool.query("SELECT phase, count(*) AS count FROM uws.job GROUP BY phase")
        return Dictionary(
            rows.compactMap { row in
                guard let phase = row["phase"].flatMap(Phase.init), let count = row["count"].flatMap({ Int($0) }) else {
                    return nil
                }
                return (phase, count)
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    public func activeCount(of owner: String?) async throws -> Int {
        let sql = """
            SELECT count(*) AS count FROM uws.job WHERE phase = ANY($1::text[]) AND owner_id IS NOT DISTINCT FROM $2
            """
        let rows = try await pool.query(sql, [SQLArray.text(ActiveJob.phases.map(\.rawValue)), owner])
        return rows.first?["count"].flatMap { Int($0) } ?? 0
    }

    public func active() async throws -> [ActiveJob] {
        let sql = """
            SELECT id, kind, owner_id, phase, master, lease_ms FROM uws.job WHERE phase = ANY($1::text[])
            ORDER BY creation_ms, id
            """
        return try await pool.query(sql, [SQLArray.text(ActiveJob.phases.map(\.rawValue))]).compactMap { row in
            guard let id = row["id"], let kind = row["kind"], let phase = row["phase"].flatMap(Phase.init) else {
                return nil
            }
            return ActiveJob(id: id, kind: kind, ownerID: row["owner_id"], phase: phase, holder: Self.holder(row))
        }
    }

    public func replace(_ job: Job) async throws -> Job? {
        var changed = job
        changed.revision += 1
        let sql = """
            UPDATE uws.job SET phase = $1, revision = $2, document = $3 WHERE id = $4 AND revision = $5 RETURNING id
            """
        let values = [
            changed.phase.rawValue, "\(changed.revision)", try changed.storedText(), job.id, "\(job.revision)",
        ]
        return try await pool.query(sql, values).isEmpty ? nil : changed
    }

    public func remove(_ id: String) async throws -> Bool {
        try await !pool.query("DELETE FROM uws.job WHERE id = $1 RETURNING id", [id]).isEmpty
    }

    public func acquire(_ id: String, for master: String, until expiry: Instant, at now: Instant) async throws -> Bool {
        let sql = """
            UPDATE uws.job SET master = $1, lease_ms = $2
            WHERE id = $3 AND (master IS NULL OR master = $1 OR lease_ms < $4) RETURNING id
            """
        let values = [master, "\(expiry.milliseconds)", id, "\(now.milliseconds)"]
        return try await !pool.query(sql, values).isEmpty
    }

    public func release(_ id: String, by master: String) async throws {
        let sql = "UPDATE uws.job SET master = NULL, lease_ms = NULL WHERE id = $1 AND master = $2"
        try await pool.query(sql, [id, master])
    }

    public func holder(of id: String) async throws -> JobHolder? {
        let sql = "SELECT master, lease_ms FROM uws.job WHERE id = $1 AND master IS NOT NULL"
        return try await pool.query(sql, [id]).first.flatMap(Self.holder)
    }

    private static func holder(_ row: Row) -> JobHolder? {
        guard let master = row["master"], let expiry = row["lease_ms"].flatMap({ Int64($0) }) else { return nil }
        return JobHolder(master: master, expiry: Instant(milliseconds: expiry))
    }

    private static func job(_ row: Row) throws -> Job {
        try Job(stored: row["document"] ?? "", id: row["id"] ?? "")
    }
}
