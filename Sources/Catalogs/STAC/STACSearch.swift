public import Documents
import Foundation
public import Geo

/// What items are asked for.
public struct STACSearch: Sendable {
    /// Where items have to lie.
    public enum Area: Sendable, Equatable {
        /// In longitude and latitude; a box whose left is greater than its right crosses the antimeridian.
        case box(BoundingBox)
        /// In longitude and latitude.
        case shape(MultiPolygon)
    }

    public var collections: [String] = []
    public var ids: [String] = []
    public var area: Area?
    /// A time or interval as RFC 3339 and STAC write it, as `2023-01-01T00:00:00Z/..`.
    public var datetime: String?
    public var conditions: [STACCondition] = []
    /// A filter in CQL2, as text or JSON, handed over as it is.
    public var filter: String?
    /// The most items that are wanted, nil for all.
    public var limit: Int?
    /// Items that are asked for at once.
    public var pageSize = 100

    public init() {}

    /// Vertices above which a shape is replaced by its box in what is sent; what lies beside it is left out afterwards.
    static let mostVertices = 2_000

    /// The areas to ask for, one request each: boxes across the antimeridian fall in two.
    var requestAreas: [Area?] {
        switch area {
        case nil: return [nil]
        case .box(let box)? where box.left > box.right:
            return [
                .box(BoundingBox(left: box.left, bottom: box.bottom, right: 180, top: box.top)),
                .box(BoundingBox(left: -180, bottom: box.bottom, right: box.right, top: box.top)),
            ]
        case .shape(let shape)? where shape.vertexCount > Self.mostVertices:
            return shape.boxes.map { .box($0) }
        case let area?: return [area]
        }
    }

    /// True where an item may lie in the area: what the catalogue said, looked at again where the request was coarser.
    func mayHold(_ item: DocumentValue) -> Bool {
        guard case .shape(let shape)? = area, shape.vertexCount > Self.mostVertices else { return true }
        guard let box = STACItems.bounds(of: item) else { return true }
        return shape.intersects(box)
    }
}

extension MultiPolygon {
    var vertexCount: Int { parts.reduce(0) { $0 + $1.rings.reduce(0) { $0 + $1.count } } }

    /// A box for each side of the antimeridian that the polygon lies on.
    public var boxes: [BoundingBox] {
        guard let bounds else { return [] }
        guard bounds.width > 180 else { return [bounds] }
        let halves = [true, false].compactMap { isWest in
            BoundingBox(around: parts.lazy.flatMap { $0.rings.joined() }.filter { ($0.x < 0) == isWest })
        }
        // A country on both sides of Greenwich and of the antimeridian is wide on either half.
        return halves.reduce(0) { $0 + $1.width } < bounds.width ? halves : [bounds]
    }
}

/// What a list of items may be asked for besides place and time: `eo:cloud_cover < 20`.
public struct STACCondition: Sendable, Hashable {
    public enum Comparison: String, Sendable, CaseIterable {
        case equal = "=", notEqual = "!=", less = "<", lessOrEqual = "<=", greater = ">", greaterOrEqual = ">="
        case among = "in"

        /// By the name that the extension `query` gives it.
        var queryName: String {
            switch self {
            case .equal: "eq"
            case .notEqual: "neq"
            case .less: "lt"
            case .lessOrEqual: "lte"
            case .greater: "gt"
            case .greaterOrEqual: "gte"
            case .among: "in"
            }
        }

        var cql2: String { self == .notEqual ? "<>" : rawValue }
    }

    public let property: String
    public let comparison: Comparison
    /// A list for `among`.
    public let value: DocumentValue

    public init(_ property: String, _ comparison: Comparison, _ value: DocumentValue) {
        (self.property, self.comparison, self.value) = (property, comparison, value)
    }

    /// Conditions as people write them: `eo:cloud_cover<20`, `platform=sentinel-2a`, `platform in a,b`, or the JSON of
    /// the extension `query`; nil for anything else.
    public static func parse(_ text: String) -> [STACCondition]? {
        let text = text.trimmingCharacters(in: .whitespaces)
        if text.hasPrefix("{") { return parse(json: text) }
        if let match = text.wholeMatch(of: #/([^\s<>=!]+)\s*(==|<=|>=|<>|!=|<|>|=)\s*(.+)/#) {
            let sign = ["==": "=", "<>": "!="][String(match.2)] ?? String(match.2)
            guard let comparison = Comparison(rawValue: sign) else { return nil }
            return [STACCondition(String(match.1), comparison, scalar(match.3))]
        }
        guard let match = text.wholeMatch(of: #/([^\s<>=!]+)\s+in\s+\(?([^()]+)\)?/#.ignoresCase()) else { return nil }
        let values = match.2.split(separator: ",").map { scalar($0) }
        return [STACCondition(String(match.1), .among, .array(values))]
    }

    private static func parse(json text: String) -> [STACCondition]? {
        guard let object = try? JSONText.parse(text, origin: "--query").object else { return nil }
        var conditions: [STACCondition] = []
        for (property, comparisons) in object {
            guard let comparisons = comparisons.object else { return nil }
            for (name, value) in comparisons {
                guard let comparison = Comparison.allCases.first(where: { $0.queryName == name }) else { return nil }
                conditions.append(STACCondition(property, comparison, value))
            }
        }
        return conditions
    }

    private static func scalar(_ text: Substring) -> DocumentValue {
        let text = text.trimmingCharacters(in: .whitespaces)
        for quote in ["'", "\""] where text.count > 1 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return .string(String(text.dropFirst().dropLast()))
        }
        if let number = Int(text) { return .integer(number) }
        if let number = Double(text), number.isFinite { return .double(number) }
        return text == "true" ? true : text == "false" ? false : .string(text)
    }

    /// True where an item meets it; items without the property do not.
    func isMet(by item: DocumentValue) -> Bool {
        guard let found = item.at("properties", property) else { return false }
        if comparison == .among { return value.array?.contains { Self.order(found, $0) == 0 } ?? false }
        guard let order = Self.order(found, value) else { return comparison == .notEqual }
        switch comparison {
        case .equal: return order == 0
        case .notEqual: return order != 0
        case .less: return order < 0
        case .lessOrEqual: return order <= 0
        case .greater: return order > 0
        case .greaterOrEqual: return order >= 0
        case .among: return false
        }
    }

    /// Nil for values of different kinds.
    private static func order(_ a: DocumentValue, _ b: DocumentValue) -> Int? {
        if a == b { return 0 }
        if let a = a.double, let b = b.double { return a < b ? -1 : a > b ? 1 : 0 }
        if let a = a.string, let b = b.string { return a < b ? -1 : 1 }
        return nil
    }
}
