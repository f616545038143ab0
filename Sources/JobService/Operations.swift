import ClusterExec
import Documents
import Foundation
import Hummingbird
import Jobs
import Logging

/// What those who run the service look at: health, metrics, and the resources of VOSI.
struct OperationRoutes: Sendable {
    let parts: ServiceParts
    /// The description of all this, JSON.
    private let openAPI: Data

    /// - Throws: `DocumentError` where the description that comes with the program cannot be read.
    init(parts: ServiceParts, files: PageFiles) throws {
        self.parts = parts
        let documents = try YAML.parse(file: files.folder + "/openapi.yaml")
        openAPI = Data(documents.map { JSONText.write($0.root.value) }.joined().utf8)
    }

    func add(to router: Router<ServiceContext>) {
        router.get("health", use: health)
        router.get("metrics", use: metrics)
        router.get("openapi.json") { [openAPI] _, _ in Response(openAPI, type: "application/json") }
        router.get("availability", use: availability)
        router.get("capabilities", use: capabilities)
    }

    struct Health: Encodable { let status: String }

    @Sendable private func health(_ request: Request, _ context: ServiceContext) async throws -> Response {
        do {
            _ = try await parts.jobs.counts()
            return try .json(Health(status: "ok"))
        } catch {
            context.logger.error("the store does not answer: \(error)")
            return try .json(Health(status: "the store does not answer"), status: .serviceUnavailable)
        }
    }

    @Sendable private func metrics(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var text = parts.metrics.text + "# HELP antares_jobs Jobs in the store.\n# TYPE antares_jobs gauge\n"
        let counts = try await parts.jobs.counts()
        for phase in Phase.allCases { text += "antares_jobs{phase=\"\(phase.rawValue)\"} \(counts[phase] ?? 0)\n" }
        text += "# HELP antares_job_programs Programs of jobs.\n# TYPE antares_job_programs gauge\n"
        text += "antares_job_programs \(await parts.scheduler.running)\n"
        text += "# HELP antares_waiting_requests Requests that block.\n# TYPE antares_waiting_requests gauge\n"
        text += "antares_waiting_requests \(await parts.watch.count)\n"
        return Response(Data(text.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
    }

    @Sendable private func availability(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let isAvailable = (try? await parts.jobs.counts()) != nil
        return .xml(VOSI.availability(isAvailable))
    }

    @Sendable private func capabilities(_ request: Request, _ context: ServiceContext) async throws -> Response {
        .xml(VOSI.capabilities(await parts.descriptions.names, context.baseURL))
    }
}
