/// A value within a document that knows its way from the root, for reading configuration with good messages.
public struct DocumentReader: Sendable {
    public let document: SourceDocument
    public let value: DocumentValue
    let path: [PathStep]

    /// The path as text: `measurements[2].dtype`.
    public var pathText: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .key(let key): text += text.isEmpty ? key : ".\(key)"
            case .index(let index): text += "[\(index)]"
            }
        }
    }

    /// The line of the text where this stands, counted from 1.
    public var line: Int? { document.line(of: path) }

    /// An error at this place.
    public func failure(_ reason: String, hint: String? = nil) -> DocumentError {
        DocumentError(origin: document.origin, line: line, path: pathText, reason: reason, hint: hint)
    }

    /// The value under a key, nil where the key is missing or null.
    public func optional(_ key: String) -> DocumentReader? {
        guard let child = value[key], child != .null else { return nil }
        return DocumentReader(document: document, value: child, path: path + [.key(key)])
    }

    /// The value under a key that has to be there.
    public func required(_ key: String) throws(DocumentError) -> DocumentReader {
        _ = try object()
        guard let child = optional(key) else { throw failure("needs the key '\(key)'") }
        return child
    }

    /// Fails at the first key that is not known, with the nearest known one.
    public func allowOnly(_ known: [String]) throws(DocumentError) {
        for entry in try entries() where !known.contains(entry.key) {
            let near = nearest(to: entry.key, in: known)
            let hint = near.map { "Did you mean '\($0)'?" } ?? "Known keys: \(known.joined(separator: ", "))."
            throw entry.reader.failure("is an unknown key", hint: hint)
        }
    }

    public func string() throws(DocumentError) -> String {
        switch value {
        case .string(let text): return text
        case .integer(let number): return String(number)
        default: throw failure("must be text, not \(value.kind)")
        }
    }

    public func integer() throws(DocumentError) -> Int {
        guard let number = value.integer else { throw failure("must be a whole number, not \(shown)") }
        return number
    }

    public func double() throws(DocumentError) -> Double {
        guard let number = value.double else { throw failure("must be a number, not \(shown)") }
        return number
    }

    public func bool() throws(DocumentError) -> Bool {
        guard let flag = value.bool else { throw failure("must be true or false, not \(shown)") }
        return flag
    }

    /// One of several texts.
    public func choice<T: RawRepresentable & CaseIterable>(_ type: T.Type) throws(DocumentError) -> T
    where T.RawValue == String {
        let text = try string()
        guard let choice = T(rawValue: text) else {
            let known = T.allCases.map(\.rawValue)
            let near = nearest(to: text, in: known).map { "Did you mean '\($0)'? " } ?? ""
            throw failure("has the unknown value '\(text)'", hint: "\(near)Known: \(known.joined(separator: ", ")).")
        }
        return choice
    }

    /// The elements of a list.
    public func elements() throws(DocumentError) -> [DocumentReader] {
        guard case .array(let values) = value else { throw failure("must be a list, not \(value.kind)") }
        return values.enumerated().map { index, element in
            DocumentReader(document: document, value: element, path: path + [.index(index)])
        }
    }

    /// A list of texts; a single text counts as a list of one.
    public func strings() throws(DocumentError) -> [String] {
        if case .string(let text) = value { return [text] }
        var texts: [String] = []
        for element in try elements() { texts.append(try element.string()) }
        return texts
    }

    /// The keys and values of a mapping, in the order of the document.
    public func entries() throws(DocumentError) -> [(key: String, reader: DocumentReader)] {
        try object().map { entry in
            (entry.key, DocumentReader(document: document, value: entry.value, path: path + [.key(entry.key)]))
        }
    }

    private func object() throws(DocumentError) -> DocumentObject {
        guard case .object(let object) = value else { throw failure("must be a mapping, not \(value.kind)") }
        return object
    }

    private var shown: String {
        guard case .string(let text) = value else { return value.kind }
        return "'\(text)'"
    }
}
