import Documents
import Foundation
import HTTPTypes
import Hummingbird
public import Jobs

/// Schedules as JSON: `/api/v1/schedules`.
struct ScheduleRoutes: Sendable {
    let parts: ServiceParts
    private var book: ScheduleBook { ScheduleBook(parts.records) }

    func add(to router: Router<ServiceContext>) {
        router.get("api/v1/schedules", use: list)
        router.post("api/v1/schedules", use: create)
        router.get("api/v1/schedules/{id}", use: show)
        router.patch("api/v1/schedules/{id}", use: change)
        router.delete("api/v1/schedules/{id}", use: remove)
        router.post("api/v1/schedules/{id}/run", use: run)
    }

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        struct List: Encodable { let schedules: [ScheduleDocument] }
        let name = try context.requireUser()
        let schedules = try await book.all(of: context.identity.isAdministrator ? nil : name)
        return try .json(List(schedules: schedules.map(ScheduleDocument.init)))
    }

    @Sendable private func show(_ request: Request, _ context: ServiceContext) async throws -> Response {
        try .json(ScheduleDocument(try await find(context)))
    }

    /// The schedule that a request names, where the sender may see it.
    private func find(_ context: ServiceContext) async throws -> Schedule {
        let name = try context.requireUser()
        let schedule = try await book.schedule(context.parameter("id"))
        guard context.identity.isAdministrator || schedule.owner == name else {
            throw ServiceError(.forbidden, "schedule '\(schedule.id)' is somebody else's.")
        }
        return schedule
    }

    @Sendable private func create(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let owner = try context.requireUser()
        try context.checkForm(nil, request)
        var request = request
        let body = try await request.jsonBody(limit: parts.options.bodyLimit)
        try body.allowOnly(["name", "kind", "parameters", "cron", "zone"])
        let kind = try body.required("kind").string()
        let schedule = try await book.add(
            try body.optional("name")?.string() ?? kind,
            of: owner,
            type: try await JobCreation(parts: parts).description(kind, context),
            parameters: try body.optional("parameters")?.jobParameters() ?? [],
            cron: try body.required("cron").string(),
            zone: try body.optional("zone")?.string() ?? "UTC"
        )
        var response = try Response.json(ScheduleDocument(schedule), status: .created)
        response.headers[.location] = "\(context.baseURL)/api/v1/schedules/\(schedule.id)"
        return response
    }

    @Sendable private func change(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let schedule = try await find(context)
        try context.checkForm(nil, request)
        var request = request
        let body = try await request.jsonBody(limit: parts.options.bodyLimit)
        try body.allowOnly(["name", "parameters", "cron", "zone", "paused"])
        var parameters: [JobParameter]?
        if let given = try body.optional("parameters")?.jobParameters() {
            parameters = try await JobCreation(parts: parts).description(schedule.kind, context).checked(given)
        }
        let changed = try await book.change(schedule.id) { schedule in
            if let name = try body.optional("name")?.string() { schedule.name = name }
            if let parameters { schedule.parameters = parameters }
            if let cron = try body.optional("cron")?.string() { schedule.cron = try CronExpression(cron).description }
            if let zone = try body.optional("zone")?.string() { schedule.zone = zone }
            if let flag = try body.optional("paused")?.bool() { schedule.isPaused = flag }
        }
        return try .json(ScheduleDocument(changed))
    }

    @Sendable private func remove(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let schedule = try await find(context)
        try context.checkForm(nil, request)
        try await book.remove(schedule.id)
        return Response(status: .noContent)
    }

    @Sendable private func run(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let schedule = try await find(context)
        try context.checkForm(nil, request)
        return try .json(ScheduleDocument(try await book.requestRun(schedule.id)), status: .accepted)
    }
}

/// A schedule as programs and people read it.
public struct ScheduleDocument: Encodable, Sendable {
    public let id: String, name: String, owner: String, kind: String, cron: String, zone: String
    public let paused: Bool, created: Instant, next: Instant?, lastJob: String?, lastError: String?
    let parameters: [String: String]

    public init(_ schedule: Schedule) {
        (id, name, owner, kind) = (schedule.id, schedule.name, schedule.owner, schedule.kind)
        (cron, zone, paused, created) = (schedule.cron, schedule.zone, schedule.isPaused, schedule.created)
        (next, lastJob, lastError) = (schedule.next, schedule.lastJob, schedule.lastError)
        parameters = Dictionary(schedule.parameters.map { ($0.id, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
}
