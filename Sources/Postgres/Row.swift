/// One row of a result; values are PostgreSQL's texts, nil for NULL.
public struct Row: Sendable {
    /// The columns of a result, shared by its rows.
    final class Columns: Sendable {
        let names: [String]
        let positions: [String: Int]

        init(_ names: [String]) {
            self.names = names
            positions = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    let columns: Columns
    let values: [String?]

    public var columnNames: [String] { columns.names }

    /// The value of a column by its number, counted from 0.
    public subscript(index: Int) -> String? { values[index] }

    /// The value of a column by its name; a name that the result lacks is a mistake in the program.
    public subscript(name: String) -> String? {
        guard let position = columns.positions[name] else { preconditionFailure("the result has no column \(name)") }
        return values[position]
    }

    public func int(_ name: String) -> Int? { self[name].flatMap { Int($0) } }
    public func double(_ name: String) -> Double? { self[name].flatMap { Double($0) } }
    public func bool(_ name: String) -> Bool? { self[name].map { $0 == "t" } }
}
