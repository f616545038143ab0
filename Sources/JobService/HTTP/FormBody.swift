import Foundation
import Hummingbird

/// The fields and files of a request: of its query, of a form or of a multipart body.
struct FormBody: Sendable {
    /// A file of a multipart body.
    struct File: Sendable {
        let name: String
        let fileName: String
        let contentType: String?
        let content: SpooledFile

        /// A file field of a browser's form that nobody has filled.
        var isEmptyField: Bool { fileName.isEmpty && content.size == 0 }
    }

    /// How files are taken in.
    struct FilePlan: Sendable {
        let spool: Spool
        /// The most bytes of a body with files.
        let limit: Int
        /// Is asked with the fields before the first file whether it shall be taken in.
        ///
        /// False where they do not say yet who sends it: such a file is taken in, up to a smaller size, and is gone when
        /// the request is refused.
        var check: @Sendable (FormBody) async throws -> Bool = { _ in true }

        fileprivate static let undecidedLimit = 1 << 28
    }

    /// In the order of the request; a name may come more than once.
    var fields: [(name: String, value: String)] = []
    var files: [File] = []

    /// The first field of a name, in capitals or not.
    subscript(name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    func file(_ name: String) -> File? { files.first { $0.name.lowercased() == name.lowercased() } }

    /// As a form of these fields alone.
    init(fields: [(name: String, value: String)]) { self.fields = fields }

    /// Reads query and body.
    ///
    /// - Parameters:
    ///   - request: With `application/x-www-form-urlencoded` or `multipart/form-data`; another type's body is left alone.
    ///   - limit: The most bytes of fields, which are held in memory.
    ///   - plan: How files are taken in; nil to leave them out.
    /// - Throws: `ServiceError` for a body that is too large or malformed; what the plan's check says.
    init(_ request: inout Request, limit: Int, files plan: FilePlan? = nil) async throws {
        fields = Self.pairs(request.uri.query ?? "")
        let type = request.headers[.contentType] ?? ""
        let kind = type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        switch kind {
        case "application/x-www-form-urlencoded":
            let data = try await request.collectedBody(limit: limit)
            fields += Self.pairs(String(decoding: data, as: UTF8.self))
        case "multipart/form-data", "multipart/mixed":
            let most = plan?.limit ?? limit
            try request.checkLength(most)
            var reader = try MultipartReader(request.body, contentType: type, limit: most)
            var rest = limit
            while let head = try await reader.nextPart() {
                guard let fileName = head.fileName else {
                    fields.append((head.name, try await Self.value(&reader, &rest, limit)))
                    continue
                }
                guard let plan else { continue }
                if files.isEmpty, try await !plan.check(self) { reader.tighten(FilePlan.undecidedLimit) }
                let content = try await plan.spool.receive(&reader)
                files.append(File(name: head.name, fileName: fileName, contentType: head.type, content: content))
            }
        default: break
        }
    }

    private static func value(_ reader: inout MultipartReader, _ rest: inout Int, _ limit: Int) async throws -> String {
        var bytes: [UInt8] = []
        while let part = try await reader.nextBytes() {
            rest -= part.count
            guard rest >= 0 else {
                throw ServiceError(.tooLarge, "the fields have more than \(limit) bytes. Send a long value as a file.")
            }
            bytes += part
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The pairs of `a=1&b=2`, decoded.
    static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(decoded)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }

    private static func decoded(_ text: Substring) -> String {
        let spaced = String(text).replacing("+", with: " ")
        return spaced.removingPercentEncoding ?? spaced
    }
}

extension Request {
    /// True where the headers announce no body.
    fileprivate var hasNoBody: Bool {
        headers[.transferEncoding] == nil && (headers[.contentLength].flatMap { Int($0) } ?? 0) == 0
    }

    /// - Throws: `ServiceError` (too large) where the body is said to be longer.
    func checkLength(_ limit: Int) throws(ServiceError) {
        guard let length = headers[.contentLength].flatMap({ Int($0) }), length > limit else { return }
        throw ServiceError(.tooLarge, "the body has \(length) bytes; at most \(limit) are taken.")
    }

    /// The whole body.
    ///
    /// - Throws: `ServiceError` (too large) beyond the limit.
    mutating func collectedBody(limit: Int) async throws -> Data {
        try checkLength(limit)
        var data = Data()
        for try await buffer in body {
            guard data.count + buffer.readableBytes <= limit else {
                throw ServiceError(.tooLarge, "the body has more than \(limit) bytes.")
            }
            data.append(contentsOf: buffer.readableBytesView)
        }
        return data
    }
}

extension ServiceParts {
    /// The form of a request about a job.
    ///
    /// - Parameters:
    ///   - request: With or without files.
    ///   - context: Of the request.
    ///   - mayBring: Throws where files are not taken in.
    /// - Returns: Its fields and files.
    /// - Throws: `ServiceError` for a body that is too large or malformed, or of another session; what `mayBring` throws.
    func jobForm(
        _ request: inout Request,
        _ context: ServiceContext,
        mayBring: @escaping @Sendable () async throws -> Void
    ) async throws -> FormBody {
        let head = request
        let plan = FormBody.FilePlan(spool: spool, limit: options.uploadLimit) { fields in
            try context.checkSentForm(fields, head)
            try await mayBring()
            return true
        }
        let form = try await FormBody(&request, limit: options.bodyLimit, files: plan)
        try context.checkForm(form["csrf"], request)
        let type = request.headers[.contentType] ?? ""
        let isForm = ["application/x-www-form-urlencoded", "multipart/"].contains { type.lowercased().hasPrefix($0) }
        guard isForm || request.hasNoBody else {
            throw ServiceError(
                .unsupportedType,
                "a job is made and changed by the fields of a form (application/x-www-form-urlencoded or "
                    + "multipart/form-data), not by \(type.isEmpty ? "a body without a type" : type). "
                    + "POST /api/v1/jobs takes JSON."
            )
        }
        return form
    }
}
