import ClusterExec
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
            case .invalid, .missing, .unknown, .badFilter, .badDescription: self.init(.badRequest, error.description)
            }
        default: return nil
        }
    }
}

/// An error as the client likes to read it.
enum ErrorPage {
    struct Document: Encodable { let status: Int, error: String }

    static func make(code: Int, message: String, _ request: Request, _ context: ServiceContext) -> Response {
        let status = HTTPResponse.Status(code: code)
        if request.wantsJSON || request.uri.path.hasPrefix("/api/") {
            if let response = try? Response.json(Document(status: code, error: message), status: status) {
                return response
            }
        }
        return .text(message + "\n", status: status)
    }
}
