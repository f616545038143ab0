import Documents

/// YAML and JSON laid out as Python's `datacube` prints them: sorted keys, four blanks a level.
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
        documents.map { lines($0).joined(separator: "\n") }.joined(separator: "\n---\n")
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

    private static func lines(_ node: Node) -> [String] {
        switch node {
        case .mapping(let entries, isFlow: false) where !entries.isEmpty:
            entries.flatMap { key, value -> [String] in
                let name = scalar(.string(key)) + ":"
                guard isBlock(value) else { return ["\(name) \(inline(value))"] }
                if case .list = value { return [name] + lines(value) }
                return [name] + lines(value).map { "    " + $0 }
            }
        case .list(let values) where !values.isEmpty:
            values.flatMap { value -> [String] in
                guard isBlock(value) else { return ["- \(inline(value))"] }
                return lines(value).enumerated().map { ($0 == 0 ? "-   " : "    ") + $1 }
            }
        default: [inline(node)]
        }
    }

    private static func isBlock(_ node: Node) -> Bool {
        switch node {
        case .mapping(let entries, let isFlow): !isFlow && !entries.isEmpty
        case .list(let values): !values.isEmpty
        case .value, .plain: false
        }
    }

    private static func inline(_ node: Node) -> String {
        switch node {
        case .value(let value): scalar(value)
        case .plain(let text): text
        case .mapping(let entries, _): "{" + entries.map { "\($0): \(inline($1))" }.joined(separator: ", ") + "}"
        case .list(let values): "[" + values.map(inline).joined(separator: ", ") + "]"
        }
    }

    private static func scalar(_ value: DocumentValue) -> String {
        guard case .string(let text) = value else {
            return YAMLText.write(value).split(separator: "\n").joined()
        }
        if text.contains(where: \.isNewline) { return JSONText.write(value) }
        // What YAML would read as something else than this text is quoted.
        let isTimestamp = text.prefixMatch(of: #/\d{4}-\d{1,2}-\d{1,2}/#) != nil
        let hasIndicator = text.contains(": ") || text.contains(" #") || text.hasSuffix(":") || text.hasSuffix(" ")
        let isPlain = !hasIndicator && text.prefixMatch(of: #/[^\s\-?:,\[\]{}#&*!|>'"%@`]/#) != nil
        let back = try? YAML.parse("v: \(text)\n", origin: "").first?.value["v"]
        if isPlain, !isTimestamp, back == .string(text) { return text }
        return "'" + text.replacing("'", with: "''") + "'"
    }

    /// JSON with four blanks a level, as `json.dumps(…, indent=4)` writes it.
    static func json(_ value: DocumentValue, margin: String = "") -> String {
        let inner = margin + "    "
        switch value {
        case .object(let object) where !object.isEmpty:
            let lines = object.map { inner + JSONText.write(.string($0.key)) + ": " + json($0.value, margin: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
        case .array(let values) where !values.isEmpty:
            return "[\n" + values.map { inner + json($0, margin: inner) }.joined(separator: ",\n") + "\n\(margin)]"
        default: return JSONText.write(value)
        }
    }
}
