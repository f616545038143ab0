/// A command that cannot be carried out, for a reason that lies in what was asked or what the index holds.
public struct WorkflowError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable {
        /// There is nothing to work on.
        case noInput
        /// What was asked contradicts itself or the index.
        case badRequest
    }

    public let code: Code
    public let reason: String
    public let hint: String?

    public init(_ code: Code, _ reason: String, hint: String? = nil) {
        (self.code, self.reason, self.hint) = (code, reason, hint)
    }

    public var description: String { "\(reason)." + (hint.map { " \($0)" } ?? "") }
}
