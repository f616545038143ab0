import Foundation
public import Geo
import Postgres

/// What the active datasets of a product cover together.
public struct ProductExtent: Sendable, Hashable {
    public let count: Int
    /// From the earliest to the latest time; nil where no dataset tells its time.
    public let time: TimeRange?
    /// In longitude and latitude; nil where no dataset tells where it lies.
    public let bounds: BoundingBox?
}

extension Index {
    /// What the active datasets of a product cover together, by its search fields `time`, `lon` and `lat`; a scan.
    public func extent(of product: Product) async throws -> ProductExtent {
        try await connection.perform { session in
            let search = DatasetSearch(session: session)
            let type = try search.type(of: product)
            var columns = ["count(*) AS n"]
            for name in ["time", "lon", "lat"] {
                guard let field = type.field(name), field.kind.isRange else { continue }
                let range = try field.expression(session, table: "d")
                columns += ["min(lower(\(range))) AS \(name)_low", "max(upper(\(range))) AS \(name)_high"]
            }
            let (_, conditions) = try search.searches(for: DatasetQuery(product: product.name)).first ?? (product, [])
            let sql = "SELECT \(columns.joined(separator: ", ")) FROM agdc.dataset AS d WHERE "
            let row = try session.query(sql + conditions.joined(separator: " AND ")).first
            let ends = ["time_low", "time_high"].compactMap { row?[$0].flatMap(Timestamp.parse) }
            let sides = ["lon_low", "lat_low", "lon_high", "lat_high"].compactMap { row?.double($0) }
            return ProductExtent(
                count: row?.int("n") ?? 0,
                time: ends.count == 2 ? TimeRange(begin: ends[0], end: ends[1]) : nil,
                bounds: sides.count == 4
                    ? BoundingBox(left: sides[0], bottom: sides[1], right: sides[2], top: sides[3]) : nil
            )
        }
    }

    /// Datasets that match a query from the latest back, a part of the list.
    ///
    /// - Parameters:
    ///   - query: For one product.
    ///   - limit: At most so many.
    ///   - offset: After so many.
    /// - Returns: By their beginning, the latest first.
    /// - Throws: `IndexError` with the nearest name for a product that does not exist.
    public func latestDatasets(matching query: DatasetQuery, limit: Int, offset: Int = 0) async throws -> [Dataset] {
        try await connection.perform { session in
            let search = DatasetSearch(session: session)
            guard let (product, conditions) = try search.searches(for: query).first else { return [] }
            let time = try search.type(of: product).field("time").map { field in
                let value = try field.expression(session, table: "d")
                return field.kind.isRange ? "lower(\(value))" : value
            }
            let sql = """
                SELECT d.id AS id FROM agdc.dataset AS d WHERE \(conditions.joined(separator: " AND "))
                ORDER BY \(time.map { "\($0) DESC NULLS LAST, " } ?? "")d.id LIMIT \(limit) OFFSET \(offset)
                """
            let ids = try session.query(sql).compactMap { $0["id"].flatMap { UUID(uuidString: $0) } }
            let found = try search.datasets(ids: ids)
            let byID = Dictionary(found.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            return ids.compactMap { byID[$0] }
        }
    }
}
