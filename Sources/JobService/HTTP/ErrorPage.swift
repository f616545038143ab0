import ClusterExec
import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

extension ServiceError {
    /// What a client reads of an error that it has caused; nil for one of the service's own.
    init?(answering error: any Error) {
        switch error {
        case let error as ServiceError: self = error
        case let error as JobStoreError where error.code == .noSuchJob:
            self.init(.notFound, "there is no job '\(error.job)'.")
        case let error as JobError:
            switch error.code {
            case .illegalTransition, .parametersFixed: self.init(.forbidden, error.description)
            case .invalid(let name, _), .missing(let name), .unknown(let name, _):
                self.init(.badRequest, error.description, field: name)
            case .badFilter, .badDescription: self.init(.badRequest, error.description)
            }
        case let error as DocumentError: self.init(error)
        default: return nil
        }
    }
}

extension ServiceError {
    /// A mistake in a document of the request.
    private init(_ error: DocumentError) {
        let place = error.line.map { "line \($0)" + (error.column.map { ", column \($0)" } ?? "") + ": " } ?? ""
        let field = error.path.isEmpty ? "" : "'\(error.path)' "
        self.init(
            .badRequest,
            "\(error.origin): \(place)\(field)\(error.reason)." + (error.hint.map { " \($0)" } ?? ""),
            field: error.path.isEmpty ? nil : error.path,
            line: error.line,
            column: error.column
        )
    }
}

/// An error as the client likes to read it.
enum ErrorPage {
    private struct Document: Encodable { let status: Int, error: String, field: String?, line: Int?, column: Int? }

    static func make(code: Int, message: String, _ request: Request, _ context: ServiceContext) -> Response {
        make(code, message, nil, request, context)
    }

    static func make(_ error: ServiceError, _ request: Request, _ context: ServiceContext) -> Response {
        make(error.code.rawValue, error.message, error, request, context)
    }

    private static func make(
        _ code: Int,
        _ message: String,
        _ error: ServiceError?,
        _ request: Request,
        _ context: ServiceContext
    ) -> Response {
        let status = HTTPResponse.Status(code: code)
        if request.wantsJSON || request.uri.path.hasPrefix("/api/") {
            let document = Document(
                status: code,
                error: message,
                field: error?.field,
                line: error?.line,
                column: error?.column
            )
            if let response = try? Response.json(document, status: status) { return response }
        }
        return .text(message + "\n", status: status)
    }
}
