/// A failure in talking to a catalogue or in fetching a file from one; no secret is ever part of it.
public struct CatalogError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case badAddress = "cannot use the address"
        case badRequest = "cannot ask for this"
        case unreachable = "cannot reach"
        case refused = "access refused by"
        case notFound = "nothing is at"
        case failed = "no usable answer from"
        case rateLimited = "too many requests for"
        case tooLarge = "too much data from"
        case mismatch = "damaged file"
        case cannotWrite = "cannot write"
    }

    public let code: Code
    /// An address without its query and without user and password, or a path.
    public let subject: String
    public let reason: String
    public let hint: String?
    /// The answer's status, nil where there was no answer.
    public let status: Int?

    public init(_ code: Code, _ subject: String, _ reason: String = "", hint: String? = nil, status: Int? = nil) {
        (self.code, self.subject, self.reason, self.hint, self.status) = (code, subject, reason, hint, status)
    }

    public var description: String {
        "\(code.rawValue) '\(subject)'" + (reason.isEmpty ? "" : ": \(reason)") + "." + (hint.map { " \($0)" } ?? "")
    }
}
