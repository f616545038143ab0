import ClusterExec
import Foundation
import Jobs
import Logging
import ServiceLifecycle

/// Carries out destruction: at its time a job is stopped, its results go, and its description stays as ARCHIVED.
struct JobSweeper: Service {
    private let parts: ServiceParts

    init(_ parts: ServiceParts) { self.parts = parts }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do {
                    try await sweep()
                } catch let error as CancellationError {
                    throw error
                } catch {
                    parts.log.error("cannot remove what is over: \(error)")
                }
                try await Task.sleep(for: .seconds(2))
            }
        }
    }

    private func sweep() async throws {
        var filter = JobFilter()
        filter.destroyedBy = .now
        for job in try await parts.jobs.jobs(matching: filter) {
            do {
                try await parts.jobs.change(job.id) { job in
                    if !job.phase.isFinished { try job.move(to: .aborted, by: .abort) }
                }
                await parts.scheduler.stop(job.id)
                try await parts.jobs.change(job.id) { job in
                    if job.phase != .archived { try job.move(to: .archived, by: .service) }
                }
            } catch let error as JobStoreError where error.code == .noSuchJob {
                continue
            }
            parts.removeFiles(of: job)
            parts.log.info("job archived", metadata: ["job": .string(job.id)])
            await parts.watch.look()
        }
        try await parts.accounts.removeExpired()
    }
}
