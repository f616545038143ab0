import ClusterExec
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// One job and its parts (UWS 1.1, sections 2.2.1 to 2.2.3): `/rest/TYPE/ID`.
struct JobRoutes: Sendable {
    let parts: ServiceParts
    private var creation: JobCreation { JobCreation(parts: parts) }
    private var changes: JobChanges { JobChanges(parts: parts) }

    func add(to router: Router<ServiceContext>) {
        let job = router.group("rest/{kind}/{id}")
        job.get("", use: show)
        job.post("", use: post)
        job.delete("", use: delete)
        job.get("phase") { try await self.value($0, $1) { $0.phase.rawValue } }
        job.get("executionduration") { try await self.value($0, $1) { "\($0.executionDuration)" } }
        job.get("destruction") { try await self.value($0, $1) { $0.destruction?.description ?? "" } }
        job.get("quote") { try await self.value($0, $1) { $0.quote?.description ?? "" } }
        job.get("owner") { try await self.value($0, $1) { $0.ownerID ?? "" } }
        for name in ["phase", "executionduration", "destruction", "parameters"] {
            job.post(RouterPath(name), use: post)
        }
        job.get("error", use: error)
        job.get("parameters", use: parameters)
        job.get("parameters/{name}", use: parameter)
        job.put("parameters/{name}", use: putParameter)
        job.post("parameters/{name}", use: putParameter)
        job.get("results", use: results)
        job.get("results/{name}", use: result)
        job.get("stdout") { try await self.log($0, $1, JobLogs.output) }
        job.get("stderr") { try await self.log($0, $1, JobLogs.errors, JobLogs.command) }
    }

    // MARK: - Reading

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var job = try await parts.find(context)
        if request.wantsHTML, request.uri.query == nil { return .seeOther("\(context.root)/jobs/\(job.id)") }
        let query = FormBody.pairs(request.uri.query ?? "")
        if let text = query.last(where: { $0.name.uppercased() == "WAIT" })?.value {
            guard let seconds = Int(text), seconds >= -1 else {
                throw ServiceError(.badRequest, "WAIT '\(text)' is no number of seconds; -1 is as long as possible.")
            }
            let phase = query.last { $0.name.uppercased() == "PHASE" }?.value.uppercased()
            if job.phase.canBlock, phase == nil || phase == job.phase.rawValue {
                let limit = seconds < 0 ? parts.options.waitSeconds : min(seconds, parts.options.waitSeconds)
                await parts.watch.wait(job.id, while: job.phase, seconds: limit)
                job = try await parts.find(context)
            }
        }
        job = parts.shown(job)
        return request.wantsJSON
            ? Response(try JobJSON.job(job, at: context.jobAddresses(job.kind)), type: "application/json")
            : .xml(JobXML.job(job, at: context.jobAddresses(job.kind)))
    }

    private func value(
        _ request: Request,
        _ context: ServiceContext,
        _ text: (Job) -> String
    ) async throws -> Response {
        .text(text(try await parts.find(context)))
    }

    @Sendable private func error(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context)
        guard let summary = job.errorSummary else { return .text("") }
        let folder = parts.launcher.folder(of: job)
        let log = try? String(contentsOfFile: "\(folder)/\(JobLogs.command)", encoding: .utf8)
        return .text(log.map { "\(summary.message)\n\n\($0)" } ?? summary.message)
    }

    @Sendable private func parameters(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context)
        return .xml(JobXML.parameters(of: job, at: context.jobAddresses(job.kind)))
    }

    @Sendable private func parameter(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context)
        let name = context.parameter("name")
        guard let parameter = job.parameters.first(where: { $0.id.lowercased() == name.lowercased() }) else {
            throw ServiceError(.notFound, "job '\(job.id)' has no parameter '\(name)'.")
        }
        guard parameter.isByReference else { return .text(parameter.value) }
        guard parameter.value.hasPrefix(creation.uploadFolder(job.id) + "/") else { return .seeOther(parameter.value) }
        return try await parts.files.make(parameter.value, for: request, context)
    }

    @Sendable private func results(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = parts.shown(try await parts.find(context))
        return .xml(JobXML.results(of: job, at: context.jobAddresses(job.kind)))
    }

    @Sendable private func result(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context)
        let name = context.parameter("name")
        guard let result = job.results.first(where: { $0.id == name }) else {
            throw ServiceError(.notFound, "job '\(job.id)' has no result '\(name)'.")
        }
        return try await parts.response(result, for: request, context)
    }

    /// What a job has printed so far: the first of these files that is there.
    private func log(_ request: Request, _ context: ServiceContext, _ names: String...) async throws -> Response {
        let job = try await parts.find(context)
        let paths = names.map { "\(parts.launcher.folder(of: job))/\($0)" }
        guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) else { return .text("") }
        return try await parts.files.make(path, type: "text/plain; charset=utf-8", for: request, context)
    }

    // MARK: - Changing

    /// Every change by a form, at the job or at the part it concerns.
    @Sendable private func post(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context)
        var request = request
        let form = try await changes.form(&request, of: job, context)
        if let action = form["ACTION"] {
            guard action.uppercased() == "DELETE" else {
                throw ServiceError(.badRequest, "ACTION '\(action)' is unknown; DELETE is the only one.")
            }
            return try await delete(job, context)
        }
        try await changes.apply(form, to: job, by: context.identity)
        return .seeOther(context.jobAddresses(job.kind).job(job))
    }

    @Sendable private func putParameter(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context)
        let name = context.parameter("name")
        var request = request
        let type = request.headers[.contentType]?.lowercased() ?? ""
        let value: String
        if request.method == .post || type.hasPrefix("application/x-www-form-urlencoded") {
            let form = try await FormBody(&request, limit: parts.options.bodyLimit)
            try context.checkForm(form["csrf"], request)
            guard let text = form["VALUE"] ?? form[name] else {
                throw ServiceError(.badRequest, "the form has no field VALUE with the value of '\(name)'.")
            }
            value = text
        } else {
            try context.checkForm(nil, request)
            value = String(decoding: try await request.collectedBody(limit: parts.options.bodyLimit), as: UTF8.self)
        }
        try await changes.set([JobParameter(name, value)], of: job, by: context.identity)
        return .seeOther(context.jobAddresses(job.kind).job(job))
    }

    @Sendable private func delete(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context)
        try context.checkForm(nil, request)
        return try await delete(job, context)
    }

    private func delete(_ job: Job, _ context: ServiceContext) async throws -> Response {
        try await changes.remove(job)
        return .seeOther("\(context.baseURL)/rest/\(job.kind)")
    }
}

