import Postgres

extension SearchField {
    /// How PostgreSQL computes the field from a row of `agdc.dataset`.
    ///
    /// Indexes and queries have to agree on this text, or the index does not serve.
    /// - Throws: `PostgresError` where a path cannot be quoted.
    func expression(_ session: Session, table: String = "dataset") throws -> String {
        func bound(_ paths: [[String]], _ join: String) throws -> String {
            let leaves = try paths.map { try leaf($0, session, table) }
            return leaves.count == 1 ? leaves[0] : "\(join)(\(leaves.joined(separator: ", ")))"
        }
        guard let constructor = rangeConstructor else { return try bound(paths, "coalesce") }
        return "\(constructor)(\(try bound(lowerPaths, "least")), \(try bound(upperPaths, "greatest")), '[]')"
    }

    /// The function that makes the range, nil for scalars.
    var rangeConstructor: String? {
        switch kind {
        case .string, .integer, .double, .datetime: nil
        case .datetimeRange: "tstzrange"
        case .doubleRange: "agdc.float8range"
        case .integerRange, .numericRange, .floatRange: "numrange"
        }
    }

    /// The access method of an index on the field.
    var indexMethod: String { kind.isRange ? "gist" : "btree" }

    private func leaf(_ path: [String], _ session: Session, _ table: String) throws -> String {
        let text = "\(table).metadata #>> \(try session.quotedLiteral(SQLArray.text(path)))"
        switch kind {
        case .string: return "(\(text))"
        case .integer, .integerRange: return "CAST(\(text) AS integer)"
        case .double, .doubleRange: return "CAST(\(text) AS double precision)"
        case .numericRange, .floatRange: return "CAST(\(text) AS numeric)"
        case .datetime, .datetimeRange: return "agdc.common_timestamp(\(text))"
        }
    }
}
