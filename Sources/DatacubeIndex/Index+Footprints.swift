import IndexSQL
import Postgres

/// What is known of the footprints of datasets.
public struct FootprintReport: Sendable, Hashable, Encodable {
    /// A dataset whose document gives no shape.
    public struct Problem: Sendable, Hashable, Encodable {
        public let dataset: String
        public let reason: String
    }

    /// How many datasets have a footprint.
    public let footprints: Int
    /// How many have none.
    public let missing: Int
    /// The first of these.
    public let problems: [Problem]
}

extension Index {
    /// True where the index keeps footprints, in their latest form.
    public func hasFootprints() async throws -> Bool {
        try await connection.perform { session in
            let newest = try session.query("SELECT to_regproc('antares.keep_new_footprints') AS found").first?["found"]
            return try newest != nil && IndexSchema.keepsFootprints(session)
        }
    }

    /// Makes the table of footprints where it is missing, and fills it with what it lacks.
    ///
    /// Afterwards a trigger keeps it true, whoever writes datasets. With `rebuild` all footprints are made anew.
    /// - Throws: `IndexError` with the command that a superuser has to run where PostGIS cannot be made.
    public func makeFootprints(rebuild: Bool = false) async throws -> FootprintReport {
        try await connection.perform { session in
            try Migrator.withLock(session) { _ = try IndexSchema.installFootprints(session) }
            // Parts of some thousand rows, so that others who write datasets never wait long.
            var last = "00000000-0000-0000-0000-000000000000"
            while true {
                let sql = "SELECT antares.write_footprints($1, 2000, $2) AS last"
                guard let end = try session.query(sql, [last, String(rebuild)]).first?["last"] else { break }
                last = end
            }
            let counts = try session.query(
                "SELECT count(shape) AS good, count(problem) AS bad FROM antares.dataset_footprint"
            )
            let bad = try session.query(
                "SELECT dataset, problem FROM antares.dataset_footprint WHERE problem IS NOT NULL ORDER BY 1 LIMIT 100"
            )
            return FootprintReport(
                footprints: counts.first?.int("good") ?? 0,
                missing: counts.first?.int("bad") ?? 0,
                problems: bad.map { .init(dataset: $0["dataset"] ?? "", reason: $0["problem"] ?? "") }
            )
        }
    }
}

extension IndexSchema {
    /// True where a trigger keeps the table of footprints true; a schema that was dropped and made again has lost it.
    static func keepsFootprints(_ session: Session) throws -> Bool {
        let sql = """
            SELECT to_regclass('antares.dataset_footprint') AS found FROM pg_trigger
            WHERE tgrelid = to_regclass('agdc.dataset') AND tgname = 'keep_footprint'
            """
        return try session.query(sql).first?["found"] != nil
    }

    /// Makes the table of footprints and its trigger, and returns what was applied; nothing without schema `agdc`.
    static func installFootprints(_ session: Session) throws -> [String] {
        guard try exists(session) else { return [] }
        try installPostGIS(session)
        let folder = try SQLFiles.url("migrations/dataset_footprints")
        let migrator = Migrator(component: "dataset_footprints", migrations: try Migration.load(folder: folder))
        if try !keepsFootprints(session) {
            try session.execute(try SQLFiles.query("drop_footprints"))
            try migrator.forget(session)
        }
        return try migrator.migrate(session).map { "dataset_footprints V\($0)" }
    }
}
