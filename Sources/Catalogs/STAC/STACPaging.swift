import Documents
import Foundation

/// Following the links `next` of pages of items.
struct STACPaging {
    /// Requests that were sent, so that pages that lead in circles end.
    private var asked: Set<String> = []

    /// The request for the next page; nil after the last.
    ///
    /// A link may have a method, headers and a body, which with `merge` is laid over that of the request before.
    /// - Throws: `CatalogError` for a page that leads back to one before, or to no address.
    mutating func next(after page: DocumentValue, from request: WebRequest, at url: URL) throws -> WebRequest? {
        asked.insert(Self.key(request))
        guard let link = (page["links"]?.array ?? []).first(where: { $0["rel"] == "next" }),
            let href = link["href"]?.string
        else { return nil }
        var next = WebRequest(try WebAddress.resolve(href, against: url))
        next.headers = request.headers.filter { ["accept", "content-type"].contains($0.name.lowercased()) }
        if WebAddress.haveSameOrigin(next.url, request.url) { next.secretHeaders = request.secretHeaders }
        if link["method"]?.string?.uppercased() == "POST" {
            next.method = "POST"
            next.body = try Self.body(link, after: request)
            if !next.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                next.headers.append((name: "Content-Type", value: "application/json"))
            }
        }
        for entry in link["headers"]?.object ?? DocumentObject() {
            guard let value = entry.value.string, Self.isAllowed(entry.key, value) else { continue }
            next.headers.append((name: entry.key, value: value))
        }
        guard !asked.contains(Self.key(next)) else {
            throw CatalogError(
                .failed,
                WebAddress.shown(next.url.absoluteString),
                "its pages lead in a circle",
                hint: "What was found until then is all that can be had; narrow the search, or give --limit."
            )
        }
        return next
    }

    private static func body(_ link: DocumentValue, after request: WebRequest) throws -> Data? {
        let before = request.body.flatMap {
            try? JSONText.parse(String(decoding: $0, as: UTF8.self), origin: "request")
        }
        guard let own = link["body"]?.object else { return request.body }
        guard link["merge"]?.bool == true, case .object(var merged)? = before else {
            return Data(JSONText.write(.object(own)).utf8)
        }
        for entry in own { merged[entry.key] = entry.value }
        return Data(JSONText.write(.object(merged)).utf8)
    }

    /// Headers that a catalogue may set for its next page: nothing that steers the connection or hides in a line.
    private static func isAllowed(_ name: String, _ value: String) -> Bool {
        let reserved = ["host", "content-length", "transfer-encoding", "connection", "content-type", "range"]
        let isName = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        return isName && !name.isEmpty && !reserved.contains(name.lowercased())
            && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func key(_ request: WebRequest) -> String {
        "\(request.method) \(request.url.absoluteString) \(request.body.map { String(decoding: $0, as: UTF8.self) } ?? "")"
    }
}
