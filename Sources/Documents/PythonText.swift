/// Values as Python prints them, for texts that scripts know from the Open Data Cube.
public enum PythonText {
    /// What `repr` gives for a document's value.
    public static func repr(_ value: DocumentValue) -> String {
        switch value {
        case .null: return "None"
        case .bool(let flag): return flag ? "True" : "False"
        case .array(let values): return "[\(values.map(repr).joined(separator: ", "))]"
        case .object(let object):
            return "{\(object.map { "\(repr(.string($0.key))): \(repr($0.value))" }.joined(separator: ", "))}"
        case .string(let text): return repr(text)
        default: return JSONText.write(value)
        }
    }

    /// A text in single quotes, or in double ones where it holds single ones only.
    public static func repr(_ text: String) -> String {
        let quote = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var escaped = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n").replacing("\t", with: "\\t")
        escaped = escaped.replacing("\r", with: "\\r")
        return quote + (quote == "'" ? escaped.replacing("'", with: "\\'") : escaped) + quote
    }
}
