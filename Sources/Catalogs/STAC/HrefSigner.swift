import Documents
import Foundation

/// Adds to the addresses of assets what a store asks for: a query that is known, or one that a service gives.
public actor HrefSigner {
    /// How addresses are signed.
    private enum Method {
        /// Appended to each address, as `sv=…&sig=…`.
        case query(String)
        /// An address with `{collection}` (answers with `token`) or `{href}` (answers with `href`).
        case service(String)
    }

    private struct Signed {
        let value: String
        let expiry: Date
    }

    private let method: Method
    private let client: WebClient
    private var known: [String: Signed] = [:]

    /// - Throws: `CatalogError` for an address without a place for the collection or the asset.
    public init(_ text: String, client: WebClient) throws(CatalogError) {
        self.client = client
        guard WebAddress.isWeb(text) else {
            method = .query(text.hasPrefix("?") || text.hasPrefix("&") ? String(text.dropFirst()) : text)
            return
        }
        guard text.contains("{collection}") || text.contains("{href}") else {
            throw CatalogError(
                .badAddress,
                WebAddress.shown(text),
                "the address of a service that signs needs {collection} or {href}",
                hint: "As https://planetarycomputer.microsoft.com/api/sas/v1/token/{collection}."
            )
        }
        method = .service(text)
    }

    /// The address with its signature; one that is signed already, and what is no address of the web, stay as they are.
    ///
    /// - Throws: `CatalogError` where the service gives no signature.
    public func sign(_ href: String, collection: String?) async throws -> String {
        guard WebAddress.isWeb(href), !Self.isSigned(href) else { return href }
        switch method {
        case .query(let query): return Self.appending(query, to: href)
        case .service(let template):
            let name = Self.escaped(collection ?? "")
            if template.contains("{href}") {
                let address = template.replacing("{href}", with: Self.escaped(href)).replacing(
                    "{collection}",
                    with: name
                )
                return try await answer(at: address, keys: ["href"]).value
            }
            if let token = known[name], token.expiry > Date().addingTimeInterval(120) {
                return Self.appending(token.value, to: href)
            }
            let token = try await answer(at: template.replacing("{collection}", with: name), keys: ["token"])
            known[name] = token
            return Self.appending(token.value, to: href)
        }
    }

    /// Forgets what services gave, as it was refused.
    public func forget() { known = [:] }

    private func answer(at address: String, keys: [String]) async throws -> Signed {
        let request = WebRequest(try WebAddress.parse(address))
        let answer = try await client.send(request, limit: 1 << 20)
        let value = try? JSONText.parse(String(decoding: answer.body, as: UTF8.self), origin: "answer")
        guard let value, let text = keys.lazy.compactMap({ value[$0]?.string }).first else {
            throw CatalogError(.failed, WebAddress.shown(address), "its answer has no '\(keys.joined())'")
        }
        let expiry = (value["msft:expiry"] ?? value["expires"] ?? value["expiry"])?.string
        return Signed(value: text, expiry: expiry.flatMap(Self.date) ?? Date().addingTimeInterval(300))
    }

    private static func date(_ text: String) -> Date? { try? Date(text, strategy: .iso8601) }

    /// True where one of the parameters is a signature.
    static func isSigned(_ href: String) -> Bool {
        guard let query = href.firstIndex(of: "?") else { return false }
        return href[href.index(after: query)...].split(separator: "&").contains { pair in
            ["sig", "signature", "x-amz-signature", "x-goog-signature"].contains(
                pair.prefix { $0 != "=" }.lowercased()
            )
        }
    }

    private static func appending(_ query: String, to href: String) -> String {
        href + (href.contains("?") ? "&" : "?") + query
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~")))
            ?? ""
    }
}
