import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging

/// Job descriptions at the addresses of OPUS: `/jdl`, `/jdl/NAME/json`, `/jdl/tmp/NAME/validate`.
struct DescriptionRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        let jdl = router.group("jdl")
        jdl.get("", use: list)
        jdl.post("", use: save)
        jdl.post("import_jdl", use: importFile)
        jdl.post("tmp/{name}/validation_request", use: request)
        jdl.post("tmp/{name}/validate", use: validate)
        jdl.delete("tmp/{name}", use: removeDraft)
        jdl.delete("{name}", use: remove)
        // Nothing has to be copied for a script to run; OPUS's pages ask for it after a validation.
        jdl.post("{name}/copy_script", use: copyScript)
        for (path, place) in [("{name}", Place.used), ("tmp/{name}", .draft), ("saved/{name}", .saved)] {
            jdl.get(RouterPath(path)) { request, context -> Response in
                try await answer(request, context, place, Self.wanted(request) ?? .voTable, download: true)
            }
            jdl.get(RouterPath("\(path)/json")) { try await answer($0, $1, place, .json, download: false) }
            jdl.get(RouterPath("\(path)/convert")) { request, context -> Response in
                guard let format = Self.wanted(request) else {
                    let known = DescriptionFormat.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ServiceError(.badRequest, "the query needs format=…, one of \(known).")
                }
                return try await answer(request, context, place, format, download: true)
            }
            jdl.get(RouterPath("\(path)/script")) { _, context -> Response in
                let description = try await find(context, place)
                guard let script = description.script else {
                    throw ServiceError(.notFound, "the job type '\(description.name)' has no script.")
                }
                return .text(script)
            }
        }
    }

    /// Where a description is.
    private enum Place: Sendable { case used, draft, saved }

    private static func wanted(_ request: Request) -> DescriptionFormat? {
        let text = FormBody.pairs(request.uri.query ?? "").last { $0.name.lowercased() == "format" }?.value
        return text.flatMap { DescriptionFormat(rawValue: $0.lowercased()) }
    }

    // MARK: - Reading

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var details = DocumentObject()
        for name in await parts.descriptions.names {
            guard let description = await parts.descriptions[name], mayUse(description, context) else { continue }
            details[name] = description.document
        }
        var object = DocumentObject()
        object["jobnames"] = .array(details.keys.map { .string($0) })
        object["details"] = .object(details)
        if context.identity.mayScript {
            var drafts = DocumentObject()
            for name in try await parts.descriptions.drafts {
                guard let (_, draft) = try? await parts.descriptions.draft(name) else { continue }
                var entry = DocumentObject()
                entry["author"] = draft.author.map { .string($0) } ?? .null
                entry["saved"] = .string(draft.saved.description)
                entry["validation_requested"] = .bool(draft.isRequested)
                drafts[name] = .object(entry)
            }
            object["drafts"] = .object(drafts)
        }
        return Response(Data(JSONText.write(.object(object)).utf8), type: "application/json")
    }

    private func mayUse(_ description: JobDescription, _ context: ServiceContext) -> Bool {
        if context.identity.name == nil { return parts.options.allowsAnonymous && !description.isScript }
        return context.identity.mayUse(description.name)
    }

    /// - Throws: `ServiceError`: not found, and for what the sender may not see.
    private func find(_ context: ServiceContext, _ place: Place) async throws -> JobDescription {
        let name = context.parameter("name")
        if place != .used { try requireScripts(context) }
        let found =
            switch place {
            case .used: await parts.descriptions[name]
            case .draft: try await parts.descriptions.draft(name)?.description
            case .saved: try await parts.descriptions.saved(name)
            }
        guard let found else { throw ServiceError(.notFound, "there is no job description '\(name)'.") }
        if place == .used, !mayUse(found, context) {
            guard context.identity.name != nil else { throw ServiceError(.unauthenticated, "log in to see '\(name)'.") }
            throw ServiceError(.forbidden, "your account may not use the job type '\(name)'.")
        }
        return found
    }

    private func answer(
        _ request: Request,
        _ context: ServiceContext,
        _ place: Place,
        _ format: DescriptionFormat,
        download: Bool
    ) async throws -> Response {
        let description = try await find(context, place)
        var data = description.data(as: format, base: "\(context.baseURL)/rest/")
        if format == .json, !download { data = Data(JSONText.write(withControls(description)).utf8) }
        var response = Response(data, type: format == .json ? format.contentType : "text/xml; charset=utf-8")
        if download {
            response.headers[.contentDisposition] = "attachment; filename=\"\(description.name)\(format.suffix)\""
        }
        return response
    }

    /// The JSON form with what forms may set besides parameters.
    private func withControls(_ description: JobDescription) -> DocumentValue {
        guard case .object(var object) = description.document else { return description.document }
        let controls: [(String, String)] = [
            ("runId", "A word of your own for the job"), ("executionDuration", "Seconds that the job may run"),
            ("destruction", "When the results are removed, as 2027-01-31T12:00:00Z"),
        ]
        object["control_parameters"] = .object(DocumentObject(controls.map { (key: $0.0, value: .string($0.1)) }))
        object["control_parameters_keys"] = .array(controls.map { .string($0.0) })
        return .object(object)
    }

    // MARK: - Changing

    private func requireScripts(_ context: ServiceContext) throws {
        _ = try context.requireUser()
        guard context.identity.mayScript else {
            throw ServiceError(
                .forbidden,
                "only administrators and users of the role '\(User.scriptRole)' may do this."
            )
        }
    }

    @Sendable private func save(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try requireScripts(context)
        var request = request
        let form = try await FormBody(&request, limit: parts.options.bodyLimit + JobDescription.longestForm)
        try context.checkForm(form["csrf"], request)
        return try await save(context) { try DescriptionForm.read(form, author: context.identity.name ?? "") }
    }

    @Sendable private func importFile(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try requireScripts(context)
        var request = request
        let limit = parts.options.bodyLimit + JobDescription.longestForm
        let form = try await FormBody(&request, limit: limit, files: .init(spool: parts.spool, limit: limit))
        try context.checkForm(form["csrf"], request)
        guard let file = form.file("jdl_file") else {
            throw ServiceError(.badRequest, "the form has no file 'jdl_file' with a job description.")
        }
        let data = try file.content.data(limit: limit)
        return try await save(context) { try JobDescription(reading: data, origin: file.fileName) }
    }

    struct Saved: Encodable { let jobname: String, message: String }

    private func save(_ context: ServiceContext, _ read: () throws -> JobDescription) async throws -> Response {
        let description: JobDescription
        do {
            description = try read()
        } catch let error as DocumentError {
            throw ServiceError(.badRequest, error.description)
        }
        try await parts.descriptions.save(
            description,
            by: context.identity.name,
            isAdministrator: context.identity.isAdministrator
        )
        let name = "tmp/\(description.name)"
        parts.log.info("job description drafted", metadata: ["name": .string(name)])
        return try .json(Saved(jobname: name, message: "saved as \(name)"))
    }

    /// Changes of one description, without a form's fields but the token.
    private func change(
        _ request: Request,
        _ context: ServiceContext,
        _ done: String,
        _ body: (String) async throws -> Void
    ) async throws -> Response {
        var request = request
        let form = try await FormBody(&request, limit: parts.options.bodyLimit)
        try context.checkForm(form["csrf"], request)
        let name = context.parameter("name")
        try await body(name)
        parts.log.info("job description \(done)", metadata: ["name": .string(name)])
        return try .json(Saved(jobname: name, message: done))
    }

    @Sendable private func request(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try requireScripts(context)
        return try await change(request, context, "waits for an administrator") {
            try await parts.descriptions.request($0)
        }
    }

    @Sendable private func validate(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        return try await change(request, context, "validated") { try await parts.descriptions.validate($0) }
    }

    @Sendable private func removeDraft(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try requireScripts(context)
        return try await change(request, context, "removed") { name in
            let author = try await parts.descriptions.draft(name)?.draft.author
            guard context.identity.isAdministrator || author == context.identity.name else {
                throw ServiceError(.forbidden, "the draft '\(name)' is somebody else's.")
            }
            try await parts.descriptions.removeDraft(name)
        }
    }

    @Sendable private func remove(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        return try await change(request, context, "removed") { try await parts.descriptions.remove($0) }
    }

    @Sendable private func copyScript(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try context.requireAdministrator()
        return try await change(request, context, "in place") { name in
            guard await parts.descriptions[name]?.isScript == true else {
                throw ServiceError(.notFound, "there is no job type '\(name)' with a script.")
            }
        }
    }
}

extension JobDescription {
    /// The most bytes that a form adds to a body for a script, escaped as forms escape.
    fileprivate static var longestForm: Int { 3 << 20 }
}
