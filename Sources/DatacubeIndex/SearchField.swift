public import Documents

/// A value that datasets can be searched by: its kind and where documents hold it.
public struct SearchField: Hashable, Sendable {
    /// The kinds by the names of metadata types.
    public enum Kind: String, Sendable, CaseIterable {
        case string, integer, double, datetime
        case numericRange = "numeric-range"
        case floatRange = "float-range"
        case doubleRange = "double-range"
        case integerRange = "integer-range"
        case datetimeRange = "datetime-range"

        public var isRange: Bool {
            switch self {
            case .string, .integer, .double, .datetime: false
            case .numericRange, .floatRange, .doubleRange, .integerRange, .datetimeRange: true
            }
        }
    }

    public let name: String
    public let kind: Kind
    public let isIndexed: Bool
    /// Where the value stands; of several paths the first that leads to a value counts.
    public let paths: [[String]]
    /// Where the two ends of a range stand; the lowest and the highest count.
    public let lowerPaths: [[String]]
    public let upperPaths: [[String]]

    init(name: String, kind: Kind, paths: [[String]]) {
        (self.name, self.kind, self.paths) = (name, kind, paths)
        (isIndexed, lowerPaths, upperPaths) = (false, [], [])
    }

    /// Reads one entry of `search_fields`; nil for a kind that is not known.
    init?(name: String, document: DocumentValue) {
        guard let kind = Kind(rawValue: document["type"]?.string ?? "string") else { return nil }
        func paths(_ key: String) -> [[String]] {
            guard let list = document[key]?.array else { return [] }
            if list.contains(where: { $0.string != nil }) { return [list.compactMap(\.string)] }
            return list.compactMap { $0.array?.compactMap(\.string) }
        }
        (self.name, self.kind) = (name, kind)
        isIndexed = document["indexed"]?.bool ?? true
        self.paths = paths("offset")
        (lowerPaths, upperPaths) = (paths("min_offset"), paths("max_offset"))
        guard kind.isRange ? !lowerPaths.isEmpty && !upperPaths.isEmpty : !self.paths.isEmpty else { return nil }
    }

    /// The values of a scalar in a document: the first path that leads somewhere.
    public func value(in document: DocumentValue) -> DocumentValue? {
        paths.lazy.compactMap { document.at($0) }.first
    }

    /// The ends of a range in a document as they are written, lower and upper.
    public func range(in document: DocumentValue) -> (lower: [DocumentValue], upper: [DocumentValue]) {
        (lowerPaths.compactMap { document.at($0) }, upperPaths.compactMap { document.at($0) })
    }
}
