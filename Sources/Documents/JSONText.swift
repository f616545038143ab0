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

    /// The same with its text, so that what is wrong in it can be named by its line.
    public static func document(_ text: String, origin: String) throws(DocumentError) -> SourceDocument {
        SourceDocument(origin: origin, text: text, part: 0, value: try parse(text, origin: origin))
    }

    /// One line of JSON.
    ///
    /// Numbers that are not finite become the texts NaN, Infinity and -Infinity.
    public static func write(_ value: DocumentValue, sortedKeys: Bool = false) -> String {
        var out = JSONBytes()
        out.append(value, sortedKeys: sortedKeys)
        return String(decoding: out.bytes, as: UTF8.self)
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

    /// The shortest text that reads back as the same number: `30.0`, `2.75e-05`, `NaN`, `-Infinity`.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }

    static func quoted(_ text: String) -> String {
        var out = JSONBytes()
        out.append(quoted: text)
        return String(decoding: out.bytes, as: UTF8.self)
    }
}

/// One line of JSON that grows byte by byte: every document that is stored comes this way.
private struct JSONBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ value: DocumentValue, sortedKeys: Bool) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .integer(let number): append(String(number))
        case .double(let number) where number.isFinite: append(JSONText.number(number))
        case .double(let number): append(quoted: JSONText.number(number))
        case .string(let text): append(quoted: text)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element, sortedKeys: sortedKeys)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            let entries = sortedKeys ? Self.sorted(object) : Array(object)
            for (key, value) in entries {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                append(quoted: key)
                bytes.append(UInt8(ascii: ":"))
                append(value, sortedKeys: sortedKeys)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    private static func sorted(_ object: DocumentObject) -> [(key: String, value: DocumentValue)] {
        object.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
    }

    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(quoted text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20:
                let hex = String(byte, radix: 16)
                append("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
