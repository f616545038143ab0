import Foundation
import Hummingbird

/// The fields and files of a request: of its query, of a form or of a multipart body.
struct FormBody: Sendable {
    /// A file of a multipart body.
    struct File: Sendable {
        let name: String
        let fileName: String
        let contentType: String?
        let data: Data
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
    ///   - limit: The most bytes that a body may have.
    /// - Throws: `ServiceError` for a body that is too large or malformed.
    init(_ request: inout Request, limit: Int) async throws {
        fields = Self.pairs(request.uri.query ?? "")
        let type = request.headers[.contentType] ?? ""
        let kind = type.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces).lowercased()
        switch kind {
        case "application/x-www-form-urlencoded":
            let data = try await request.collectedBody(limit: limit)
            fields += Self.pairs(String(decoding: data, as: UTF8.self))
        case "multipart/form-data", "multipart/mixed":
            let data = try await request.collectedBody(limit: limit)
            for part in try Multipart.parts(of: data, contentType: type) {
                if let fileName = part.fileName {
                    files.append(File(name: part.name, fileName: fileName, contentType: part.type, data: part.data))
                } else {
                    fields.append((part.name, String(decoding: part.data, as: UTF8.self)))
                }
            }
        default: break
        }
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
    /// The whole body.
    ///
    /// - Throws: `ServiceError` (too large) beyond the limit.
    mutating func collectedBody(limit: Int) async throws -> Data {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw ServiceError(.tooLarge, "the body has \(length) bytes; at most \(limit) are taken.")
        }
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
