import AsyncHTTPClient
public import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPCompression
import NIOSSL
import Synchronization

/// How requests are sent.
public struct WebOptions: Sendable {
    public var connectTimeout: Duration = .seconds(20)
    /// The longest time without a single byte.
    public var readTimeout: Duration = .seconds(60)
    /// The longest time for one answer that is held in memory.
    public var answerTimeout: Duration = .seconds(600)
    public var retries = RetrySchedule()
    public var proxies = ProxySettings()
    /// A file (PEM) with the certificates of the authorities that are trusted; nil for those of the system.
    public var trustedCertificates: String?
    public var userAgent = "antares"
    /// Texts that never appear in a message, as tokens that a server may repeat in its answer.
    public var secrets: [String] = []
    /// Asked before each request, and each that one is redirected to: a reason refuses it.
    public var objection: @Sendable (URL) -> String? = { _ in nil }

    public init() {}
}

/// One request.
public struct WebRequest: Sendable, Equatable {
    public var method = "GET"
    public var url: URL
    public var headers: [(name: String, value: String)] = []
    /// Headers that go to the origin of `url` alone, not where it redirects to.
    public var secretHeaders: [(name: String, value: String)] = []
    public var body: Data?

    public init(_ url: URL) { self.url = url }

    public static func == (a: WebRequest, b: WebRequest) -> Bool {
        func same(_ a: [(name: String, value: String)], _ b: [(name: String, value: String)]) -> Bool {
            a.elementsEqual(b) { $0.name == $1.name && $0.value == $1.value }
        }
        return a.method == b.method && a.url == b.url && a.body == b.body && same(a.headers, b.headers)
            && same(a.secretHeaders, b.secretHeaders)
    }
}

/// An answer whose body is held in memory.
public struct WebAnswer: Sendable {
    public let status: Int
    public let body: Data
    /// Where the answer came from, after redirections.
    public let url: URL
}

/// A client of http and https: times out, retries what may pass, follows redirections, uses the environment's proxies,
/// and keeps secrets out of messages.
public final class WebClient: Sendable {
    public let options: WebOptions
    /// One client for each proxy, and for answers that may be unpacked or must stay as they are stored.
    private let clients = Mutex<[ClientKey: HTTPClient]>([:])

    private struct ClientKey: Hashable {
        let proxy: ProxySettings.Proxy?
        let unpacks: Bool
    }

    private init(_ options: WebOptions) { self.options = options }

    /// Runs `body` with a client whose connections are closed afterwards.
    public static func run<T: Sendable>(
        _ options: WebOptions = WebOptions(),
        _ body: (WebClient) async throws -> T
    ) async throws -> T {
        let client = WebClient(options)
        do {
            let result = try await body(client)
            await client.close()
            return result
        } catch {
            await client.close()
            throw error
        }
    }