extension ServiceParts {
    /// The job that a request names, where the sender may see it.
    ///
    /// - Throws: `ServiceError`: not found, and forbidden for another's job.
    func find(_ context: ServiceContext) async throws -> Job {
        let job = try await find(context.parameter("id"), context)
        guard job.kind == context.parameter("kind") else {
            throw ServiceError(.notFound, "there is no job '\(job.id)' of the type '\(context.parameter("kind"))'.")
        }
        return job
    }

    /// A job by its name, where the sender may see it.
    ///
    /// - Throws: `ServiceError`: not found, and forbidden for another's job.
    func find(_ id: String, _ context: ServiceContext) async throws -> Job {
        if context.identity.name == nil, !options.allowsAnonymous {
            throw ServiceError(.unauthenticated, "log in to see jobs.")
        }
        guard let job = try await jobs.job(id) else { throw ServiceError(.notFound, "there is no job '\(id)'.") }
        guard context.identity.isAdministrator || job.ownerID == context.identity.name else {
            throw ServiceError(.forbidden, "job '\(id)' is somebody else's.")
        }
        return job
    }

    /// A result's content, or where it is.
    func response(_ result: JobResult, for request: Request, _ context: ServiceContext) async throws -> Response {
        if result.href.wholeMatch(of: #/https?:.*/#) != nil { return .seeOther(result.href) }
        var path = result.href
        if path.hasPrefix("file://") { path = URL(string: path)?.path ?? "" }
        guard path.hasPrefix("/") else {
            throw ServiceError(.notFound, "the result '\(result.id)' is at '\(result.href)', which is not served here.")
        }
        let download = FormBody.pairs(request.uri.query ?? "").contains { $0.name == "download" }
        var response = try await files.make(
            path,
            type: result.contentType,
            for: request,
            context,
            download: download ? (path as NSString).lastPathComponent : nil
        )
        // What a job has made is data: a page in it must not act as its reader.
        response.headers[.contentSecurityPolicy] =
            "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        return response
    }
}
