/// A failure in setting up: borders, regions or templates.
public struct InitError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case unknownCountry = "unknown country"
        case unknownRegion = "unknown region"
        case noBorders = "no borders to take countries from"
        case unusableFile = "cannot take borders from"
        case unwritable = "cannot write"
    }

    public let code: Code
    public let subject: String
    public let reason: String?
    public let hint: String?

    init(_ code: Code, _ subject: String, _ reason: String? = nil, hint: String? = nil) {
        (self.code, self.subject, self.reason, self.hint) = (code, subject, reason, hint)
    }

    public var description: String {
        let about = subject.isEmpty ? "" : " '\(subject)'"
        return "\(code.rawValue)\(about)\(reason.map { ": \($0)" } ?? "")." + (hint.map { " \($0)" } ?? "")
    }
}
