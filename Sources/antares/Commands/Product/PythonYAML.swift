import Documents

/// YAML and JSON laid out as Python's `datacube` prints them: sorted keys, four blanks a level, lines of 80.
///
/// The layout is that of PyYAML's `dump_all(…, default_flow_style=False, indent=4)`.
enum PythonYAML {
    /// A value that is written in its own way.
    indirect enum Node {
        case value(DocumentValue)
        /// Text that is written as it stands, as a timestamp.
        case plain(String)
        /// Keys in their own order, on several lines or on one.
        case mapping([(String, Node)], isFlow: Bool = false)
        case list([Node])
    }

    static func write(documents: [DocumentValue]) -> String { write(documents.map(node)) }

    /// Documents separated by `---`.
    static func write(_ documents: [Node]) -> String {
        documents.map { document in
            var writer = Writer()
            writer.write(document, indent: 0)
            return writer.text
        }.joined(separator: "\n---\n")
    }

    static func node(_ value: DocumentValue) -> Node {
        switch value {
        case .object(let object): .mapping(object.map { ($0.key, node($0.value)) }.sorted { $0.0 < $1.0 })
        case .array(let values): .list(values.map(node))
        default: .value(value)
        }
    }

    /// The same content without its layout; timestamps become text.
    static func value(_ node: Node) -> DocumentValue {
        switch node {
        case .value(let value): value
        case .plain(let text): .string(text.replacing("'", with: ""))
        case .mapping(let entries, _): .object(DocumentObject(entries.map { (key: $0, value: value($1)) }))
        case .list(let nodes): .array(nodes.map(value))
        }
    }

    /// JSON with four blanks a level, as `json.dumps(…, indent=4)` writes it.
    static func json(_ value: DocumentValue, margin: String = "") -> String {
        let inner = margin + "    "
        switch value {
        case .object(let object) where !object.isEmpty:
            let lines = object.map { inner + ascii(.string($0.key)) + ": " + json($0.value, margin: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
        case .array(let values) where !values.isEmpty:
            return "[\n" + values.map { inner + json($0, margin: inner) }.joined(separator: ",\n") + "\n\(margin)]"
        default: return ascii(value)
        }
    }

    /// JSON in which everything beyond ASCII is escaped.
    private static func ascii(_ value: DocumentValue) -> String {
        JSONText.write(value).utf16.map { unit in
            guard unit > 0x7E, let scalar = Unicode.Scalar(0x10000 + UInt32(unit)) else {
                return String(UnicodeScalar(UInt8(truncatingIfNeeded: unit)))
            }
            return "\\u" + String(scalar.value, radix: 16).dropFirst()
        }.joined()
    }
}

extension PythonYAML {
    /// What has been written, and where the line stands.
    private struct Writer {
        var text = ""
        private var column: Int { text.reversed().prefix { $0 != "\n" }.count }

        private mutating func newLine(_ indent: Int) { text += "\n" + String(repeating: " ", count: indent) }

        /// Writes a node; the line stands where its first character goes.
        mutating func write(_ node: Node, indent: Int) {
            switch node {
            case .mapping(let entries, isFlow: false) where !entries.isEmpty:
                for (number, entry) in entries.enumerated() {
                    if number > 0 { newLine(indent) }
                    scalar(entry.0, indent: indent, isKey: true)
                    text += ":"
                    writeBelow(entry.1, indent: indent)
                }
            case .list(let values) where !values.isEmpty:
                for (number, value) in values.enumerated() {
                    if number > 0 { newLine(indent) }
                    text += PythonYAML.isBlock(value) ? "-   " : "- "
                    write(value, indent: indent + 4)
                }
            case .mapping(let entries, _):
                text += "{"
                for (number, entry) in entries.enumerated() {
                    text += number > 0 ? ", " : ""
                    scalar(entry.0, indent: indent + 4, isKey: true)
                    text += ": "
                    write(entry.1, indent: indent + 4)
                }
                text += "}"
            case .list: text += "[]"
            case .plain(let plain): text += plain
            case .value(.string(let string)): scalar(string, indent: indent, isKey: false)
            case .value(let value): text += YAMLText.write(value).split(separator: "\n").joined()
            }
        }

        /// Writes what belongs to a key: a block on the lines below, all else behind it; lists are not indented.
        private mutating func writeBelow(_ node: Node, indent: Int) {
            guard PythonYAML.isBlock(node) else {
                text += " "
                return write(node, indent: indent + 4)
            }
            let inner = if case .list = node { indent } else { indent + 4 }
            newLine(inner)
            write(node, indent: inner)
        }

        private mutating func scalar(_ string: String, indent: Int, isKey: Bool) {
            let style = PythonScalar(string).style(isKey: isKey)
            let folded = style.fold(string, column: column, indent: indent, splits: !isKey)
            text += folded
        }
    }

    private static func isBlock(_ node: Node) -> Bool {
        switch node {
        case .mapping(let entries, let isFlow): !isFlow && !entries.isEmpty
        case .list(let values): !values.isEmpty
        case .value, .plain: false
        }
    }
}
