import ClusterExec
import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// The interface of nova.astrometry.net: log in by a token, send a file or an address, follow submission and jobs.
///
/// Requests are JSON in the form field `request-json`, answers JSON as plain text, with status 200 for errors too; one that
/// asks for what is not there gets 404. Jobs and submissions have numbers.
struct NovaRoutes: Sendable {
    let parts: ServiceParts
    static let cookie = "antares_submission"

    func add(to router: Router<ServiceContext>) {
        router.post("api/login", use: answering(login))
        router.post("api/upload", use: answering(upload))
        router.post("api/url_upload", use: answering(fetchAddress))
        for method in [HTTPRequest.Method.get, .post] {
            router.on("api/submissions/{id}", method: method, use: answering(submission))
            router.on("api/submission_images", method: method, use: answering(images))
            router.on("api/myjobs", method: method, use: answering(myJobs))
            router.on("api/jobs/{id}", method: method, use: answering(job))
            router.on("api/jobs/{id}/{part}", method: method, use: answering(jobPart))
            router.on("api/jobs_by_tag", method: method, use: answering(jobsByTag))
        }
        for name in Self.files { router.get(RouterPath("\(name)/{id}"), use: file) }
    }

    /// Addresses at which clients fetch results: of the result of that name, or of its first part.
    private static let files = [
        "wcs_file", "new_fits_file", "rdls_file", "axy_file", "corr_file", "kml_file", "image_rd_file",
        "annotated_full",
        "annotated_display", "result_file",
    ]

    /// A request's words: `request-json` and the files beside it.
    struct Call {
        let words: DocumentReader
        let files: [FormBody.File]
        let identity: Identity
    }

    private struct Failure: Encodable { let status = "error", errormessage: String }

    private typealias Answer = @Sendable (Call, Request, ServiceContext) async throws -> Response

    /// Errors as these clients read them.
    private func answering(_ body: @escaping Answer) -> @Sendable (Request, ServiceContext) async throws -> Response {
        { request, context in
            do {
                var request = request
                let call = try await read(&request, context)
                return try await body(call, request, context)
            } catch {
                guard let known = ServiceError(answering: error) else { throw error }
                let status: HTTPResponse.Status =
                    switch known.code {
                    case .notFound: .notFound
                    case .tooLarge: .contentTooLarge
                    case .requestTimeout: .requestTimeout
                    case .tooMany: .tooManyRequests
                    default: .ok
                    }
                return try Self.text(Failure(errormessage: known.message), status: status)
            }
        }
    }

    static func text(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(try encoder.encode(value), type: "text/plain; charset=utf-8", status: status)
    }

    func read(_ request: inout Request, _ context: ServiceContext) async throws -> Call {
        let isUpload = request.uri.path.hasPrefix("/api/upload")
        let limit = parts.options.bodyLimit
        var plan = FormBody.FilePlan(spool: parts.spool, limit: isUpload ? parts.options.uploadLimit : limit)
        if isUpload {
            let head = request
            // These clients send the words first: who may not submit need not send a scene.
            plan.check = { fields in
                guard fields[Self.words] != nil || context.identity.name != nil else { return false }
                _ = try await checkUser(try await call(fields, head, context))
                return true
            }
        }
        return try await call(try await FormBody(&request, limit: limit, files: plan), request, context)
    }

    private static let words = "request-json"
    /// Clients know this text, and the beginning of the one about a wrong session.
    static let noSession = ServiceError(.unauthenticated, "no \"session\" in JSON.")

    private func call(_ form: FormBody, _ request: Request, _ context: ServiceContext) async throws -> Call {
        let text =
            try form[Self.words]
            ?? form.file(Self.words).map { file in
                String(decoding: try file.content.data(limit: parts.options.bodyLimit), as: UTF8.self)
            }
        let words = try JSONText.document(text ?? "{}", origin: Self.words).root
        guard words.value.object != nil else { throw words.failure("must be a JSON object") }
        var identity = context.identity
        if let session = try words.optional("session")?.string() {
            guard let known = try await parts.accounts.identify(session: session) else {
                throw ServiceError(.unauthenticated, "no session with key as sent: log in again.")
            }
            identity = known
        } else if identity.name == nil, request.method == .get, let word = request.cookies[Self.cookie]?.value {
            // Clients that keep cookies send no session when they only look.
            identity = try await parts.accounts.identify(session: word) ?? .nobody
        } else if identity.means == .session {
            try context.checkForm(form["csrf"], request)
        }
        return Call(words: words, files: form.files, identity: identity)
    }

