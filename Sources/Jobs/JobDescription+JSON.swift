public import Documents
import Foundation

/// The form in JSON: OPUS's names, parameters by their names with a list of the names in order.
extension JobDescription: Encodable {
    public func encode(to encoder: any Encoder) throws {
        try document.encode(to: encoder)
    }

    /// As a JSON document.
    public var json: String { JSONText.pretty(document) + "\n" }

    /// As a value: numbers and truth values of parameters are texts, as OPUS's pages compare them.
    public var document: DocumentValue {
        var object = DocumentObject()
        object["name"] = .string(name)
        for field in Self.texts { object[field.key] = .string(self[keyPath: field.path]) }
        object["executionDuration"] = .integer(executionDuration)
        if let quote { object["quote"] = .integer(quote) }
        if isOpen { object["open"] = true }
        if let script { object["script"] = .string(script) }
        object.add("parameters", parameters.map { ($0.name, $0.document) })
        object.add("used", inputs.map { ($0.name, $0.document) })
        object.add("generated", results.map { ($0.name, $0.document) })
        return .object(object)
    }

    /// Keys whose values are plain texts.
    static var texts: [(key: String, path: WritableKeyPath<JobDescription, String>)] {
        [
            ("version", \.version), ("annotation", \.annotation), ("group", \.group), ("type", \.type),
            ("subtype", \.subtype), ("doculink", \.documentation), ("url", \.url), ("contact_name", \.contactName),
            ("contact_email", \.contactEmail),
        ]
    }

    /// Reads the form in JSON; keys that are missing have their usual values.
    ///
    /// - Throws: `DocumentError` with the line of the first mistake.
    public init(_ root: DocumentReader) throws(DocumentError) {
        let keys = [
            "name", "executionDuration", "executionduration", "quote", "open", "script", "parameters",
            "parameters_keys",
            "used", "used_keys", "generated", "generated_keys", "control_parameters", "control_parameters_keys",
        ]
        try root.allowOnly(Self.texts.map(\.key) + keys)
        self.init(name: try root.required("name").string())
        for field in Self.texts {
            if let reader = root.optional(field.key) { self[keyPath: field.path] = try reader.scalar() }
        }
        if version.isEmpty { version = "1" }
        let duration = root.optional("executionDuration") ?? root.optional("executionduration")
        executionDuration = try duration?.seconds() ?? 0
        quote = try root.optional("quote")?.seconds()
        isOpen = try root.optional("open")?.flag() ?? false
        script = try (root.optional("script")?.string()).flatMap(Self.program)
        parameters = try root.items("parameters", ParameterDescription.init)
        inputs = try root.items("used", InputDescription.init)
        results = try root.items("generated", ResultDescription.init)
    }
}

extension DocumentObject {
    fileprivate mutating func add(_ key: String, _ items: [(name: String, value: DocumentValue)]) {
        self[key] = .object(DocumentObject(items.map { (key: $0.name, value: $0.value) }))
        self["\(key)_keys"] = .array(items.map { .string($0.name) })
    }

    fileprivate init(texts: [(String, String?)]) {
        self.init()
        for (key, text) in texts { self[key] = text.map { .string($0) } }
    }
}

extension ParameterDescription {
    fileprivate var document: DocumentValue {
        let texts: [(String, String?)] = [
            ("datatype", type.rawValue), ("required", "\(isRequired)"), ("default", defaultValue ?? ""),
            ("annotation", annotation), ("unit", unit), ("ucd", ucd), ("utype", utype),
            ("min", minimum.map(numberText)), ("max", maximum.map(numberText)),
            ("options", options.isEmpty ? nil : options.joined(separator: ",")),
        ]
        return .object(DocumentObject(texts: texts))
    }

    fileprivate init(_ name: String, _ reader: DocumentReader) throws(DocumentError) {
        try reader.allowOnly([
            "name", "datatype", "type", "required", "default", "annotation", "unit", "ucd", "utype", "min", "max",
            "options", "choices", "url",
        ])
        func text(_ key: String) throws(DocumentError) -> String? {
            let text = try reader.optional(key)?.scalar()
            return text?.isEmpty == true ? nil : text
        }
        var type = DataType.string
        if let place = reader.optional("datatype") ?? reader.optional("type") {
            guard let found = DataType(named: try place.string()) else {
                let known = DataType.allCases.map(\.rawValue).joined(separator: ", ")
                throw place.failure("has the unknown type '\(try place.string())'", hint: "Known: \(known).")
            }
            type = found
        }
        let options = try reader.optional("options")?.list(",")
        let choices = try reader.optional("choices")?.list("|")
        self.init(
            name,
            type,
            isRequired: try reader.optional("required")?.flag() ?? false,
            defaultValue: try text("default"),
            unit: try text("unit"),
            ucd: try text("ucd"),
            utype: try text("utype"),
            minimum: try reader.optional("min")?.number(),
            maximum: try reader.optional("max")?.number(),
            options: options ?? choices ?? [],
            annotation: try text("annotation") ?? ""
        )
    }
}

