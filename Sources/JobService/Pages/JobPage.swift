import ClusterExec
import Foundation
import Hummingbird
import Jobs

/// One job: `/jobs/ID`, with its tiles, logs and pictures.
struct JobPage: Sendable {
    let pages: Pages
    private var parts: ServiceParts { pages.parts }
    /// Results that a page shows; the rest are counted.
    private static let resultLimit = 200

    func add(to router: Router<ServiceContext>) {
        router.get("jobs/{id}", use: pages.route(show))
        router.post("jobs/{id}", use: pages.route(act))
        router.get("jobs/{id}/log", use: log)
        router.get("jobs/{id}/tiles", use: tiles)
        router.get("jobs/{id}/preview/{name}", use: preview)
    }

    private func show(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context.parameter("id"), context)
        let type = await parts.descriptions[job.kind]
        return try page(job, type, [], nil, context)
    }

    private func page(
        _ job: Job,
        _ type: JobDescription?,
        _ checked: [FormField],
        _ failure: ServiceError?,
        _ context: ServiceContext
    ) throws -> Response {
        let addresses = context.jobAddresses(job.kind)
        let logs = JobLogs(folder: parts.launcher.folder(of: job)).entries
        // Pictures first: they tell most.
        let isFirst = job.results.map(ResultView.hasPicture)
        let ordered =
            zip(job.results, isFirst).filter(\.1).map(\.0) + zip(job.results, isFirst).filter { !$0.1 }.map(\.0)
        let shown = ordered.prefix(Self.resultLimit)
        var values = JobView(job).values
        let isEditable = job.phase == .pending && type != nil
        let fields =
            checked.isEmpty ? (type?.allParameters ?? []).map { FormField($0, value: job.value(of: $0.name)) } : checked
        values["kind"] = job.kind
        values["address"] = addresses.job(job)
        values["properties"] = properties(job)
        values["isEditable"] = isEditable
        values["fields"] = isEditable ? fields.map(\.values) : []
        values["parameters"] = job.parameters.map { parameter -> Pages.Values in
            let name = (parameter.value as NSString).lastPathComponent
            return [
                "name": parameter.id, "value": parameter.isByReference ? name : parameter.value,
                "isFile": parameter.isByReference, "href": addresses.parameter(parameter.id, of: job),
            ]
        }
        values["hasParameters"] = !job.parameters.isEmpty
        values["hasTiles"] = job.tiles.map { $0.planned > 0 } ?? false
        values["logs"] = logs.map { ["name": $0.name, "label": $0.label] }
        values["hasLogs"] = !logs.isEmpty
        values["results"] = shown.map { ResultView($0, job, addresses, hasData: parts.data != nil).values }
        values["hasResults"] = !job.results.isEmpty
        values["moreResults"] = job.results.count > shown.count ? "\(job.results.count - shown.count)" : nil
        values["error"] = job.errorSummary?.message
        values["failure"] = failure?.message
        values["runID"] = job.runID ?? ""
        values["live"] = job.phase.isFinished ? "" : "\(job.id):\(job.phase.rawValue)"
        let status = failure?.code.rawValue ?? (checked.contains { $0.error != nil } ? 422 : 200)
        return try pages.make("job", "\(job.kind) \(job.runID ?? job.id)", values, context, status: .init(code: status))
    }

    private func properties(_ job: Job) -> [Pages.Values] {
        var list: [(String, String)] = [("Job", job.id)]
        if let runID = job.runID, !runID.isEmpty { list.append(("Your name for it", runID)) }
        list.append(("Owner", job.ownerID ?? "nobody"))
        list.append(("Made", PlainText.time(job.creationTime)))
        if let start = job.startTime { list.append(("Started", PlainText.time(start))) }
        if let end = job.endTime { list.append(("Ended", PlainText.time(end))) }
        if let start = job.startTime {
            list.append(("Duration", PlainText.duration((job.endTime ?? .now).seconds(since: start))))
        }
        if let quote = job.quote, !job.phase.isFinished { list.append(("Expected end", PlainText.time(quote))) }
        let limit = job.executionDuration
        list.append(("May run", limit == 0 ? "without limit" : PlainText.duration(Double(limit))))
        if let destruction = job.destruction { list.append(("Results kept until", PlainText.time(destruction))) }
        return list.map { ["name": $0.0, "value": $0.1] }
    }

    // MARK: - Changing

    private func act(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context.parameter("id"), context)
        let changes = JobChanges(parts: parts)
        let form = try await changes.form(&request, of: job, context)
        let back = context.localPath(form["back"]) ?? "\(context.root)/jobs/\(job.id)"
        switch form["action"] {
        case "start": try await changes.apply(Self.asking("RUN"), to: job, by: context.identity)
        case "abort": try await changes.apply(Self.asking("ABORT"), to: job, by: context.identity)
        case "delete":
            try await changes.remove(job)
            return .seeOther(context.localPath(form["back"]) ?? "\(context.root)/jobs")
        case "save", "save-start": return try await save(form, job, context)
        case let other:
            throw ServiceError(.badRequest, "the action '\(other ?? "")' is unknown.")
        }
        return .seeOther(back)
    }

    private static func asking(_ phase: String) -> FormBody { FormBody(fields: [("PHASE", phase)]) }

    /// Takes the parameters of a job that is not asked to run yet as the form says them, and asks it to run on wish.
    private func save(_ form: FormBody, _ job: Job, _ context: ServiceContext) async throws -> Response {
        guard let type = await parts.descriptions[job.kind] else {
            throw ServiceError(.notFound, "there is no job type '\(job.kind)' any more.")
        }
        let isRun = form["action"] == "save-start"
        // A file that was given before stays without being given again.
        let kept = job.parameters.filter(\.isByReference).filter { form[$0.id] == $0.value }
        var fields = FormField.check(type, form, isComplete: isRun)
        for index in fields.indices where kept.contains(where: { $0.id == fields[index].description.name }) {
            fields[index].error = nil
        }
        guard fields.allSatisfy({ $0.error == nil }) else { return try page(job, type, fields, nil, context) }
        var given = FormField.given(type, form)
        given.fields.removeAll { field in
            ["action", "back"].contains(field.name) || kept.contains { $0.id.lowercased() == field.name.lowercased() }
        }
        let named = Set((given.fields.map(\.name) + given.files.map(\.name) + kept.map(\.id)).map { $0.lowercased() })
        let known = Set(type.allParameters.map { $0.name.lowercased() })
        do {
            try await parts.jobs.change(job.id) { job in
                guard job.phase == .pending else { throw JobError(.parametersFixed(job.phase), job: job.id) }
                job.parameters.removeAll { known.contains($0.id.lowercased()) && !named.contains($0.id.lowercased()) }
            }
            if isRun { given.fields.append(("PHASE", "RUN")) }
            let found = try await parts.find(job.id, context)
            try await JobChanges(parts: parts).apply(given, to: found, by: context.identity)
        } catch {
            guard let failure = ServiceError(answering: error) else { throw error }
            return try page(job, type, fields, failure, context)
        }
        return .seeOther("\(context.root)/jobs/\(job.id)")
    }

    // MARK: - Parts

    /// A log, or what has been added to it since (by a range).
    @Sendable private func log(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context.parameter("id"), context)
        let name = FormBody.pairs(request.uri.query ?? "").first { $0.name == "name" }?.value ?? ""
        let logs = JobLogs(folder: parts.launcher.folder(of: job))
        guard let path = logs.path(of: name) else {
            throw ServiceError(.notFound, "job '\(job.id)' has no log '\(name)'.")
        }
        return try await parts.files.make(path, type: "text/plain; charset=utf-8", for: request, context)
    }

    @Sendable private func tiles(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context.parameter("id"), context)
        let found = try JobTiles(folder: JobFolder(parts.launcher.folder(of: job)))
        let rings = await parts.data?.outlines(ofTiles: found.tiles.map { ($0.name, $0.document, $0.path) }) ?? [:]
        let document = JobTiles.Document(
            total: job.tiles?.planned ?? found.tiles.count,
            tiles: found.tiles.map { .init($0, ring: rings[$0.name]) }
        )
        return try .json(document)
    }

    /// A picture of a result that browsers do not show by themselves.
    @Sendable private func preview(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let job = try await parts.find(context.parameter("id"), context)
        let name = context.parameter("name")
        guard let result = job.results.first(where: { $0.id == name }), let path = result.path,
            ResultView.isRaster(result), let data = parts.data
        else {
            throw ServiceError(.notFound, "there is no picture of a result '\(name)' of job '\(job.id)'.")
        }
        return try await parts.pictures.response(key: "file \(path)", for: request) {
            try await data.picture(ofFile: path, size: 512)
        }
    }
}
