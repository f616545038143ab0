import ClusterExec
import Foundation
import Hummingbird
import Jobs

/// Jobs for clients that wait (UWS 1.1, section 5): `/sync/TYPE` makes and runs one, and ends in its main result.
struct SyncRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) {
        router.get("sync/{kind}", use: create)
        router.post("sync/{kind}", use: create)
        router.get("sync/{kind}/{id}", use: wait)
    }

    @Sendable private func create(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var request = request
        let kind = context.parameter("kind")
        let creation = JobCreation(parts: parts)
        // A link on another site's page must not make jobs in a browser's session, by GET neither: the form says so.
        let form = try await creation.form(&request, kind, context)
        let job = try await creation.make(kind, form, context, runs: true)
        return .seeOther("\(context.baseURL)/sync/\(kind)/\(job.id)")
    }

    @Sendable private func wait(_ request: Request, _ context: ServiceContext) async throws -> Response {
        let end = ContinuousClock.now + .seconds(parts.options.waitSeconds)
        var job = try await parts.find(context)
        while !job.phase.isFinished, ContinuousClock.now < end {
            let rest = (end - ContinuousClock.now).components.seconds
            await parts.watch.wait(job.id, while: job.phase, seconds: Int(max(1, rest)))
            job = try await parts.find(context)
        }
        let addresses = context.jobAddresses(job.kind)
        switch job.phase {
        case .completed:
            guard let result = job.mainResult else {
                return .seeOther(addresses.job(job) + "/results")
            }
            return .seeOther(addresses.result(result.id, of: job))
        case .error, .aborted, .archived:
            let reason = job.errorSummary?.message ?? "it is \(job.phase.rawValue)"
            throw ServiceError(.unprocessable, "job '\(job.id)' has no result: \(reason)")
        // Longer than a connection lasts: the client comes again.
        default: return .seeOther("\(context.baseURL)/sync/\(job.kind)/\(job.id)")
        }
    }
}

extension Job {
    /// The one result that a client gets who can take only one: that of the name `result`, else the first that is no log or
    /// list.
    var mainResult: JobResult? {
        let beside: Set<String> = ["stdout", "stderr", "log", "tiles", "output", "failures"]
        return results.first { $0.id == "result" } ?? results.first { !beside.contains($0.id) }
            ?? results.first { $0.id == "output" || $0.id == "stdout" }
    }
}
