public import Foundation

/// Addresses of http and https: resolving, comparing, and showing them without what may be secret.
public enum WebAddress {
    /// The address as a URL.
    ///
    /// - Throws: `CatalogError` where it is none of http or https with a host.
    public static func parse(_ text: String) throws(CatalogError) -> URL {
        guard text.utf8.count <= 16_384, let url = URL(string: text), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", url.host()?.isEmpty == false
        else {
            throw CatalogError(.badAddress, shown(text), "it is no http or https address")
        }
        return url
    }

    /// A reference as it stands in a document that was read from `base`.
    ///
    /// - Throws: `CatalogError` where the result is no http or https address.
    public static func resolve(_ reference: String, against base: URL) throws(CatalogError) -> URL {
        guard let url = URL(string: reference, relativeTo: base)?.absoluteURL else {
            throw CatalogError(.badAddress, shown(reference), "it is no address")
        }
        return try parse(url.absoluteString)
    }

    /// True for what begins with a scheme of the web.
    public static func isWeb(_ text: String) -> Bool {
        text.range(of: #"^https?://"#, options: [.regularExpression, .caseInsensitive]) != nil
    }

    /// True where scheme, host and port are the same, so that what is secret to one is not to the other.
    public static func haveSameOrigin(_ a: URL, _ b: URL) -> Bool {
        func port(_ url: URL) -> Int { url.port ?? (url.scheme?.lowercased() == "https" ? 443 : 80) }
        return a.scheme?.lowercased() == b.scheme?.lowercased() && a.host()?.lowercased() == b.host()?.lowercased()
            && port(a) == port(b)
    }

    /// An address for messages: no user, no password, no query (signatures and tokens stand there).
    public static func shown(_ text: String) -> String {
        var short = String(text.prefix(400))
        if let end = short.firstIndex(where: { $0 == "?" || $0 == "#" }) {
            short = String(short[..<end]) + (short[end] == "?" ? "?…" : "")
        }
        guard let scheme = short.range(of: "://") else { return short }
        let rest = short[scheme.upperBound...]
        let host = rest.prefix { $0 != "/" }
        guard let at = host.lastIndex(of: "@") else { return short }
        return String(short[..<scheme.upperBound] + rest[rest.index(after: at)...])
    }
}
