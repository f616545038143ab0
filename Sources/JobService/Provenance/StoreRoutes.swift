import Foundation
import Hummingbird
import Jobs

/// Files by their identifiers, at OPUS's addresses: `/store?ID=…`, `/store/ENTITY/FILE`.
struct StoreRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        router.get("store", use: file)
        router.get("store/{id}", use: lead)
        router.get("store/{id}/{file}", use: lead)
        router.get("store_old/{id}/{name}") { _, context -> Response in
            let job = try await parts.find(context.parameter("id"), context)
            return .seeOther(context.jobAddresses(job.kind).result(context.parameter("name"), of: job))
        }
    }

    @Sendable private func file(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let query = FormBody.pairs(request.uri.query ?? "")
        guard let id = query.last(where: { $0.name.uppercased() == "ID" })?.value, !id.isEmpty else {
            throw ServiceError(.badRequest, "the query needs ID=…, the identifier of a file.")
        }
        guard let (name, _, part) = Entity.parts(of: id) else {
            throw ServiceError(.notFound, "there is no file '\(id)'.")
        }
        // Who may see the job may see its files.
        let job = try await parts.find(name, context)
        if let format = ProvenanceFormat(resultName: part) {
            return try await ProvenanceRoutes(parts: parts).answer(job, format, context)
        }
        guard let entity = try await parts.entities.find(id) else {
            throw ServiceError(.notFound, "there is no file '\(id)'.")
        }
        return try await parts.files.make(
            entity.path,
            type: entity.contentType,
            for: request,
            context,
            download: query.contains { $0.name == "download" } ? "\(id)_\(entity.fileName)" : nil
        )
    }

    @Sendable private func lead(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let allowed = CharacterSet(charactersIn: "-._~").union(.alphanumerics)
        let id = context.parameter("id").addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        return .seeOther("\(context.baseURL)/store?ID=\(id)")
    }
}
