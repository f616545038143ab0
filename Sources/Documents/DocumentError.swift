/// A document that cannot be read or does not say what it must.
public struct DocumentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, or what else the text came from.
    public let origin: String
    /// Counted from 1, nil where no line is to blame.
    public let line: Int?
    /// Counted from 1, nil where only the line is known.
    public let column: Int?
    /// Where in the document, as `measurements[2].dtype`; empty for the whole.
    public let path: String
    public let reason: String
    public let hint: String?

    public init(
        origin: String,
        line: Int? = nil,
        column: Int? = nil,
        path: String = "",
        reason: String,
        hint: String? = nil
    ) {
        (self.origin, self.line, self.column) = (origin, line, column)
        (self.path, self.reason, self.hint) = (path, reason, hint)
    }

    public var description: String {
        let place = line.map { "\(origin):\($0)" } ?? origin
        let key = path.isEmpty ? "" : " '\(path)'"
        return "\(place):\(key) \(reason)." + (hint.map { " \($0)" } ?? "")
    }
}
