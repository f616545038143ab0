import Foundation
import HTTPTypes
import Hummingbird

extension Response {
    /// A document.
    init(_ data: Data, type: String, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status,
            headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data))
        )
    }

    /// A text.
    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(Data(text.utf8), type: "text/plain; charset=utf-8", status: status)
    }

    static func xml(_ data: Data, status: HTTPResponse.Status = .ok) -> Response {
        Response(data, type: "text/xml; charset=utf-8", status: status)
    }

    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(try encoder.encode(value), type: "application/json", status: status)
    }

    /// Leads to another address: every change that was accepted (UWS 1.1, section 2.2.3).
    ///
    /// - `location`: An address of this service; line ends, which would begin another header, are not in it.
    static func seeOther(_ location: String) -> Response {
        let safe = String(location.unicodeScalars.filter { $0.value > 0x20 && $0.value != 0x7F })
        return Response(status: .seeOther, headers: [.location: safe])
    }
}

extension Request {
    /// True where a type is asked for before any of the others, as by a browser (`text/html`) or a program
    /// (`application/json`).
    func prefers(_ type: String, to others: [String]) -> Bool {
        let accepted = (headers[.accept] ?? "").lowercased().split(separator: ",").map { entry in
            let parts = entry.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            return (type: parts.first ?? "", quality: quality)
        }
        func quality(_ type: String) -> Double { accepted.first { $0.type == type }?.quality ?? 0 }
        let own = quality(type)
        return own > 0 && others.allSatisfy { quality($0) < own || (quality($0) == own && isFirst(type, $0, accepted)) }
    }

    private func isFirst(_ a: String, _ b: String, _ accepted: [(type: String, quality: Double)]) -> Bool {
        let order = accepted.map(\.type)
        return (order.firstIndex(of: a) ?? .max) < (order.firstIndex(of: b) ?? .max)
    }

    /// True for one that wants UWS documents as JSON.
    var wantsJSON: Bool { prefers("application/json", to: ["application/xml", "text/xml", "text/html"]) }

    /// True for a browser. Programs in Java ask for HTML too, unless told otherwise, and for anything else; of those that
    /// take anything, browsers alone ask for XHTML.
    var wantsHTML: Bool {
        let accept = headers[.accept] ?? ""
        return (accept.contains("application/xhtml+xml") || !accept.contains("*"))
            && prefers("text/html", to: ["application/xml", "text/xml", "application/json"])
    }
}
