import ClusterExec
import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// A run of a pipeline, as Jetstream Centro takes it: what was asked for, and its job.
struct Run: Record {
    static let recordKind = "run"
    let id: String
    let user: String
    let project: String
    /// `name@version`, as it was resolved.
    let pipeline: String
    let email: [String]
    let account: String
    let path: String
    let job: String
    let created: Instant
    var revision = 0

    var key: String? { user }
}

/// Runs of pipelines: `POST /api/v1/new-run/` as Jetstream Centro documents it, and `/api/v1/runs`.
///
/// A pipeline is a job type and its version. What Centro itself reads (project, pipeline, email, hpcAccount, isilonPath) is
/// handed to a job type that has such parameters; every other field is a parameter.
struct RunRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        router.post("api/v1/new-run", use: create)
        router.get("api/v1/runs", use: list)
        router.get("api/v1/runs/{id}", use: show)
    }

    private struct Document: Encodable {
        let id: String, project: String, pipeline: String, user: String, email: [String], hpcAccount: String
        let isilonPath: String, created: Instant, job: String, href: String
        /// The phase of the job; `REMOVED` where it is gone.
        let state: String
        let error: String?, results: [String], log: String?

        init(_ run: Run, _ job: Job?, _ context: ServiceContext, log: String? = nil) {
            let addresses = context.jobAddresses(nil)
            (id, project, pipeline, user) = (run.id, run.project, run.pipeline, run.user)
            (email, hpcAccount, isilonPath, created) = (run.email, run.account, run.path, run.created)
            (self.job, state, self.log) = (run.job, job?.phase.rawValue ?? "REMOVED", log)
            href = job.map { addresses.job($0) } ?? ""
            error = job?.errorSummary?.message
            results = job.map { job in job.results.map { addresses.result($0.id, of: job) } } ?? []
        }
    }

    private static let own = ["project", "pipeline", "email", "hpcAccount", "isilonPath", "path"]

    // MARK: - Making

    @Sendable private func create(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let user = try context.requireUser()
        try context.checkForm(nil, request)
        var request = request
        let body = try await request.jsonBody(limit: parts.options.bodyLimit)
        let project = try Self.text(body.required("project"))
        let wanted = try body.required("pipeline")
        let addresses = try Self.addresses(body.required("email"))
        let account = try Self.account(body.required("hpcAccount"))
        let path = try Self.text(body.optional("isilonPath") ?? body.optional("path") ?? body.required("isilonPath"))
        let type = try await pipeline(wanted, context)
        var wished = JobRequest(kind: type.name, parameters: try Self.parameters(body, of: type), runID: project)
        wished.account = account
        let job: Job
        do {
            job = try await JobCreation(parts: parts).make(wished, for: context.identity)
        } catch let error as JobError {
            guard let known = ServiceError(answering: error), let field = known.field else { throw error }
            let line = body.optional(field)?.line
            throw ServiceError(known.code, known.message, field: field, line: line)
        }
        let run = Run(
            id: job.id,
            user: user,
            project: project,
            pipeline: "\(type.name)@\(type.version)",
            email: addresses,
            account: account,
            path: path,
            job: job.id,
            created: job.creationTime
        )
        try await parts.records.add(run)
        var response = try Response.json(Document(run, job, context), status: .created)
        response.headers[.location] = "\(context.baseURL)/api/v1/runs/\(run.id)"
        return response
    }

    private static func text(_ reader: DocumentReader) throws -> String {
        let text = try reader.string().trimmingCharacters(in: .whitespaces)
        guard !text.isEmpty else { throw reader.failure("must not be empty") }
        return text
    }

    private static func account(_ reader: DocumentReader) throws -> String {
        let text = try text(reader)
        guard text.wholeMatch(of: #/[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}/#) != nil else {
            throw reader.failure("'\(text)' is no account of a cluster")
        }
        return text
    }

    /// The addresses of a list with commas.
    private static func addresses(_ reader: DocumentReader) throws -> [String] {
        let texts = try text(reader).split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        for text in texts where text.wholeMatch(of: #/[^\s@<>,;:"\\]+@[^\s@<>,;:"\\]+/#) == nil {
            throw reader.failure("'\(text)' is no address of mail")
        }
        return texts
    }

    /// The job type that `name@version` or `name@latest` means.
    private func pipeline(_ reader: DocumentReader, _ context: ServiceContext) async throws -> JobDescription {
        let words = try Self.text(reader).split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard words.count <= 2, !words[0].isEmpty else {
            throw reader.failure("must be a pipeline and its version, such as composite@latest")
        }
        let known = await parts.descriptions[words[0]]
        guard known != nil else {
            let names = await parts.descriptions.names
            throw reader.failure(
                "names no pipeline '\(words[0])'",
                hint: "There are: \(names.joined(separator: ", "))."
            )
        }
        let type = try await JobCreation(parts: parts).description(words[0], context)
        guard words.count == 1 || words[1] == "latest" || words[1] == type.version else {
            throw reader.failure("asks for version '\(words[1])' of '\(type.name)'; the service has \(type.version)")
        }
        return type
    }

    private static func parameters(_ body: DocumentReader, of type: JobDescription) throws -> [JobParameter] {
        let given = try body.jobParameters()
        return given.filter { parameter in
            let isDescribed = type.allParameters.contains { $0.name.lowercased() == parameter.id.lowercased() }
            return isDescribed || !own.contains(parameter.id)
        }
    }

    // MARK: - Looking

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        struct List: Encodable { let runs: [Document] }
        let name = try context.requireUser()
        try JobAPIRoutes.checkNames(FormBody.pairs(request.uri.query ?? ""), ["project", "limit"])
        let size = try JobAPIRoutes.pageSize(request)
        var runs: [Run] = try await parts.records.all(of: context.identity.isAdministrator ? nil : name)
        if let project = request.query("project") { runs.removeAll { $0.project != project } }
        runs = Array(runs.sorted { ($0.created, $0.id) > ($1.created, $1.id) }.prefix(size))
        var documents: [Document] = []
        for run in runs { documents.append(Document(run, try await parts.jobs.job(run.job), context)) }
        return try .json(List(runs: documents))
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let name = try context.requireUser()
        let id = context.parameter("id")
        guard let run: Run = try await parts.records.find(id) else {
            throw ServiceError(.notFound, "there is no run '\(id)'.")
        }
        guard context.identity.isAdministrator || run.user == name else {
            throw ServiceError(.forbidden, "run '\(id)' is somebody else's.")
        }
        let job = try await parts.jobs.job(run.job)
        let log = job.map { JobLogs(folder: parts.launcher.folder(of: $0)).end }
        return try .json(Document(run, job, context, log: log ?? ""))
    }
}
