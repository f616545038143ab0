import Foundation
import Hummingbird
import NIOCore

/// Reads a body of several parts (RFC 2046, RFC 7578) as it comes: a few kilobytes of it are in memory at a time.
///
/// Our own, because the client of nova.astrometry.net ends the lines of a part's head by a bare line feed, which strict
/// parsers refuse.
struct MultipartReader {
    /// What stands before the content of a part.
    struct Head: Sendable {
        /// Empty for a part that has none.
        let name: String
        let fileName: String?
        let type: String?
    }

    private var source: RequestBody.AsyncIterator
    private var taken = 0
    private var limit: Int
    /// The end of a line and the boundary, which part the content of parts.
    private let delimiter: [UInt8]
    /// What has come and is not taken; the body begins as behind the end of a line.
    private var buffer: [UInt8] = [0x0A]
    /// Bytes at the beginning of the buffer that belong to no content.
    private var skipped = 1
    /// True until the delimiter behind the content of a part is found; what is before the first one counts as a part.
    private var isInside = true
    private var count = 0

    private static let mostParts = 1000
    private static let mostLines = 50
    private static let longestLine = 8192

    /// - Parameters:
    ///   - body: Of the request.
    ///   - contentType: Of the request, with the boundary.
    ///   - limit: The most bytes that the body may have.
    /// - Throws: `ServiceError` for a type without a boundary.
    init(_ body: RequestBody, contentType: String, limit: Int) throws {
        guard let boundary = Self.attribute("boundary", of: contentType), !boundary.isEmpty,
            boundary.utf8.count <= 200
        else { throw ServiceError(.badRequest, "the Content-Type of a multipart body names no boundary.") }
        source = body.makeAsyncIterator()
        self.limit = limit
        delimiter = Array("\n--\(boundary)".utf8)
    }

    /// Takes fewer bytes than it was to.
    mutating func tighten(_ limit: Int) { self.limit = min(limit, self.limit) }

    /// The next part, after what is left of the one before; nil at the end of the body.
    ///
    /// - Throws: `ServiceError` for a body that is too large or not built so.
    mutating func nextPart() async throws -> Head? {
        while try await nextBytes() != nil {}
        while buffer.count < 2 {
            guard try await fill() else { throw Self.cutOff }
        }
        if buffer.starts(with: Array("--".utf8)) { return nil }
        count += 1
        guard count <= Self.mostParts else {
            throw ServiceError(.tooLarge, "the body has more than \(Self.mostParts) parts.")
        }
        // What is left of the delimiter's own line.
        _ = try await line()
        var lines: [String] = []
        while true {
            let line = try await line()
            if line.isEmpty { break }
            guard lines.count < Self.mostLines else { throw Self.longHead }
            lines.append(line)
        }
        // A part without content may have no line between its head and the delimiter: the head's own end serves.
        buffer.insert(0x0A, at: 0)
        (skipped, isInside) = (1, true)
        func header(_ name: String) -> String? {
            lines.first { $0.lowercased().hasPrefix(name + ":") }
                .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
        let disposition = header("content-disposition") ?? ""
        return Head(
            name: Self.attribute("name", of: disposition) ?? "",
            fileName: Self.attribute("filename", of: disposition),
            type: header("content-type")
        )
    }

    /// The next bytes of the part's content; nil at its end.
    ///
    /// - Throws: `ServiceError` for a body that is too large or ends too early.
    mutating func nextBytes() async throws -> ArraySlice<UInt8>? {
        while isInside {
            if let found = Self.position(of: delimiter, in: buffer) {
                let end = found > skipped && buffer[found - 1] == 0x0D ? found - 1 : found
                let content = buffer[min(skipped, end)..<end]
                buffer.removeFirst(found + delimiter.count)
                (skipped, isInside) = (0, false)
                if !content.isEmpty { return content }
            } else {
                // The end of what has come may be the beginning of a delimiter, with the end of a line before it.
                let safe = buffer.count - delimiter.count
                if safe > skipped {
                    let content = buffer[skipped..<safe]
                    buffer.removeFirst(safe)
                    skipped = 0
                    return content
                }
                guard try await fill() else { throw Self.cutOff }
            }
        }
        return nil
    }

    private static let cutOff = ServiceError(
        .badRequest,
        "the multipart body ends in the middle of a part, or does not hold its boundary."
    )
    private static let longHead = ServiceError(.badRequest, "a part of the multipart body has too long a head.")

    /// A line of a head, without its end and blanks around it.
    private mutating func line() async throws -> String {
        var end = buffer.firstIndex(of: 0x0A)
        while end == nil {
            guard buffer.count < Self.longestLine else { throw Self.longHead }
            guard try await fill() else { throw Self.cutOff }
            end = buffer.firstIndex(of: 0x0A)
        }
        guard let end, end < Self.longestLine else { throw Self.longHead }
        let text = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeFirst(end + 1)
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// - Returns: False at the end of the body.
    private mutating func fill() async throws -> Bool {
        guard let bytes = try await source.next() else { return false }
        taken += bytes.readableBytes
        guard taken <= limit else { throw ServiceError(.tooLarge, "the body has more than \(limit) bytes.") }
        buffer.append(contentsOf: bytes.readableBytesView)
        return true
    }

    /// Where a delimiter, which begins with the end of a line, is in some bytes; nil where it is not.
    private static func position(of delimiter: [UInt8], in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBytes { bytes -> Int? in
            guard let start = bytes.baseAddress else { return nil }
            var position = 0
            while bytes.count - position >= delimiter.count {
                let left = bytes.count - position - delimiter.count + 1
                guard let line = memchr(start + position, 0x0A, left) else { return nil }
                position = UnsafeRawPointer(line) - start
                if memcmp(line, delimiter, delimiter.count) == 0 { return position }
                position += 1
            }
            return nil
        }
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
}