extension InputDescription {
    fileprivate var document: DocumentValue {
        let texts: [(String, String?)] = [
            ("datatype", parameter.type.rawValue), ("content_type", contentType), ("multiplicity", multiplicity),
            ("default", defaultValue ?? ""), ("required", "\(parameter.isRequired)"), ("annotation", annotation),
            ("url", url),
        ]
        return .object(DocumentObject(texts: texts))
    }

    fileprivate init(_ name: String, _ reader: DocumentReader) throws(DocumentError) {
        try reader.allowOnly([
            "name", "datatype", "content_type", "multiplicity", "default", "required", "annotation", "url", "role",
        ])
        let multiplicity = try reader.optional("multiplicity")?.scalar() ?? ""
        let usual = try reader.optional("default")?.scalar() ?? ""
        // Who writes that it is not required, and names nothing to take instead, has said how many there may be.
        let required = try reader.optional("required")?.scalar().lowercased()
        let isOptional = usual.isEmpty && required == "false"
        self.init(
            name,
            contentType: try reader.optional("content_type")?.scalar() ?? "",
            multiplicity: multiplicity.isEmpty && isOptional ? "0..1" : multiplicity,
            defaultValue: usual,
            url: try reader.optional("url")?.scalar() ?? Self.fileURL,
            annotation: try reader.optional("annotation")?.scalar() ?? ""
        )
    }
}

extension ResultDescription {
    fileprivate var document: DocumentValue {
        let texts: [(String, String?)] = [
            ("content_type", contentType), ("multiplicity", multiplicity), ("default", pattern ?? ""),
            ("annotation", annotation),
        ]
        return .object(DocumentObject(texts: texts))
    }

    fileprivate init(_ name: String, _ reader: DocumentReader) throws(DocumentError) {
        try reader.allowOnly(["name", "content_type", "multiplicity", "default", "annotation", "role", "url"])
        self.init(
            name,
            contentType: try reader.optional("content_type")?.scalar() ?? "",
            multiplicity: try reader.optional("multiplicity")?.scalar() ?? "",
            pattern: try reader.optional("default")?.scalar(),
            annotation: try reader.optional("annotation")?.scalar() ?? ""
        )
    }
}

/// A number as people write it: `20`, `0.5`.
func numberText(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }

extension DocumentReader {
    /// Items by their names, or a list of items with a name each, in the order that KEY_keys says.
    fileprivate func items<Item>(
        _ key: String,
        _ make: (String, DocumentReader) throws(DocumentError) -> Item
    ) throws(DocumentError) -> [Item] {
        guard let reader = optional(key) else { return [] }
        var named: [(name: String, reader: DocumentReader)] = []
        if reader.value.array != nil {
            for element in try reader.elements() { named.append((try element.required("name").string(), element)) }
        } else {
            named = try reader.entries().map { ($0.key, $0.reader) }
        }
        if let order = optional("\(key)_keys") {
            let names = try order.strings()
            let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            if let missing = names.first(where: { name in !named.contains { $0.name == name } }) {
                throw order.failure("names '\(missing)', which \(key) does not hold")
            }
            named = named.enumerated().sorted { a, b in
                let (x, y) = (places[a.element.name] ?? .max, places[b.element.name] ?? .max)
                return x != y ? x < y : a.offset < b.offset
            }.map(\.element)
        }
        var items: [Item] = []
        for (name, reader) in named { items.append(try make(name, reader)) }
        return items
    }

    /// A text, or a number or truth value as a text.
    fileprivate func scalar() throws(DocumentError) -> String {
        switch value {
        case .double(let number): numberText(number)
        case .bool(let flag): "\(flag)"
        default: try string()
        }
    }

    /// True and false, as such or as texts.
    fileprivate func flag() throws(DocumentError) -> Bool {
        switch value.string?.lowercased() {
        case "true", "on": true
        case "false", "": false
        default: try bool()
        }
    }

    /// Nil for an empty text.
    fileprivate func number() throws(DocumentError) -> Double? {
        guard let text = value.string else { return try double() }
        guard !text.isEmpty else { return nil }
        guard let number = Double(text), number.isFinite else { throw failure("must be a number, not '\(text)'") }
        return number
    }

    /// Nil for an empty text.
    fileprivate func seconds() throws(DocumentError) -> Int? {
        guard let number = try number() else { return nil }
        guard let seconds = Int(exactly: number), seconds >= 0 else {
            throw failure("must be a whole number of seconds, not \(numberText(number))")
        }
        return seconds
    }

    /// A list, or a text with the elements between separators.
    fileprivate func list(_ separator: Character) throws(DocumentError) -> [String] {
        guard let text = value.string else {
            var texts: [String] = []
            for element in try elements() { texts.append(try element.scalar()) }
            return texts
        }
        return text.split(separator: separator).map { $0.trimmingCharacters(in: .whitespaces) }
    }
}

extension DocumentValue {
    fileprivate func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let object):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in object { try value.encode(to: container.superEncoder(forKey: AnyKey(key))) }
        case .array(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try value.encode(to: container.superEncoder()) }
        case .null, .bool, .integer, .double, .string:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let flag): try container.encode(flag)
            case .integer(let number): try container.encode(number)
            case .double(let number): try container.encode(number)
            case .string(let text): try container.encode(text)
            default: try container.encodeNil()
            }
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ text: String) { stringValue = text }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }
}
