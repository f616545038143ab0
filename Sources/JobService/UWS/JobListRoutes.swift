import ClusterExec
import Foundation
import Hummingbird
import Jobs

/// The lists of jobs (UWS 1.1, section 2.2.2.1): `/rest/TYPE`, and `/rest` for all types.
struct JobListRoutes: Sendable {
    let parts: ServiceParts
    private var creation: JobCreation { JobCreation(parts: parts) }

    func add(to router: Router<ServiceContext>) {
        router.get("rest", use: list)
        router.get("rest/{kind}", use: list)
        router.post("rest/{kind}", use: create)
    }

    @Sendable private func list(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let kind = context.parameters.get("kind").map { _ in context.parameter("kind") }
        if let kind { _ = try await creation.description(kind, context) }
        if request.wantsHTML, request.uri.query == nil {
            let type = kind.map { "?type=\($0.queryEscaped)" } ?? ""
            return .seeOther("\(context.root)/jobs\(type)")
        }
        var filter = try JobFilter(query: FormBody.pairs(request.uri.query ?? ""))
        filter.kind = kind
        try filter.restrict(to: context, parts)
        let jobs = try await parts.jobs.list(matching: filter)
        let addresses = context.jobAddresses(kind)
        return request.wantsJSON
            ? Response(try JobJSON.list(jobs, at: addresses), type: "application/json")
            : .xml(JobXML.list(jobs, at: addresses))
    }

    @Sendable private func create(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let kind = context.parameter("kind")
        var request = request
        let form = try await creation.form(&request, kind, context)
        let job = try await creation.make(kind, form, context)
        return .seeOther(context.jobAddresses(kind).job(job))
    }
}

extension JobFilter {
    /// Nobody but an administrator sees another's jobs.
    mutating func restrict(to context: ServiceContext, _ parts: ServiceParts) throws {
        guard let name = context.identity.name else {
            guard parts.options.allowsAnonymous else {
                throw ServiceError(.unauthenticated, "log in to see your jobs.")
            }
            isWithoutOwner = true
            return
        }
        if !context.identity.isAdministrator { ownerID = name }
    }
}

extension ServiceContext {
    /// Where the jobs of a type are; for all types each at its own.
    func jobAddresses(_ kind: String?) -> JobAddresses {
        kind.map { JobAddresses(list: "\(baseURL)/rest/\($0)") } ?? JobAddresses(root: "\(baseURL)/rest")
    }
}