    private func close() async {
        let all = clients.withLock { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
        for client in all { try? await client.shutdown() }
    }

    /// Sends a request and reads the whole answer.
    ///
    /// - `limit`: How many bytes the answer may have.
    /// - `accepting`: Statuses beside 2xx that are answers rather than errors.
    /// - Throws: `CatalogError` with the server's own words where it gives some; `CancellationError`.
    public func send(_ request: WebRequest, limit: Int, accepting: Set<Int> = []) async throws -> WebAnswer {
        try await retrying(request.url) { () async throws -> WebAnswer in
            let (response, url) = try await self.follow(request, unpacks: true, deadline: self.options.answerTimeout)
            let status = Int(response.status.code)
            let isAnswer = (200..<300).contains(status) || accepting.contains(status)
            let body = try await Self.collect(response, limit: isAnswer ? limit : 65_536, isAnswer: isAnswer, url)
            guard isAnswer else { throw self.failure(response, body, url) }
            return WebAnswer(status: status, body: body, url: url)
        }
    }

    /// Sends a request and hands over the answer's body as it comes; once only, without retries.
    ///
    /// - `accepting`: Statuses beside 2xx that are answers rather than errors.
    /// - `begin`: Called with status and headers (names in small letters) before the first bytes; false stops there.
    /// - `receive`: Called with the bytes, part by part.
    /// - Throws: `CatalogError`, what `begin` and `receive` throw, `CancellationError`.
    func stream(
        _ request: WebRequest,
        accepting: Set<Int> = [],
        begin: (_ status: Int, _ headers: [String: String]) async throws -> Bool,
        receive: (_ bytes: UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        let (response, url) = try await translating(request.url) {
            try await self.follow(request, unpacks: false, deadline: nil)
        }
        let status = Int(response.status.code)
        guard (200..<300).contains(status) || accepting.contains(status) else {
            let body = try await translating(url) {
                try await Self.collect(response, limit: 65_536, isAnswer: false, url)
            }
            throw failure(response, body, url)
        }
        let headers = Dictionary(
            response.headers.map { ($0.name.lowercased(), $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
        guard try await begin(status, headers) else { return }
        var parts = response.body.makeAsyncIterator()
        while let part = try await translating(url, { try await parts.next() }) {
            try part.withUnsafeReadableBytes(receive)
        }
    }

    /// Runs `attempt` until it succeeds, fails for good, or has failed too often.
    ///
    /// - `progress`: What has been reached; attempts that come further do not count.
    func retrying<T: Sendable>(
        _ url: URL,
        progress: () -> Int = { 0 },
        _ attempt: () async throws -> T
    ) async throws -> T {
        var number = 1
        while true {
            let before = progress()
            do {
                return try await translating(url, attempt)
            } catch let error as PassingFailure {
                if progress() > before { number = 1 }
                let delay = options.retries.delay(
                    after: number,
                    retryAfter: error.retryAfter,
                    random: Double.random(in: 0...1)
                )
                guard let delay else { throw error.catalogError(after: number) }
                try await Task.sleep(for: delay)
                number += 1
            }
        }
    }

    /// Errors of the library become ours.
    private func translating<T>(_ url: URL, _ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as CatalogError {
            throw error
        } catch let error as PassingFailure {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if Task.isCancelled { throw CancellationError() }
            throw connectionFailure(error, url)
        }
    }

    private func connectionFailure(_ error: any Error, _ url: URL) -> any Error {
        let subject = WebAddress.shown(url.absoluteString)
        if let known = error as? HTTPClientError, [.invalidURL, .emptyHost, .cancelled].contains(known) {
            return CatalogError(.badAddress, subject, masked(known.shortDescription))
        }
        if String(describing: error).contains("CERTIFICATE_VERIFY_FAILED") {
            let hint =
                "If you trust it, name a file (PEM) with the certificate of its authority in the variable SSL_CERT_FILE."
            return CatalogError(.unreachable, subject, "the server's certificate is not trusted", hint: hint)
        }
        let reason = masked((error as? HTTPClientError)?.shortDescription ?? String(describing: error))
        let hint = "Check the address, the network, and the proxy variables (http_proxy, https_proxy, no_proxy)."
        return PassingFailure(error: CatalogError(.unreachable, subject, reason, hint: hint), retryAfter: nil)
    }

    private func failure(_ response: HTTPClientResponse, _ body: Data, _ url: URL) -> any Error {
        let status = Int(response.status.code)
        let subject = WebAddress.shown(url.absoluteString)
        let said = masked(ServerMessage.text(body))
        let reason = "status \(status) \(response.status.reasonPhrase)" + (said.isEmpty ? "" : ", \(said)")
        let code: CatalogError.Code
        var hint: String?
        switch status {
        case 401, 403, 407: (code, hint) = (.refused, "Check the credentials, and that they have not expired.")
        case 404, 410: code = .notFound
        case 429: (code, hint) = (.rateLimited, "Wait some minutes, then run the same command again.")
        case 400, 405, 409, 413, 414, 415, 422: code = .badRequest
        default: code = .failed
        }
        let error = CatalogError(code, subject, reason, hint: hint, status: status)
        guard RetrySchedule.passingStatuses.contains(status) else { return error }
        let wait = RetrySchedule.wait(response.headers.first(name: "retry-after"), now: Date())
        return PassingFailure(error: error, retryAfter: wait)
    }

    /// A text without the secrets that are known, and not longer than a person reads.
    private func masked(_ text: String) -> String {
        var text = text
        for secret in options.secrets where secret.count > 3 { text = text.replacing(secret, with: "…") }
        return text.count > 500 ? text.prefix(500) + "…" : text
    }

    private static func collect(
        _ response: HTTPClientResponse,
        limit: Int,
        isAnswer: Bool,
        _ url: URL
    ) async throws -> Data {
        var data = Data()
        for try await part in response.body {
            data.append(contentsOf: part.readableBytesView)
            guard data.count > limit else { continue }
            if !isAnswer { break }
            throw CatalogError(
                .tooLarge,
                WebAddress.shown(url.absoluteString),
                "the answer has more than \(limit) bytes",
                hint: "Ask for less at once."
            )
        }
        return data
    }
}

/// A failure that may pass.
struct PassingFailure: Error {
    let error: CatalogError
    let retryAfter: Duration?

    func catalogError(after attempts: Int) -> CatalogError {
        var reason = error.reason
        if attempts > 1 { reason += " (after \(attempts) attempts)" }
        var hint = error.hint
        if let retryAfter { hint = "The server asks to wait \(retryAfter.components.seconds) s; try again later." }
        return CatalogError(error.code, error.subject, reason, hint: hint, status: error.status)
    }
}

extension WebClient {
    /// Sends a request once, and to where it is redirected.
    private func follow(
        _ request: WebRequest,
        unpacks: Bool,
        deadline: Duration?
    ) async throws -> (HTTPClientResponse, URL) {
        let until = deadline.map { NIODeadline.now() + TimeAmount($0) } ?? .distantFuture
        var request = request
        for _ in 0..<8 {
            if let reason = options.objection(request.url) {
                throw CatalogError(.failed, WebAddress.shown(request.url.absoluteString), reason)
            }
            let response = try await client(for: request.url, unpacks: unpacks)
                .execute(prepared(request, unpacks: unpacks), deadline: until)
            let status = Int(response.status.code)
            guard [301, 302, 303, 307, 308].contains(status), let place = response.headers.first(name: "location")
            else { return (response, request.url) }
            let next = try WebAddress.resolve(place, against: request.url)
            if request.url.scheme?.lowercased() == "https", next.scheme?.lowercased() != "https" {
                throw CatalogError(
                    .failed,
                    WebAddress.shown(request.url.absoluteString),
                    "it redirects from https to '\(WebAddress.shown(next.absoluteString))', which is not encrypted"
                )
            }
            if !WebAddress.haveSameOrigin(request.url, next) { request.secretHeaders = [] }
            if status < 307, request.method != "GET" { (request.method, request.body) = ("GET", nil) }
            request.url = next
        }
        throw CatalogError(.failed, WebAddress.shown(request.url.absoluteString), "it redirects too often")
    }

    private func prepared(_ request: WebRequest, unpacks: Bool) -> HTTPClientRequest {
        var made = HTTPClientRequest(url: request.url.absoluteString)
        made.method = HTTPMethod(rawValue: request.method)
        made.headers.add(name: "User-Agent", value: options.userAgent)
        if unpacks { made.headers.add(name: "Accept-Encoding", value: "gzip, deflate") }
        for header in request.headers + request.secretHeaders {
            made.headers.add(name: header.name, value: header.value)
        }
        if let body = request.body { made.body = .bytes(ByteBuffer(bytes: body)) }
        return made
    }

    private func client(for url: URL, unpacks: Bool) -> HTTPClient {
        let key = ClientKey(proxy: options.proxies.proxy(for: url), unpacks: unpacks)
        return clients.withLock { clients in
            if let known = clients[key] { return known }
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            configuration.timeout = HTTPClient.Configuration.Timeout(
                connect: TimeAmount(options.connectTimeout),
                read: TimeAmount(options.readTimeout)
            )
            // Its own limit is a guard against bombs; the body's is kept by us.
            configuration.decompression = unpacks ? .enabled(limit: .ratio(200)) : .disabled
            configuration.httpVersion = .http1Only
            configuration.connectionPool.retryConnectionEstablishment = false
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
            configuration.proxy = key.proxy.map { proxy in
                let login = proxy.user.map {
                    HTTPClient.Authorization.basic(username: $0, password: proxy.password ?? "")
                }
                return .server(host: proxy.host, port: proxy.port, authorization: login)
            }
            if let file = options.trustedCertificates {
                configuration.tlsConfiguration = .makeClientConfiguration()
                configuration.tlsConfiguration?.trustRoots = .file(file)
            }
            let made = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            clients[key] = made
            return made
        }
    }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
