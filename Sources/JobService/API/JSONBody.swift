import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

extension Request {
    /// The body as a JSON document.
    ///
    /// - Throws: `ServiceError` for a body that is too large; `DocumentError` with line and column of what is no JSON.
    mutating func jsonBody(limit: Int) async throws -> DocumentReader {
        let data = try await collectedBody(limit: limit)
        guard let text = String(validating: data, as: UTF8.self) else {
            throw ServiceError(.badRequest, "the body is not UTF-8 text.")
        }
        guard !text.allSatisfy(\.isWhitespace) else {
            throw ServiceError(.badRequest, "the request has no body; it needs a JSON object.")
        }
        let root = try JSONText.document(text, origin: "the request").root
        guard root.value.object != nil else { throw root.failure("must be a JSON object, not \(root.value.kind)") }
        return root
    }

    /// True where the body is a form's.
    var hasForm: Bool {
        let type = headers[.contentType]?.lowercased() ?? ""
        return type.hasPrefix("application/x-www-form-urlencoded") || type.hasPrefix("multipart/form-data")
    }

    /// The last value of a name in the query.
    func query(_ name: String) -> String? {
        FormBody.pairs(uri.query ?? "").last { $0.name.lowercased() == name.lowercased() }?.value
    }
}

extension DocumentReader {
    /// A parameter's value: texts, numbers and truth values as they are, lists and objects as JSON.
    var parameterText: String {
        switch value {
        case .string(let text): text
        case .null: ""
        default: JSONText.write(value)
        }
    }

    /// The parameters of a job: an object of names and values.
    func jobParameters() throws(DocumentError) -> [JobParameter] {
        try entries().map { JobParameter($0.key, $0.reader.parameterText) }
    }

    /// A time of ISO 8601.
    func instant() throws(DocumentError) -> Instant {
        let text = try string()
        guard let instant = Instant(text) else {
            throw failure("must be a time such as 2027-01-31T12:00:00Z, not '\(text)'")
        }
        return instant
    }
}
