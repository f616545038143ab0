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
        }
        for name in Self.files { router.get(RouterPath("\(name)/{id}"), use: file) }
    }

    /// Addresses at which clients fetch results: of the result of that name, or of its first part.
    private static let files = [
        "wcs_file", "new_fits_file", "rdls_file", "axy_file", "corr_file", "kml_file", "image_rd_file", "annotated_full",
        "annotated_display", "result_file",
    ]

    /// A request's words: `request-json` and the files beside it.
    private struct Call {
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
                    case .tooMany: .tooManyRequests
                    default: .ok
                    }
                return try Self.text(Failure(errormessage: known.message), status: status)
            }
        }
    }

    private static func text(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(try encoder.encode(value), type: "text/plain; charset=utf-8", status: status)
    }

    private func read(_ request: inout Request, _ context: ServiceContext) async throws -> Call {
        let isUpload = request.uri.path.hasPrefix("/api/upload")
        // The whole body has to be read before the session in it is known: what is unlimited is for those who log in.
        let limit = isUpload ? parts.options.uploadLimit : parts.options.bodyLimit
        let form = try await FormBody(&request, limit: limit)
        let text = form["request-json"] ?? form.file("request-json").map { String(decoding: $0.data, as: UTF8.self) }
        let words = try JSONText.document(text ?? "{}", origin: "request-json").root
        guard words.value.object != nil else { throw words.failure("must be a JSON object") }
        var identity = context.identity
        if let session = try words.optional("session")?.string() {
            guard let known = try await parts.accounts.identify(session: session) else {
                throw ServiceError(.unauthenticated, "no session with this key; log in again.")
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

    @Sendable private func upload(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        let user = try await checkUser(call)
        guard let file = call.files.first(where: { $0.name == "file" }) ?? call.files.first else {
            throw ServiceError(.badRequest, "the request has no part 'file'.", field: "file")
        }
        let settings = try await settings(call)
        let number = try await parts.records.takeNumbers("submission").lowerBound
        let folder = "\(parts.options.folder)/submissions/\(number)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let name = SafeName.of(file.fileName)
        try file.data.write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        try await parts.records.add(
            Submission(
                id: "\(number)",
                user: user,
                address: nil,
                fileName: name,
                settings: settings,
                created: .now
            )
        )
        return try Self.text(Submitted(subid: number, hash: Accounts.digest(file.data)))
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
            created: .now
        )
        try await parts.records.add(submission)
        return try Self.text(Submitted(subid: submission.number, hash: nil))
    }

    /// Who submits, where they may and have not too much waiting.
    private func checkUser(_ call: Call) async throws -> String {
        guard let user = call.identity.name else { throw ServiceError(.unauthenticated, "log in first: no session.") }
        _ = try await JobCreation(parts: parts).description(parts.options.submission.kind, call.identity)
        let open: [Submission] = try await parts.records.all(of: Submission.open)
        let limit = call.identity.jobLimit ?? parts.options.userJobLimit
        guard open.count(where: { $0.user == user }) < limit else {
            throw ServiceError(.tooMany, "\(limit) submissions of yours wait; send more when these are done.")
        }
        return user
    }

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

    // MARK: - Following

    private struct SubmissionAnswer: Encodable {
        let status = "success", user: String, processing_started: String, processing_finished: String
        let user_images: [Int], images: [Int], jobs: [Int?], job_calibrations: [[Int]], error_message: String?
    }

    @Sendable private func submission(
        _ call: Call,
        _ request: Request,
        _ context: ServiceContext
    ) async throws -> Response {
        let submission = try await find(context.parameter("id"), call)
        let made = submission.parts.filter(\.isMade).map(\.number)
        return try Self.text(
            SubmissionAnswer(
                user: submission.user,
                processing_started: submission.started?.description ?? "None",
                processing_finished: submission.finished?.description ?? "None",
                user_images: submission.parts.map(\.number),
                images: made,
                jobs: submission.parts.map { $0.isMade ? $0.number : nil },
                job_calibrations: [],
                error_message: submission.error.map { String($0.suffix(2000)) }
            )
        )
    }

    private struct Images: Encodable { let status = "success", image_ids: [Int] }

    @Sendable private func images(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        let id = try call.words.optional("subid")?.string() ?? request.query("subid") ?? ""
        return try Self.text(Images(image_ids: try await find(id, call).parts.filter(\.isMade).map(\.number)))
    }

    /// The submission of a number; one of somebody else is as if it were not there.
    private func find(_ id: String, _ call: Call) async throws -> Submission {
        let user = try user(call)
        guard let submission: Submission = try await parts.records.find(id),
            submission.user == user || call.identity.isAdministrator
        else { throw ServiceError(.notFound, "there is no submission \(id).") }
        return submission
    }

    private func user(_ call: Call) throws -> String {
        guard let user = call.identity.name else { throw ServiceError(.unauthenticated, "log in first: no session.") }
        return user
    }

    private struct MyJobs: Encodable { let status = "success", jobs: [Int] }

    @Sendable private func myJobs(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        let mine: [NumberedJob] = try await parts.records.all(of: try user(call))
        return try Self.text(MyJobs(jobs: mine.compactMap { Int($0.id) }.sorted()))
    }

    private struct Status: Encodable { let status: String }

    @Sendable private func job(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        try Self.text(Status(status: Self.word(try await numbered(context.parameter("id"), call).job)))
    }

    private struct Info: Encodable {
        struct Result: Encodable { let id: String, href: String, size: Int?, mimeType: String? }
        let status: String, original_filename: String, job: String, results: [Result], error: String?
        let tags: [String] = [], machine_tags: [String] = [], objects_in_field: [String] = []
        let calibration: [String: Double] = [:]
    }

    /// The parts of a job; those about the sky are empty here.
    @Sendable private func jobPart(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        let (job, number) = try await numbered(context.parameter("id"), call)
        switch context.parameter("part") {
        case "info":
            let addresses = context.jobAddresses(nil)
            return try Self.text(
                Info(
                    status: Self.word(job),
                    original_filename: (try await parts.records.find(number.submission, Submission.self))?.fileName ?? "",
                    job: job?.id ?? number.job,
                    results: job.map { job in
                        job.results.map { result in
                            let href = addresses.result(result.id, of: job)
                            return Info.Result(
                                id: result.id,
                                href: href,
                                size: result.size,
                                mimeType: result.contentType
                            )
                        }
                    } ?? [],
                    error: job?.errorSummary?.message
                )
            )
        case "calibration": return try Self.text([String: Double]())
        case "tags", "machine_tags", "objects_in_field", "annotations":
            return try Self.text([context.parameter("part"): [String]()])
        default: throw ServiceError(.notFound, "a job has no part '\(context.parameter("part"))'.")
        }
    }

    /// The job of a number, nil where it is not made yet or was removed.
    private func numbered(_ number: String, _ call: Call) async throws -> (job: Job?, number: NumberedJob) {
        let user = try user(call)
        guard let known: NumberedJob = try await parts.records.find(number),
            known.user == user || call.identity.isAdministrator
        else { throw ServiceError(.notFound, "there is no job \(number).") }
        return (try await parts.jobs.job(known.job), known)
    }

    /// How far a job is, in the words of nova.astrometry.net.
    private static func word(_ job: Job?) -> String {
        switch job?.phase {
        case .pending, .queued, .held, nil: "processing"
        case .executing, .suspended, .unknown: "solving"
        case .completed: "success"
        case .error, .aborted: "failure"
        case .archived: job?.errorSummary == nil ? "success" : "failure"
        }
    }

    // MARK: - Results

    @Sendable private func file(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var request = request
        let call = try await read(&request, context)
        let name = request.uri.path.split(separator: "/").first.map(String.init) ?? ""
        let (job, number) = try await numbered(context.parameter("id"), call)
        let short = name.replacing("_file", with: "")
        guard let job, let result = job.results.first(where: { $0.id == name || $0.id == short }) else {
            throw ServiceError(.notFound, "job \(number.id) has no result '\(short)'.")
        }
        return try await parts.response(result, for: request, context)
    }
}
