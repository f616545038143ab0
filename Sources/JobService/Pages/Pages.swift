import Foundation
import HTTPTypes
import Hummingbird
import Mustache

/// Makes the web pages: templates filled with values, and what all of them have in common.
struct Pages: Sendable {
    let parts: ServiceParts
    let files: PageFiles

    /// The values of a template.
    typealias Values = [String: Any]

    private static let sections = [
        ("jobs", "Jobs"), ("new", "New job"), ("data", "Data"), ("job-types", "Job types"),
    ]

    /// A page.
    ///
    /// - Parameters:
    ///   - template: Its name.
    ///   - title: Of the window, and the heading of most pages.
    ///   - values: For the template.
    ///   - context: Of the request.
    ///   - status: Of the response.
    /// - Returns: The response, which no cache keeps.
    /// - Throws: `ServiceError` where there is no such template.
    func make(
        _ template: String,
        _ title: String,
        _ values: Values = [:],
        _ context: ServiceContext,
        status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let identity = context.identity
        let root = context.root
        let path = context.path
        var all = values
        all["title"] = title
        all["root"] = root
        all["csrf"] = identity.formToken ?? ""
        all["user"] = identity.name
        all["isAdministrator"] = identity.isAdministrator
        all["mayWork"] = identity.name != nil || parts.options.allowsAnonymous
        all["sections"] = Self.sections.map { name, label -> Values in
            let isCurrent = path == "/\(name)" || path.hasPrefix("/\(name)/")
            return ["href": "\(root)/\(name)", "label": label, "isCurrent": isCurrent]
        }
        guard let text = files.library.render(Self.settled(all), withTemplate: template) else {
            throw ServiceError(.internal, "there is no template '\(template)'.")
        }
        var response = Response(Data(text.utf8), type: "text/html; charset=utf-8", status: status)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    /// Values in which an empty text counts as none: a section of it is left out, and nothing is looked for further out.
    private static func settled(_ values: Values) -> Values {
        values.mapValues { value in
            switch value {
            case let text as String: text.isEmpty ? Blank() : text
            case let list as [Values]: list.map(settled)
            default: value
            }
        }
    }

    private struct Blank: MustacheCustomRenderable {
        var renderText: String { "" }
        var isNull: Bool { true }
    }

    private static let titles = [
        400: "That cannot be understood", 401: "Log in first", 403: "That is not allowed", 404: "Not found",
        409: "Somebody was faster", 413: "Too large", 422: "That cannot be done", 429: "Too many requests",
        503: "Not available now",
    ]

    /// A handler whose errors are pages too; who has to log in is led there.
    func route(
        _ body: @escaping @Sendable (inout Request, ServiceContext) async throws -> Response
    ) -> @Sendable (Request, ServiceContext) async throws -> Response {
        { request, context in
            var (request, context) = (request, context)
            context.path = request.uri.path
            do {
                return try await body(&request, context)
            } catch let error as any HTTPResponseError {
                throw error
            } catch {
                guard let failure = ServiceError(answering: error), !request.wantsJSON else { throw error }
                if failure.code == .unauthenticated, request.method == .get {
                    let next = request.uri.path + (request.uri.query.map { "?\($0)" } ?? "")
                    return .seeOther("\(context.root)/login?next=\(next.queryEscaped)")
                }
                let values: Values = ["message": failure.message.prefix(1).uppercased() + failure.message.dropFirst()]
                let status = HTTPResponse.Status(code: failure.code.rawValue)
                let title = Self.titles[failure.code.rawValue] ?? "Something went wrong"
                return try make("error", title, values, context, status: status)
            }
        }
    }

    /// The fields of a form, which must be of this session.
    func form(_ request: inout Request, _ context: ServiceContext) async throws -> FormBody {
        let form = try await FormBody(&request, limit: parts.options.bodyLimit)
        try context.checkForm(form["csrf"], request)
        return form
    }
}

extension ServiceContext {
    /// What addresses of pages begin with: empty, or the path below which a proxy shows the service.
    var root: String {
        guard let scheme = baseURL.range(of: "://"),
            let slash = baseURL[scheme.upperBound...].firstIndex(of: "/")
        else { return "" }
        return String(baseURL[slash...])
    }

    /// An address of this service that a form or link names, to go back to; nil for any other.
    func localPath(_ text: String?) -> String? {
        guard let text, text.hasPrefix("/"), !text.hasPrefix("//"), !text.contains("\\"),
            text.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
        else { return nil }
        return root + text
    }
}

extension String {
    private static let queryAllowed = CharacterSet(
        charactersIn: "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    )

    /// As a value of a query, or one element of a path.
    var queryEscaped: String { addingPercentEncoding(withAllowedCharacters: Self.queryAllowed) ?? "" }
}
