import Foundation

/// Reading and writing JSON so that whole numbers and reals stay apart and keys keep their order.
///
/// Foundation's reader makes `30.0` and `30` the same; PostgreSQL's jsonb and Python do not.
public enum JSONText {
    /// The value that a JSON text holds.
    public static func parse(_ text: String, origin: String) throws(DocumentError) -> DocumentValue {
        var parser = JSONParser(Array(text.utf8), origin: origin)
        return try parser.parseDocument()
    }

    /// One line of JSON.
    ///
    /// Numbers that are not finite become the texts NaN, Infinity and -Infinity.
    public static func write(_ value: DocumentValue, sortedKeys: Bool = false) -> String {
        var out = ""
        append(value, to: &out, sortedKeys: sortedKeys)
        return out
    }

    /// JSON of several lines, two blanks a level, for people.
    public static func pretty(_ value: DocumentValue, indent: String = "") -> String {
        let inner = indent + "  "
        switch value {
        case .array(let values) where !values.isEmpty:
            let lines = values.map { inner + pretty($0, indent: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let object) where !object.isEmpty:
            let lines = object.map { inner + quoted($0.key) + ": " + pretty($0.value, indent: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        default:
            return write(value)
        }
    }

    private static func append(_ value: DocumentValue, to out: inout String, sortedKeys: Bool) {
        switch value {
        case .null: out += "null"
        case .bool(let flag): out += flag ? "true" : "false"
        case .integer(let number): out += String(number)
        case .double(let number): out += number.isFinite ? Self.number(number) : quoted(Self.number(number))
        case .string(let text): out += quoted(text)
        case .array(let values):
            out += "["
            for (index, element) in values.enumerated() {
                if index > 0 { out += "," }
                append(element, to: &out, sortedKeys: sortedKeys)
            }
            out += "]"
        case .object(let object):
            out += "{"
            let keys =
                sortedKeys
                ? object.keys.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) } : object.keys
            for (index, key) in keys.enumerated() {
                if index > 0 { out += "," }
                out += quoted(key)
                out += ":"
                append(object[key] ?? .null, to: &out, sortedKeys: sortedKeys)
            }
            out += "}"
        }
    }

    /// The shortest text that reads back as the same number: `30.0`, `2.75e-05`, `NaN`, `-Infinity`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
