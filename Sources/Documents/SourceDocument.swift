/// A document together with where it came from, so that a message can name file and line.
public struct SourceDocument: Sendable {
    /// The file, or what else the text came from.
    public let origin: String
    public let value: DocumentValue
    /// Which document of the text this is, counted from 0.
    public let part: Int
    private let text: String

    init(origin: String, text: String, part: Int, value: DocumentValue) {
        (self.origin, self.text, self.part, self.value) = (origin, text, part, value)
    }

    /// A document that was made rather than read: messages have no line.
    public init(origin: String, value: DocumentValue) { self.init(origin: origin, text: "", part: 0, value: value) }

    /// The same document as part `part` of something larger, counted from 0.
    public func numbered(_ part: Int) -> SourceDocument {
        SourceDocument(origin: origin, text: part == self.part ? text : "", part: part, value: value)
    }

    /// A reader at the root of the document.
    public var root: DocumentReader { DocumentReader(document: self, value: value, path: []) }

    /// The line, counted from 1, of what stands at `path`; the text is read again, as only errors ask for it.
    func line(of path: [PathStep]) -> Int? { text.isEmpty ? nil : YAML.line(of: path, part: part, in: text) }
}

/// One step on the way from the root of a document to a value.
public enum PathStep: Hashable, Sendable {
    case key(String)
    case index(Int)
}