    // MARK: - Logging in

    private struct Login: Encodable { let status = "success", message: String, session: String }

    @Sendable private func login(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        let key = try call.words.required("apikey").string()
        try parts.failures.check(context.clientAddress)
        guard let name = try await parts.accounts.identify(token: key)?.name,
            let session = try await parts.accounts.makeSession(token: key)
        else {
            parts.failures.note(context.clientAddress)
            throw ServiceError(.unauthenticated, "bad apikey")
        }
        var response = try Self.text(Login(message: "authenticated user: \(name)", session: session))
        response.setCookie(
            Cookie(
                name: Self.cookie,
                value: session,
                maxAge: Accounts.sessionSeconds,
                path: "/",
                secure: context.baseURL.hasPrefix("https:"),
                httpOnly: true,
                sameSite: .strict
            )
        )
        response.headers[.cacheControl] = "no-store"
        return response
    }

    // MARK: - Submitting

    private struct Submitted: Encodable { let status = "success", subid: Int, hash: String? }

    @Sendable private func upload(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response
    {
        let user = try await checkUser(call)
        guard
            let file = call.files.first(where: { $0.name == "file" })
                ?? call.files.first(where: { $0.name != Self.words })
        else {
            throw ServiceError(.badRequest, "the request has no part 'file'.", field: "file")
        }
        let settings = try await settings(call)
        let number = try await parts.records.takeNumbers("submission").lowerBound
        let folder = "\(parts.options.folder)/submissions/\(number)"
        let name = SafeName.ofUpload(file.fileName)
        try await file.content.keep(at: "\(folder)/\(name)")
        try await parts.records.add(
            Submission(
                id: "\(number)",
                user: user,
                address: nil,
                fileName: name,
                settings: settings,
                isPublic: Self.isPublic(call),
                created: .now
            )
        )
        return try Self.text(Submitted(subid: number, hash: file.content.sha256))
    }

    @Sendable private func fetchAddress(
        _ call: Call,
        _ request: Request,
        _ context: ServiceContext
    ) async throws -> Response {
        let user = try await checkUser(call)
        let address = try call.words.required("url").string()
        _ = try AddressFetch.parse(address)
        let submission = Submission(
            id: "\(try await parts.records.takeNumbers("submission").lowerBound)",
            user: user,
            address: address,
            settings: try await settings(call),
            isPublic: Self.isPublic(call),
            created: .now
        )
        try await parts.records.add(submission)
        return try Self.text(Submitted(subid: submission.number, hash: nil))
    }

    /// Who submits, where they may and have not too much waiting.
    private func checkUser(_ call: Call) async throws -> String {
        guard let user = call.identity.name else { throw Self.noSession }
        _ = try await JobCreation(parts: parts).description(parts.options.submission.kind, call.identity)
        let open: [Submission] = try await parts.records.all(of: Submission.open)
        let limit = call.identity.jobLimit ?? parts.options.userJobLimit
        guard open.count(where: { $0.user == user }) < limit else {
            throw ServiceError(.tooMany, "\(limit) submissions of yours wait; send more when these are done.")
        }
        return user
    }

    private static func isPublic(_ call: Call) -> Bool { call.words.value["publicly_visible"]?.string == "y" }

    /// Of the settings those that the job type has parameters for; the others are about pictures of the sky.
    private func settings(_ call: Call) async throws -> [JobParameter] {
        let type = parts.options.submission
        guard let description = await parts.descriptions[type.kind] else { return [] }
        let own = Set(type.values.keys.map { $0.lowercased() } + [type.parameter.lowercased()])
        let given = try call.words.jobParameters().filter { setting in
            let name = setting.id.lowercased()
            return !own.contains(name) && description.allParameters.contains { $0.name.lowercased() == name }
        }
        return try description.checked(given, isComplete: false).filter { checked in
            given.contains { $0.id.lowercased() == checked.id.lowercased() }
        }
    }
}
