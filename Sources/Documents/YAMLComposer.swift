import CYaml

/// Builds document values from the events of libyaml.
///
/// libyaml itself is used, not the node reader above it, because that one refuses what PyYAML reads: equal keys, of
/// which the last wins.
struct YAMLComposer: ~Copyable {
    /// Called with the line, counted from 1, of each value as it is met.
    typealias LineRecorder = (_ path: [PathStep], _ line: Int) -> Void

    private var parser: UnsafeMutablePointer<yaml_parser_t>
    private let bytes: UnsafeMutableBufferPointer<UInt8>
    private let origin: String
    private let recordLine: LineRecorder?
    private var anchors: [String: (value: DocumentValue, weight: Int)] = [:]
    /// How long the document is, each alias counted as long as what it stands for.
    private var weight = 0
    /// PostgreSQL takes no longer document; a few lines of aliases of aliases would fill any memory.
    private static let heaviest = 100_000_000
    /// Kept only where somebody asks for lines.
    private var path: [PathStep] = []
    private var depth = 0

    init(_ text: String, origin: String, recordLine: LineRecorder? = nil) {
        (self.origin, self.recordLine) = (origin, recordLine)
        let source = Array(text.utf8)
        bytes = .allocate(capacity: Swift.max(1, source.count))
        _ = bytes.initialize(from: source)
        parser = .allocate(capacity: 1)
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, source.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        bytes.deallocate()
    }

    /// The next document, null for an empty one; nil after the last.
    mutating func nextDocument() throws(DocumentError) -> DocumentValue? {
        while true {
            let event = try nextEvent()
            switch event.kind {
            case YAML_STREAM_END_EVENT: return nil
            case YAML_DOCUMENT_START_EVENT:
                (anchors, weight) = ([:], 0)
                return try compose(try nextEvent())
            default: continue
            }
        }
    }

    /// What is needed of an event of libyaml, which is freed as soon as it is read.
    private struct Event {
        let kind: yaml_event_type_t
        let line: Int
        var anchor: String?
        var text = ""
        var isPlain = false
    }

    private mutating func nextEvent() throws(DocumentError) -> Event {
        var raw = yaml_event_t()
        guard yaml_parser_parse(parser, &raw) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "unknown error"
            let context = parser.pointee.context.map { String(cString: $0) + ", " } ?? ""
            let line = Int(parser.pointee.problem_mark.line) + 1
            throw DocumentError(origin: origin, line: line, reason: "is no valid YAML: \(context)\(problem)")
        }
        defer { yaml_event_delete(&raw) }
        var event = Event(kind: raw.type, line: Int(raw.start_mark.line) + 1)
        switch raw.type {
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            event.anchor = Self.text(scalar.anchor)
            event.text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            event.isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.tag == nil
        case YAML_SEQUENCE_START_EVENT: event.anchor = Self.text(raw.data.sequence_start.anchor)
        case YAML_MAPPING_START_EVENT: event.anchor = Self.text(raw.data.mapping_start.anchor)
        case YAML_ALIAS_EVENT: event.anchor = Self.text(raw.data.alias.anchor)
        default: break
        }
        return event
    }

    private mutating func compose(_ event: Event) throws(DocumentError) -> DocumentValue {
        depth += 1
        defer { depth -= 1 }
        if depth > 256 { throw failure(event, "is nested too deeply") }
        recordLine?(path, event.line)
        let before = weight
        weight += 1 + event.text.utf8.count
        let value: DocumentValue
        switch event.kind {
        case YAML_SCALAR_EVENT: value = event.isPlain ? PlainScalar.resolve(event.text) : .string(event.text)
        case YAML_SEQUENCE_START_EVENT: value = try composeSequence()
        case YAML_MAPPING_START_EVENT: value = try composeMapping()
        case YAML_ALIAS_EVENT:
            guard let known = anchors[event.anchor ?? ""] else {
                throw failure(event, "uses the unknown alias '*\(event.anchor ?? "")'")
            }
            weight += known.weight
            if weight > Self.heaviest { throw failure(event, "holds aliases that stand for too much") }
            return known.value
        default: return .null
        }
        if let anchor = event.anchor { anchors[anchor] = (value, weight - before) }
        return value
    }

    private mutating func composeSequence() throws(DocumentError) -> DocumentValue {
        var values: [DocumentValue] = []
        while true {
            let event = try nextEvent()
            if event.kind == YAML_SEQUENCE_END_EVENT { return .array(values) }
            push(.index(values.count))
            values.append(try compose(event))
            pop()
        }
    }

    private mutating func composeMapping() throws(DocumentError) -> DocumentValue {
        var own = DocumentObject()
        var merged = DocumentObject()
        while true {
            let keyEvent = try nextEvent()
            if keyEvent.kind == YAML_MAPPING_END_EVENT { break }
            let isMerge = keyEvent.isPlain && keyEvent.text == "<<"
            let key = Self.keyText(try compose(keyEvent))
            push(.key(key))
            let valueEvent = try nextEvent()
            let value = try compose(valueEvent)
            recordLine?(path, keyEvent.line)
            pop()
            if isMerge {
                for part in value.array ?? [value] {
                    for entry in part.object ?? DocumentObject() where merged[entry.key] == nil {
                        merged[entry.key] = entry.value
                    }
                }
            } else {
                own[key] = value
            }
        }
        for entry in own { merged[entry.key] = entry.value }
        return .object(merged)
    }

    private mutating func push(_ step: PathStep) { if recordLine != nil { path.append(step) } }
    private mutating func pop() { if recordLine != nil { path.removeLast() } }

    /// Keys of other kinds by Python's spelling.
    private static func keyText(_ key: DocumentValue) -> String {
        switch key {
        case .null: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .integer(let number): String(number)
        case .double(let number): JSONText.number(number)
        case .string(let text): text
        case .array, .object: JSONText.write(key)
        }
    }

    private static func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        bytes.map { String(cString: UnsafePointer<UInt8>($0)) }
    }

    private func failure(_ event: Event, _ reason: String) -> DocumentError {
        DocumentError(origin: origin, line: event.line, reason: reason)
    }
}
