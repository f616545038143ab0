import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// What every request goes through first: its log lines, headers that make browsers careful, and errors as answers.
struct RequestMiddleware: RouterMiddleware {
    typealias Context = ServiceContext
    let options: ServiceOptions
    let metrics: RequestMetrics

    func handle(
        _ request: Request,
        context: ServiceContext,
        next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        applyProxy(request, &context)
        let id =
            request.headers[.requestID].flatMap { $0.wholeMatch(of: #/[A-Za-z0-9._-]{1,64}/#).map { "\($0.0)" } }
            ?? context.id
        context.logger[metadataKey: "request"] = .string(id)
        let start = ContinuousClock.now
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = answer(error, request, context)
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        metrics.record(method: request.method.rawValue, status: response.status.code, seconds: seconds)
        context.logger.info(
            "request",
            metadata: [
                // Without the query, which may hold a token.
                "method": .string(request.method.rawValue), "path": .string(request.uri.path),
                "status": .stringConvertible(response.status.code), "client": .string(context.clientAddress),
                "milliseconds": .stringConvertible(Int(seconds * 1000)),
            ]
        )
        response.headers[.requestID] = id
        response.headers[.xContentTypeOptions] = "nosniff"
        for (name, value) in Self.protections where response.headers[name] == nil { response.headers[name] = value }
        if context.baseURL.hasPrefix("https:") { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }

    private static let protections: [(HTTPField.Name, String)] = [
        (.contentSecurityPolicy, contentPolicy), (.referrerPolicy, "same-origin"), (.frameOptions, "DENY"),
    ]
    private static let contentPolicy = """
        default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
        frame-ancestors 'none'
        """

    /// Takes address and scheme from a proxy that is trusted.
    private func applyProxy(_ request: Request, _ context: inout ServiceContext) {
        var scheme = options.tls == nil ? "http" : "https"
        var host = request.head.authority ?? "\(options.host):\(options.port)"
        if options.isTrustedProxy(context.clientAddress) {
            if let client = request.headers[.forwardedFor]?.split(separator: ",").last {
                context.clientAddress = client.trimmingCharacters(in: .whitespaces)
            }
            if let value = request.headers[.forwardedProto], value == "https" || value == "http" { scheme = value }
            if let value = request.headers[.forwardedHost] { host = value }
        }
        if host.wholeMatch(of: #/[A-Za-z0-9.:\[\]_-]{1,255}/#) == nil { host = "\(options.host):\(options.port)" }
        context.baseURL = options.baseURL ?? "\(scheme)://\(host)"
    }

    private func answer(_ error: any Error, _ request: Request, _ context: ServiceContext) -> Response {
        let failure: ServiceError
        if let known = ServiceError(answering: error) {
            failure = known
        } else if let http = error as? any HTTPResponseError {
            return ErrorPage.make(code: http.status.code, message: "\(http.status.reasonPhrase)", request, context)
        } else {
            context.logger.error("\(error)")
            failure = ServiceError(.internal, "the service failed; the log says why, under the id of this request.")
        }
        var response = ErrorPage.make(failure, request, context)
        if failure.code == .unauthenticated, !request.wantsHTML {
            response.headers[.wwwAuthenticate] = "Basic realm=\"antares\", charset=\"UTF-8\""
        }
        if failure.code == .tooMany { response.headers[.retryAfter] = "5" }
        return response
    }
}

extension HTTPField.Name {
    static let requestID = known("X-Request-ID")
    static let forwardedFor = known("X-Forwarded-For")
    static let forwardedProto = known("X-Forwarded-Proto")
    static let forwardedHost = known("X-Forwarded-Host")
    static let frameOptions = known("X-Frame-Options")
    static let referrerPolicy = known("Referrer-Policy")
    static let formToken = known("X-CSRF-Token")

    private static func known(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else { preconditionFailure("'\(text)' is no name of a header") }
        return name
    }
}
