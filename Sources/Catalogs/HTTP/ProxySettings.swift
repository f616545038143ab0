import Foundation

/// Which proxy a request goes through, by the environment variables that curl knows.
///
/// `https_proxy`, `http_proxy`, else `all_proxy`, small letters before capitals; `no_proxy` names hosts (with what
/// stands below them), addresses and `*`, each perhaps with a port.
public struct ProxySettings: Sendable, Equatable {
    /// A proxy that is talked to by HTTP.
    struct Proxy: Sendable, Hashable {
        let host: String
        let port: Int
        var user: String?
        var password: String?
    }

    private var proxies: [String: Proxy] = [:]
    private var exceptions: [String] = []

    /// No proxy.
    public init() {}

    /// - Throws: `CatalogError` for a proxy of a kind that is not known.
    public init(environment: [String: String]) throws(CatalogError) {
        func value(_ name: String) -> String? {
            // HTTP_PROXY in capitals may come from a request's header `Proxy` in a web server, but not in this program.
            [environment[name], environment[name.uppercased()]].compactMap { $0 }.first { !$0.isEmpty }
        }
        for scheme in ["http", "https"] {
            guard let text = value("\(scheme)_proxy") ?? value("all_proxy") else { continue }
            proxies[scheme] = try Self.proxy(text)
        }
        exceptions = (value("no_proxy") ?? "").lowercased().split { $0 == "," || $0 == " " }.map(String.init)
    }

    private static func proxy(_ text: String) throws(CatalogError) -> Proxy {
        let address = text.contains("://") ? text : "http://\(text)"
        guard let url = URL(string: address), url.scheme?.lowercased() == "http", let host = url.host(), !host.isEmpty
        else {
            throw CatalogError(
                .badAddress,
                WebAddress.shown(text),
                "a proxy must be http://host:port",
                hint: "Correct http_proxy, https_proxy or all_proxy."
            )
        }
        return Proxy(
            host: host,
            port: url.port ?? 80,
            user: url.user(percentEncoded: false),
            password: url.password(percentEncoded: false)
        )
    }

    /// The proxy for a request; nil where it goes straight to its host.
    func proxy(for url: URL) -> Proxy? {
        guard let proxy = proxies[url.scheme?.lowercased() ?? ""], let host = url.host()?.lowercased() else {
            return nil
        }
        let port = url.port.map { ":\($0)" } ?? ""
        for entry in exceptions {
            if entry == "*" { return nil }
            let name = entry.hasPrefix(".") ? String(entry.dropFirst()) : entry
            for candidate in [host, host + port] where candidate == name || candidate.hasSuffix(".\(name)") {
                return nil
            }
        }
        return proxy
    }
}
