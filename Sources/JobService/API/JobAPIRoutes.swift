import ClusterExec
import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// Jobs and their types as plain JSON: `/api/v1/jobs`, `/api/v1/job-types`.
struct JobAPIRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        router.get("api/v1/jobs", use: list)
        router.post("api/v1/jobs", use: create)
        router.get("api/v1/jobs/{id}", use: show)
        router.delete("api/v1/jobs/{id}", use: remove)
        router.get("api/v1/job-types", use: types)
        router.get("api/v1/job-types/{name}", use: type)
    }

    // MARK: - Reading

    private struct Entry: Encodable {
        let jobId: String, kind: String, phase: Phase, runId: String?, ownerId: String?
        let creationTime: Instant, startTime: Instant?, endTime: Instant?
        let progress: JobProgress, error: String?, href: String

        init(_ job: Job, _ addresses: JobAddresses) {
            (jobId, kind, phase, runId, ownerId) = (job.id, job.kind, job.phase, job.runID, job.ownerID)
            (creationTime, startTime, endTime) = (job.creationTime, job.startTime, job.endTime)
            (progress, error, href) = (job.progress, job.errorSummary?.message, addresses.job(job))
        }
    }

    /// `next` is the value of `before` for the page behind this one; nil on the last.
    private struct Page: Encodable { let jobs: [Entry], next: String? }

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let query = FormBody.pairs(request.uri.query ?? "")
        try Self.checkNames(query, ["kind", "phase", "after", "before", "owner", "limit"])
        var filter = try JobFilter(query: query.filter { ["phase", "after"].contains($0.name.lowercased()) })
        filter.kind = request.query("kind")
        let size = try Self.pageSize(request)
        filter.before = try request.query("before").map(Self.position)
        try filter.restrict(to: context, parts)
        if let owner = request.query("owner") {
            guard context.identity.isAdministrator || owner == context.identity.name else {
                throw ServiceError(.forbidden, "the jobs of '\(owner)' are somebody else's.", field: "owner")
            }
            filter.ownerID = owner
        }
        // One more tells whether there is another page.
        filter.last = size + 1
        let jobs = try await parts.jobs.list(matching: filter)
        let addresses = context.jobAddresses(nil)
        return try .json(
            Page(
                jobs: jobs.prefix(size).map { Entry($0, addresses) },
                next: jobs.count > size ? Self.cursor(jobs[size - 1]) : nil
            )
        )
    }

    static func checkNames(_ query: [(name: String, value: String)], _ known: [String]) throws(ServiceError) {
        for (name, _) in query where !known.contains(name.lowercased()) {
            throw ServiceError(
                .badRequest,
                "the query has the unknown name '\(name)'. Known: \(known.joined(separator: ", ")).",
                field: name
            )
        }
    }

    static func pageSize(_ request: Request) throws(ServiceError) -> Int {
        guard let text = request.query("limit") else { return 100 }
        guard let number = Int(text), (1...1000).contains(number) else {
            throw ServiceError(.badRequest, "limit '\(text)' is no number from 1 to 1000.", field: "limit")
        }
        return number
    }

    /// Where a page ends: the time of its last job and its name.
    private static func cursor(_ job: Job) -> String { "\(job.creationTime.milliseconds)_\(job.id)" }

    private static func position(_ text: String) throws(ServiceError) -> JobPosition {
        let parts = text.split(separator: "_", maxSplits: 1)
        guard parts.count == 2, let time = Int64(parts[0]) else {
            throw ServiceError(.badRequest, "before '\(text)' is none of the values of 'next'.", field: "before")
        }
        return JobPosition(creationTime: Instant(milliseconds: time), id: String(parts[1]))
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context.parameter("id"), context)
        return try .json(JobDocument(job, context.jobAddresses(nil)))
    }

    @Sendable private func types(_ request: Request, _ context: ServiceContext) async throws -> Response {
        struct List: Encodable { let jobTypes: [JobTypeDocument] }
        try requireReader(context)
        var documents: [JobTypeDocument] = []
        for name in await parts.descriptions.names {
            if let description = await parts.descriptions[name], mayUse(description, context) {
                documents.append(JobTypeDocument(description))
            }
        }
        return try .json(List(jobTypes: documents))
    }

    @Sendable private func type(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let creation = JobCreation(parts: parts)
        return try .json(JobTypeDocument(try await creation.description(context.parameter("name"), context)))
    }

    private func requireReader(_ context: ServiceContext) throws {
        if !parts.options.allowsAnonymous { _ = try context.requireUser() }
    }

    private func mayUse(_ description: JobDescription, _ context: ServiceContext) -> Bool {
        context.identity.name == nil ? !description.isScript : context.identity.mayUse(description.name)
    }

    // MARK: - Changing

    @Sendable private func create(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try requireReader(context)
        try context.checkForm(nil, request)
        var request = request
        let body = try await request.jsonBody(limit: parts.options.bodyLimit)
        try body.allowOnly(["kind", "parameters", "runId", "run", "executionDuration", "destruction"])
        let wanted = JobRequest(
            kind: try body.required("kind").string(),
            parameters: try body.optional("parameters")?.jobParameters() ?? [],
            runID: try body.optional("runId")?.string(),
            executionDuration: try body.optional("executionDuration").map { "\(try $0.integer())" },
            destruction: try body.optional("destruction")?.instant().description,
            isRun: try body.optional("run")?.bool() ?? true
        )
        let job = try await naming(body) { try await JobCreation(parts: parts).make(wanted, for: context.identity) }
        let addresses = context.jobAddresses(nil)
        var response = try Response.json(JobDocument(job, addresses), status: .created)
        response.headers[.location] = addresses.job(job)
        return response
    }

    /// Says of a wrong parameter where it stands in the request.
    private func naming<T>(_ body: DocumentReader, _ make: () async throws -> T) async throws -> T {
        do {
            return try await make()
        } catch let error as JobError {
            guard let known = ServiceError(answering: error), let field = known.field else { throw error }
            let reader = body.optional("parameters")
            let key = reader?.value.object?.first { $0.key.lowercased() == field.lowercased() }?.key
            throw ServiceError(
                known.code,
                known.message,
                field: "parameters.\(key ?? field)",
                line: (key.flatMap { reader?.optional($0) } ?? reader)?.line
            )
        }
    }

    @Sendable private func remove(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context.parameter("id"), context)
        try context.checkForm(nil, request)
        try await JobChanges(parts: parts).remove(job)
        return Response(status: .noContent)
    }
}

/// A job type as a program reads it.
struct JobTypeDocument: Encodable {
    private struct Parameter: Encodable {
        let name: String, type: String, required: Bool, `default`: String?, unit: String?
        let minimum: Double?, maximum: Double?, options: [String], annotation: String
    }

    private let name: String, version: String, annotation: String, executionDuration: Int, open: Bool
    private let parameters: [Parameter]
    private let results: [ResultDescription]

    init(_ description: JobDescription) {
        (name, version, annotation) = (description.name, description.version, description.annotation)
        (executionDuration, open, results) = (description.executionDuration, description.isOpen, description.results)
        parameters = description.allParameters.map { parameter in
            Parameter(
                name: parameter.name,
                type: parameter.type.rawValue,
                required: parameter.isRequired,
                default: parameter.defaultValue,
                unit: parameter.unit,
                minimum: parameter.minimum,
                maximum: parameter.maximum,
                options: parameter.options,
                annotation: parameter.annotation
            )
        }
    }
}
