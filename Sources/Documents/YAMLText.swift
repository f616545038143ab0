import Foundation

/// Writing documents as block YAML that a YAML 1.1 reader gets back unchanged.
public enum YAMLText {
    /// One document, ending in a newline; keys in their own order, lists of plain numbers on one line.
    public static func write(_ value: DocumentValue) -> String {
        var out = ""
        switch value {
        case .object(let object) where !object.isEmpty: append(object, indent: 0, to: &out)
        case .array(let values) where !values.isEmpty: append(values, indent: 0, to: &out)
        default: out = inline(value) + "\n"
        }
        return out
    }

    /// Several documents, separated by `---`.
    public static func write(documents: [DocumentValue]) -> String {
        documents.map { "---\n" + write($0) }.joined()
    }

    private static func append(_ object: DocumentObject, indent: Int, to out: inout String) {
        let margin = String(repeating: " ", count: indent)
        for (key, value) in object {
            out += margin + scalar(key) + ":"
            appendValue(value, indent: indent, to: &out)
        }
    }

    private static func append(_ values: [DocumentValue], indent: Int, to out: inout String) {
        let margin = String(repeating: " ", count: indent)
        for value in values {
            if case .object(let object) = value, !object.isEmpty {
                var block = ""
                append(object, indent: indent + 2, to: &block)
                out += margin + "- " + block.dropFirst(indent + 2)
            } else {
                out += margin + "-"
                appendValue(value, indent: indent, to: &out)
            }
        }
    }

    private static func appendValue(_ value: DocumentValue, indent: Int, to out: inout String) {
        switch value {
        case .object(let object) where !object.isEmpty:
            out += "\n"
            append(object, indent: indent + 2, to: &out)
        case .array(let values) where !values.isEmpty && !values.allSatisfy(isFlow):
            out += "\n"
            append(values, indent: indent + 2, to: &out)
        default:
            out += " " + inline(value) + "\n"
        }
    }

    /// Numbers, and lists of them (a polygon's ring), stay on one line.
    private static func isFlow(_ value: DocumentValue) -> Bool {
        switch value {
        case .integer, .double, .bool, .null: true
        case .array(let values): values.allSatisfy(isFlow)
        case .string, .object: false
        }
    }

    private static func inline(_ value: DocumentValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): String(number)
        case .double(let number): real(number)
        case .string(let text): scalar(text)
        case .array(let values): "[" + values.map(inline).joined(separator: ", ") + "]"
        case .object(let object):
            "{" + object.map { scalar($0.key) + ": " + inline($0.value) }.joined(separator: ", ") + "}"
        }
    }

    /// YAML 1.1 takes `1e-05` for text: the exponent needs a dot before it and a sign.
    private static func real(_ number: Double) -> String {
        if number.isNaN { return ".nan" }
        if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
        let text = number.description
        guard let exponent = text.firstIndex(of: "e") else { return text }
        let mantissa = text[..<exponent]
        let power = text[text.index(after: exponent)...]
        let sign = power.hasPrefix("-") || power.hasPrefix("+") ? "" : "+"
        return "\(mantissa)\(mantissa.contains(".") ? "" : ".0")e\(sign)\(power)"
    }

    private static func scalar(_ text: String) -> String {
        let looksPlain = isSafe(text) && !text.hasSuffix(":")
        if looksPlain, case .string = PlainScalar.resolve(text) { return text }
        return JSONText.quoted(text)
    }

    /// True for words of harmless characters with single blanks between them: no date, no merge key, nothing with a meaning.
    private static func isSafe(_ text: String) -> Bool {
        var (isFirstWord, isStart, last) = (true, true, UInt8(0))
        for byte in text.utf8 {
            defer { last = byte }
            switch byte {
            case 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2F, 0x2E: isStart = false
            case 0x30...0x39, 0x2B, 0x2D:
                if isFirstWord, isStart { return false }
                isStart = false
            case 0x3A:
                guard isFirstWord, !isStart else { return false }
            case 0x28, 0x29, 0x2C, 0x3B:
                guard !isFirstWord else { return false }
                isStart = false
            case 0x20:
                guard !isStart, last != 0x3A else { return false }
                (isFirstWord, isStart) = (false, true)
            default: return false
            }
        }
        return !isStart
    }
}
