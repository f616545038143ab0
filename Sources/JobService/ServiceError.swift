/// A request that the service does not fulfil, and what the client reads.
public struct ServiceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, as HTTP says it.
    public enum Code: Int, Sendable {
        case badRequest = 400
        case unauthenticated = 401
        case forbidden = 403
        case notFound = 404
        case methodNotAllowed = 405
        case requestTimeout = 408
        case conflict = 409
        case tooLarge = 413
        case unsupportedType = 415
        case unprocessable = 422
        case tooMany = 429
        case `internal` = 500
        case unavailable = 503
    }

    public let code: Code
    /// What failed, where, why, and what to do.
    public let message: String
    /// The field of the request that is to blame, as `parameters.time`.
    public let field: String?
    /// Where the mistake stands in a document of the request, counted from 1.
    public let line: Int?
    public let column: Int?

    public init(_ code: Code, _ message: String, field: String? = nil, line: Int? = nil, column: Int? = nil) {
        (self.code, self.message, self.field) = (code, message, field)
        (self.line, self.column) = (line, column)
    }

    public var description: String { message }
}
