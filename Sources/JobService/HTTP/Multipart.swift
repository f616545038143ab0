import Foundation

/// Bodies of several parts (RFC 2046, RFC 7578).
///
/// Our own, because the client of nova.astrometry.net ends the lines of a part's head by a bare line feed, which strict
/// parsers refuse.
enum Multipart {
    struct Part: Sendable {
        let name: String
        let fileName: String?
        let type: String?
        let data: Data
    }

    /// - Parameters:
    ///   - body: The whole of it.
    ///   - contentType: The request's, with the boundary.
    /// - Returns: The parts in order; one without a name has the empty one.
    /// - Throws: `ServiceError` for a body that is not built so.
    static func parts(of body: Data, contentType: String) throws -> [Part] {
        guard let boundary = attribute("boundary", of: contentType), !boundary.isEmpty, boundary.utf8.count <= 200
        else {
            throw ServiceError(.badRequest, "the Content-Type of a multipart body names no boundary.")
        }
        let delimiter = Data("--\(boundary)".utf8)
        guard var position = body.range(of: delimiter)?.upperBound else {
            throw ServiceError(.badRequest, "the multipart body does not hold its boundary '\(boundary)'.")
        }
        var parts: [Part] = []
        while !body[position...].starts(with: Data("--".utf8)) {
            guard parts.count < 1000 else { throw ServiceError(.tooLarge, "the body has more than 1000 parts.") }
            position = skipLineEnd(body, position)
            guard let next = body.range(of: delimiter, in: position..<body.endIndex) else {
                throw ServiceError(.badRequest, "the multipart body ends in the middle of a part.")
            }
            parts.append(try part(body[position..<next.lowerBound]))
            position = next.upperBound
        }
        return parts
    }

    private static func part(_ bytes: Data) throws -> Part {
        var lines: [String] = []
        var position = bytes.startIndex
        while let end = bytes[position...].firstIndex(of: 0x0A) {
            let line = String(decoding: bytes[position..<end], as: UTF8.self).trimmingCharacters(in: .whitespaces)
                .trimmingCharacters(in: .newlines)
            position = end + 1
            if line.isEmpty { break }
            guard lines.count < 50, line.utf8.count < 8192 else {
                throw ServiceError(.badRequest, "a part of the multipart body has too long a head.")
            }
            lines.append(line)
        }
        var end = bytes.endIndex
        if end > position, bytes[end - 1] == 0x0A { end -= 1 }
        if end > position, bytes[end - 1] == 0x0D { end -= 1 }
        func header(_ name: String) -> String? {
            lines.first { $0.lowercased().hasPrefix(name + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
        let disposition = header("content-disposition") ?? ""
        return Part(
            name: attribute("name", of: disposition) ?? "",
            fileName: attribute("filename", of: disposition),
            type: header("content-type"),
            data: Data(bytes[position..<end])
        )
    }

    /// A value such as `boundary="x"` behind the semicolons of a header.
    static func attribute(_ name: String, of header: String) -> String? {
        var rest = header[...]
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...].drop { $0 == " " || $0 == "\t" }
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let key = rest[..<equals].trimmingCharacters(in: .whitespaces).lowercased()
            let value: Substring
            rest = rest[rest.index(after: equals)...]
            if rest.first == "\"" {
                let inner = rest.dropFirst()
                let end = inner.firstIndex(of: "\"") ?? inner.endIndex
                (value, rest) = (inner[..<end], inner[end...])
            } else {
                let end = rest.firstIndex(of: ";") ?? rest.endIndex
                (value, rest) = (rest[..<end], rest[end...])
            }
            if key == name { return String(value).trimmingCharacters(in: .whitespaces) }
        }
        return nil
    }

    private static func skipLineEnd(_ body: Data, _ start: Int) -> Int {
        var position = start
        if position < body.endIndex, body[position] == 0x0D { position += 1 }
        if position < body.endIndex, body[position] == 0x0A { position += 1 }
        return position
    }
}
