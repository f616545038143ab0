public import Foundation
import Geo
import Postgres

/// Datasets that have the same values in some fields.
public struct DuplicateGroup: Sendable, Hashable {
    public let product: String
    /// The fields and what PostgreSQL writes for their common values, nil for none; `time` comes last.
    public let values: [(name: String, value: String?)]
    public let ids: [UUID]

    public static func == (a: DuplicateGroup, b: DuplicateGroup) -> Bool { a.product == b.product && a.ids == b.ids }
    public func hash(into hasher: inout Hasher) { hasher.combine(ids) }
}

/// How many datasets of a product lie in a slice of time.
public struct DatasetCount: Sendable, Hashable, Encodable {
    public let product: String
    /// Where the slice begins, nil where all times are counted together.
    public let time: Date?
    public let count: Int
}

extension Index {
    /// How many datasets match a query, by product; products without any are left out.
    ///
    /// - Throws: `IndexError` with the nearest name for a product or field that does not exist.
    public func counts(matching query: DatasetQuery) async throws -> [DatasetCount] {
        try await connection.perform { session in
            try DatasetSearch(session: session).searches(for: query).compactMap { product, conditions in
                // Without the product's row an index alone can answer (dix_<product>_region_code).
                let rows = try session.query(
                    "SELECT count(*) AS n FROM agdc.dataset AS d WHERE \(conditions.joined(separator: " AND "))"
                )
                let count = rows.first?.int("n") ?? 0
                return count > 0 ? DatasetCount(product: product.name, time: nil, count: count) : nil
            }
        }
    }

    /// How many datasets match a query in each slice of its time, by product; datasets across a border count twice.
    ///
    /// A period is the length of a slice as PostgreSQL reads it: `1 month`, `6 months`, `1 year`.
    /// - Throws: `IndexError` where the query has no time, or the period is none.
    public func counts(matching query: DatasetQuery, every period: String) async throws -> [DatasetCount] {
        var query = query
        if case .during(let time)? = query.fields["time"] { query.time = query.time ?? time }
        query.fields["time"] = nil
        guard let span = query.time else {
            throw IndexError(
                .invalidQuery,
                "time",
                "Must specify range of 'time' to perform product counts over",
                hint: "Add: 'time in [2017, 2018]'."
            )
        }
        let (chosen, begin, end) = (query, Timestamp.iso(span.begin), Timestamp.iso(span.end))
        return try await connection.perform { session in
            try Self.checkPeriod(period, session)
            let search = DatasetSearch(session: session)
            var unbounded = chosen
            unbounded.time = nil
            return try search.searches(for: unbounded).flatMap { product, conditions -> [DatasetCount] in
                guard let time = try search.type(of: product).field("time") else { return [] }
                let sql = """
                    WITH starts AS (SELECT generate_series($1::timestamptz, $2::timestamptz, $3::interval) AS start),
                    slices AS (SELECT start, lead(start) OVER (ORDER BY start) AS stop FROM starts)
                    SELECT start, (
                        SELECT count(*) \(DatasetSearch.tables)
                        WHERE \(conditions.joined(separator: " AND "))
                            AND \(try time.expression(session, table: "d")) && tstzrange(start, stop)
                    ) AS n
                    FROM slices WHERE stop IS NOT NULL ORDER BY start
                    """
                return try session.query(sql, [begin, end, period]).map { row in
                    let time = row["start"].flatMap(Timestamp.parse)
                    return DatasetCount(product: product.name, time: time, count: row.int("n") ?? 0)
                }
            }
        }
    }

    private static func checkPeriod(_ period: String, _ session: Session) throws {
        let isPositive = try? session.query("SELECT $1::interval > interval '0' AS yes", [period]).first?.bool("yes")
        guard isPositive != true else { return }
        throw IndexError(.invalidQuery, period, "is no period", hint: "Write 1 day, 6 months, 1 year …")
    }

    /// Active datasets that have equal values in all the fields; times count as equal within half a second.
    ///
    /// - Throws: `IndexError` for a product that is unknown or lacks one of the fields.
    public func duplicates(in products: [Product], by fields: [String]) async throws -> [DuplicateGroup] {
        try await connection.perform { session in
            let search = DatasetSearch(session: session)
            return try products.flatMap { product -> [DuplicateGroup] in
                guard let number = product.id else { return [] }
                let type = try search.type(of: product)
                let names = fields.filter { $0 != "time" }
                let columns = try names.enumerated().map { "\(try Self.expression($1, type, session)) AS f\($0)" }
                let time = fields.contains("time") ? try Self.expression("time", type, session) : nil
                let found = try session.query(
                    Self.duplicateStatement(columns, time: time, product: number)
                )
                return found.map { row in
                    var values = names.indices.map { (name: names[$0], value: row["f\($0)"]) }
                    if time != nil { values.append((name: "time", value: row["time"])) }
                    let ids = SQLArray.values(row["ids"] ?? "{}").compactMap { $0.flatMap { UUID(uuidString: $0) } }
                    return DuplicateGroup(product: product.name, values: values, ids: ids)
                }
            }
        }
    }

    private static func expression(_ name: String, _ type: MetadataType, _ session: Session) throws -> String {
        if let native = DatasetSearch.natives[name] { return native }
        guard let field = type.field(name) else {
            throw IndexError(.invalidQuery, name, "metadata type '\(type.name)' has no such field")
        }
        return try field.expression(session, table: "d")
    }

    private static func duplicateStatement(_ columns: [String], time: String?, product: Int) -> String {
        let conditions = "WHERE d.archived IS NULL AND d.dataset_type_ref = \(product)"
        let groups = columns.indices.map { "f\($0)" }
        let list = groups.map { ", \($0)" }.joined()
        guard let time else {
            return """
                SELECT array_agg(id ORDER BY id) AS ids\(list)
                FROM (SELECT d.id\(columns.map { ", \($0)" }.joined()) \(DatasetSearch.tables) \(conditions)) AS c
                GROUP BY \(groups.joined(separator: ", ")) HAVING count(*) > 1 ORDER BY 1
                """
        }
        let margin = "interval '500 milliseconds'"
        let equal = groups.map { " AND a.\($0) IS NOT DISTINCT FROM b.\($0)" }.joined()
        let own = groups.map { ", a.\($0)" }.joined()
        return """
            WITH c AS (
                SELECT d.id, tstzrange(lower(\(time)) - \(margin), upper(\(time)) + \(margin), '[]') AS span
                    \(columns.map { ", \($0)" }.joined())
                \(DatasetSearch.tables) \(conditions)
            ), pairs AS (
                SELECT a.id, a.span * b.span AS shared\(own)
                FROM c AS a JOIN c AS b ON a.span && b.span AND a.id <> b.id\(equal)
            )
            SELECT array_agg(DISTINCT id ORDER BY id) AS ids\(list),
                (lower(shared) AT TIME ZONE 'UTC', upper(shared) AT TIME ZONE 'UTC') AS time
            FROM pairs GROUP BY shared\(list) HAVING count(id) > 1 ORDER BY 1
            """
    }
}
