/// A scene, a tile or an ingestion configuration that cannot be used.
public struct IngestError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What it is about: a scene, a dataset, a tile.
    public let subject: String
    public let reason: String
    public let hint: String?

    public init(_ subject: String, _ reason: String, hint: String? = nil) {
        (self.subject, self.reason, self.hint) = (subject, reason, hint)
    }

    public var description: String { "\(subject): \(reason)." + (hint.map { " \($0)" } ?? "") }
}
