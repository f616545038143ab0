/// A YAML or JSON value.
///
/// Whole numbers and reals are kept apart, and mappings keep the order of their keys.
public enum DocumentValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case double(Double)
    case string(String)
    case array([DocumentValue])
    case object(DocumentObject)

    /// The value under `key` of a mapping, nil elsewhere.
    public subscript(key: String) -> DocumentValue? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// The value at the end of a path of keys, nil where the path breaks off or ends in null.
    public func at(_ path: [String]) -> DocumentValue? {
        var value = self
        for key in path {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value == .null ? nil : value
    }

    public func at(_ path: String...) -> DocumentValue? { at(path) }

    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    public var bool: Bool? {
        guard case .bool(let flag) = self else { return nil }
        return flag
    }

    /// A whole number; a real one only where it is whole.
    public var integer: Int? {
        switch self {
        case .integer(let number): number
        case .double(let number): Int(exactly: number)
        default: nil
        }
    }

    /// A number of either kind, or one of the texts NaN, Infinity and -Infinity by which JSON columns hold them.
    public var double: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .double(let number): number
        case .string("NaN"), .string("nan"): .nan
        case .string("Infinity"), .string("Inf"): .infinity
        case .string("-Infinity"), .string("-Inf"): -.infinity
        default: nil
        }
    }

    public var array: [DocumentValue]? {
        guard case .array(let values) = self else { return nil }
        return values
    }

    public var object: DocumentObject? {
        guard case .object(let object) = self else { return nil }
        return object
    }

    /// What kind of value this is, for messages.
    public var kind: String {
        switch self {
        case .null: "nothing"
        case .bool: "a boolean"
        case .integer: "a whole number"
        case .double: "a number"
        case .string: "text"
        case .array: "a list"
        case .object: "a mapping"
        }
    }
}

extension DocumentValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: DocumentValue...) { self = .array(elements) }
    public init(nilLiteral: ()) { self = .null }
    public init(dictionaryLiteral elements: (String, DocumentValue)...) {
        self = .object(DocumentObject(elements.map { (key: $0.0, value: $0.1) }))
    }
}
