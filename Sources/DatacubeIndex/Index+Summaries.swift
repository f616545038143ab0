public import Documents
import Foundation
import Postgres

/// The search fields of one dataset.
public struct DatasetSummary: Sendable, Hashable {
    /// Values by field: text as PostgreSQL writes it, times in ISO 8601, ranges as two of these.
    public enum Value: Sendable, Hashable {
        case text(String?)
        case number(Double?)
        case range(String?, String?)
        case document(DocumentValue)
    }

    public let values: [String: Value]
}

extension Index {
    /// The names of all fields that datasets can be searched by.
    public func fieldNames() async throws -> [String] {
        let types = try await metadataTypes()
        let used = Set(try await products().map(\.metadataType))
        let fields = types.filter { used.contains($0.name) }.flatMap { $0.fields + $0.fixedFields }.map(\.name)
        return Set(
            fields + [
                "id", "indexed_time", "indexed_by", "product", "dataset_type_id", "metadata_type",
                "metadata_type_id", "metadata_doc", "uri",
            ]
        ).sorted()
    }

    /// All fields of the datasets that match a query; `uri` has no value, as a dataset may have several.
    public func summaries(matching query: DatasetQuery) async throws -> [DatasetSummary] {
        try await connection.perform { session in
            let search = DatasetSearch(session: session)
            return try search.searches(for: query).flatMap { product, conditions in
                let columns = SummaryColumns(try search.type(of: product), session)
                let rows = try session.query(
                    """
                    SELECT \(try columns.list()) \(DatasetSearch.tables)
                    JOIN agdc.metadata_type AS t ON t.id = d.metadata_type_ref
                    WHERE \(conditions.joined(separator: " AND "))
                    """
                )
                return try rows.map { try columns.summary($0) }
            }
        }
    }
}

/// The columns of summaries.
private struct SummaryColumns {
    let fields: [SearchField]
    let session: Session

    init(_ type: MetadataType, _ session: Session) {
        fields = type.fixedFields.filter { fixed in !type.fields.contains { $0.name == fixed.name } } + type.fields
        self.session = session
    }

    private static let natives = [
        ("id", "d.id"), ("indexed_time", iso("d.added")), ("indexed_by", "d.added_by"), ("product", "p.name"),
        ("dataset_type_id", "d.dataset_type_ref"), ("metadata_type", "t.name"),
        ("metadata_type_id", "d.metadata_type_ref"), ("metadata_doc", "d.metadata"),
    ]

    /// A time as Python's `isoformat` writes it.
    private static func iso(_ time: String) -> String {
        "replace(to_char(\(time) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US'), '.000000', '') || '+00:00'"
    }

    func list() throws -> String {
        var columns = Self.natives.map { "\($0.1) AS n_\($0.0)" }
        for (number, field) in fields.enumerated() {
            let value = try field.expression(session, table: "d")
            switch field.kind {
            case .datetimeRange:
                columns += [
                    "\(Self.iso("lower(\(value))")) AS a\(number)", "\(Self.iso("upper(\(value))")) AS b\(number)",
                ]
            case .doubleRange: columns.append("\(value) AS a\(number)")
            case .datetime: columns.append("\(Self.iso(value)) AS a\(number)")
            case _ where field.kind.isRange:
                columns += ["lower(\(value)) AS a\(number)", "upper(\(value)) AS b\(number)"]
            default: columns.append("\(value) AS a\(number)")
            }
        }
        return columns.joined(separator: ", ")
    }

    func summary(_ row: Row) throws -> DatasetSummary {
        var values: [String: DatasetSummary.Value] = [:]
        for (name, _) in Self.natives { values[name] = .text(row["n_\(name)"]) }
        values["metadata_doc"] = .document(try DefinitionStore.document(row["n_metadata_doc"], row["n_id"]))
        for (number, field) in fields.enumerated() {
            let a = row["a\(number)"]
            switch field.kind {
            case .doubleRange: values[field.name] = .text(a)
            case _ where field.kind.isRange: values[field.name] = .range(a, row["b\(number)"])
            case .double: values[field.name] = .number(row.double("a\(number)"))
            default: values[field.name] = .text(a)
            }
        }
        return DatasetSummary(values: values)
    }
}
