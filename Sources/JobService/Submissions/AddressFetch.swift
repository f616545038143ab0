import AsyncHTTPClient
import Dispatch
import Documents
import Foundation
import Jobs
import NIOCore
import NIOHTTP1

/// Fetches what an address of a user leads to, and never from a place that only this machine can reach.
///
/// Names are resolved here, all their addresses are checked, and the connection goes to one that was checked: what the name
/// resolves to a moment later does not count. Each redirect is checked in the same way.
struct AddressFetch: Sendable {
    /// The addresses of a host.
    var resolve: @Sendable (_ host: String) async throws -> [String] = Self.addresses
    /// Networks that are refused.
    var refused: [AddressRange]
    /// The most bytes, and the most seconds in all and without a byte.
    var limit: Int
    var seconds = 6 * 3600
    var silentSeconds = 60

    init(_ options: ServiceOptions) {
        refused = options.allowsPrivateAddresses ? [] : AddressRange.notPublic
        limit = options.uploadLimit
    }

    private static let mostRedirects = 5

    /// Fetches a file.
    ///
    /// - Parameters:
    ///   - text: The address.
    ///   - folder: Where the file is put.
    /// - Returns: The file's name in that folder.
    /// - Throws: `ServiceError` that says why the address is not fetched.
    func fetch(_ text: String, into folder: String) async throws -> String {
        let end = ContinuousClock.now + .seconds(seconds)
        var url = try Self.parse(text)
        for _ in 0...Self.mostRedirects {
            let client = try await makeClient(for: url)
            let next: URL?
            do {
                next = try await fetch(url, client, into: folder, end)
                try await client.shutdown()
            } catch {
                try? await client.shutdown()
                if error is ServiceError || error is CancellationError { throw error }
                let reason = (error as? HTTPClientError)?.shortDescription ?? "\(error)"
                throw ServiceError(.unprocessable, "cannot fetch '\(Self.shown(url))': \(reason)")
            }
            guard let next else { return Self.fileName(url) }
            url = next
        }
        throw ServiceError(.unprocessable, "cannot fetch '\(Self.shown(url))': it redirects too often.")
    }

    /// - Returns: Where it is redirected to; nil once the file is there.
    private func fetch(
        _ url: URL,
        _ client: HTTPClient,
        into folder: String,
        _ end: ContinuousClock.Instant
    ) async throws -> URL? {
        var request = HTTPClientRequest(url: url.absoluteString)
        request.headers.add(name: "User-Agent", value: "antares")
        let response = try await client.execute(request, timeout: .seconds(Int64(silentSeconds)))
        let status = Int(response.status.code)
        if [301, 302, 303, 307, 308].contains(status), let place = response.headers.first(name: "location") {
            guard let next = URL(string: place, relativeTo: url)?.absoluteURL else {
                throw ServiceError(.unprocessable, "'\(Self.shown(url))' redirects to what is no address.")
            }
            return try Self.parse(next.absoluteString)
        }
        guard status == 200 else {
            throw ServiceError(.unprocessable, "cannot fetch '\(Self.shown(url))': the server answers \(status).")
        }
        let path = "\(folder)/\(Self.fileName(url))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw ServiceError(.internal, "cannot write '\(path)'.") }
        defer { try? file.close() }
        var count = 0
        for try await part in response.body {
            count += part.readableBytes
            guard count <= limit else {
                throw ServiceError(.tooLarge, "'\(Self.shown(url))' has more than \(limit) bytes.")
            }
            guard ContinuousClock.now < end else {
                throw ServiceError(.requestTimeout, "'\(Self.shown(url))' takes more than \(seconds) seconds.")
            }
            try file.write(contentsOf: Data(part.readableBytesView))
        }
        return nil
    }

    /// Refuses an address that leads where only this machine can reach, for programs that fetch it themselves.
    ///
    /// - Throws: `ServiceError` that says why.
    func check(_ text: String) async throws {
        if !refused.isEmpty { _ = try await checkedAddress(of: try Self.parse(text)) }
    }

    /// A client whose connections to the host go to an address that was checked.
    private func makeClient(for url: URL) async throws -> HTTPClient {
        let (host, address) = try await checkedAddress(of: url)
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.dnsOverride = [host: address]
        configuration.httpVersion = .http1Only
        configuration.timeout = .init(connect: .seconds(20), read: .seconds(Int64(silentSeconds)))
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// The host of an address, and where it is; all that the name stands for is checked.
    private func checkedAddress(of url: URL) async throws -> (host: String, address: String) {
        let found = Self.isName(url) ? try await resolve(url.host ?? "") : []
        return try checked(url) { _ in found }
    }

    private static func isName(_ url: URL) -> Bool {
        url.host.map { AddressRange.bytes($0) == nil && $0.wholeMatch(of: #/[A-Za-z0-9._-]{1,253}/#) != nil } ?? false
    }

    /// The host of an address, and where it is.
    ///
    /// - Parameters:
    ///   - url: The address.
    ///   - lookUp: The addresses of a host's name, all of which are checked.
    /// - Returns: The host, and one of its addresses.
    /// - Throws: `ServiceError` that says why it is not fetched.
    func checked(_ url: URL, _ lookUp: (String) -> [String]) throws -> (host: String, address: String) {
        let host = (url.host ?? "").trimmingCharacters(in: ["[", "]"])
        var found: [String] = []
        if AddressRange.bytes(host) != nil {
            found = [host]
        } else if Self.isName(url) {
            found = lookUp(host)
        }
        guard let address = found.first else {
            throw ServiceError(.unprocessable, "cannot fetch '\(Self.shown(url))': there is no host '\(host)'.")
        }
        for address in found {
            guard AddressRange.bytes(address) != nil, !refused.contains(where: { $0.contains(address) }) else {
                throw ServiceError(
                    .forbidden,
                    "'\(Self.shown(url))' leads to the address \(address), which is not a public one. "
                        + "`allow_private_addresses` in the service file permits these."
                )
            }
        }
        return (host, address)
    }

    /// - Throws: `ServiceError` for anything but http and https with a host and without a password.
    static func parse(_ text: String) throws(ServiceError) -> URL {
        guard text.utf8.count <= 8192, let url = URL(string: text), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = url.host, !host.isEmpty
        else {
            throw ServiceError(.badRequest, "'\(text.prefix(200))' is no http or https address.", field: "url")
        }
        guard url.user == nil, url.password == nil else {
            throw ServiceError(.badRequest, "an address with a user or password is not fetched.", field: "url")
        }
        return url
    }

    /// Without the query, which may hold a signature or token.
    private static func shown(_ url: URL) -> String {
        url.absoluteString.prefix { $0 != "?" && $0 != "#" }.prefix(300).description
    }

    static func fileName(_ url: URL) -> String { SafeName.ofUpload(url.path) }

    /// The addresses that the system finds for a name.
    private static func addresses(_ host: String) async throws -> [String] {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: lookUp(host)) }
        }
    }

    static func lookUp(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var texts: [String] = []
        var entry = first
        while let info = entry?.pointee {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let code = getnameinfo(
                info.ai_addr,
                info.ai_addrlen,
                &text,
                socklen_t(text.count),
                nil,
                0,
                NI_NUMERICHOST
            )
            if code == 0 {
                texts.append(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
            }
            entry = info.ai_next
        }
        return texts
    }
}
