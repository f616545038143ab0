import ClusterExec
import Foundation
import Hummingbird
import Jobs
import Logging

/// States that a cluster reports (`/handler/job_event`), as OPUS and its script for Slurm do.
///
/// They come from the addresses of `job_servers` alone. A job that has ended stays as it is, and a program that runs a job
/// decides itself about tries and results: an event of the engine wakes those who look, and moves nothing that would take
/// the decision from them.
struct ClusterEventRoutes: Sendable {
    let parts: ServiceParts

    func add(to router: Router<ServiceContext>) { router.post("handler/job_event", use: event) }

    struct Answer: Encodable { let jobid: String, phase: String, changed: Bool }

    @Sendable private func event(_ request: Request, _ context: ServiceContext) async throws -> Response {
        guard parts.options.jobServers.contains(where: { $0.contains(context.clientAddress) }) else {
            throw ServiceError(
                .forbidden,
                "\(context.clientAddress) is none of job_servers in the service file, from which events come."
            )
        }
        var request = request
        let form = try await FormBody(&request, limit: parts.options.bodyLimit)
        guard let name = form["jobid"], !name.isEmpty, let word = form["phase"] ?? form["state"] else {
            throw ServiceError(.badRequest, "an event has the fields jobid and phase.")
        }
        guard let state = ClusterEvent(word) else {
            throw ServiceError(.badRequest, "'\(word)' is neither a phase of UWS nor a state of Slurm.")
        }
        guard let (job, isOurs) = try await find(name) else {
            throw ServiceError(.notFound, "no job that waits or runs has the number '\(name)'.")
        }
        if let secret = form["secret"] {
            let known = try? String(contentsOfFile: Self.secretFile(parts.launcher.folder(of: job)), encoding: .utf8)
            guard let known, known == secret else { throw ServiceError(.forbidden, "the secret is not the job's.") }
        }
        let changed = isOurs ? try await apply(state, to: job, message: form["error_msg"]) : false
        await parts.watch.look()
        await parts.scheduler.wake()
        let now = try await parts.jobs.job(job.id)?.phase ?? job.phase
        context.logger.info("job event", metadata: ["job": .string(job.id), "state": .string(word)])
        return try .json(Answer(jobid: job.id, phase: now.rawValue, changed: changed))
    }

    /// - Returns: False where the job is as it was.
    private func apply(_ state: ClusterEvent, to job: Job, message: String?) async throws -> Bool {
        let next = state.phase
        // Its program takes the results up before the job is complete.
        guard next != .completed, next != .queued else { return false }
        let said = String((message ?? "").prefix(2000))
        let summary = ErrorSummary(said.isEmpty ? state.message : said, kind: state.isTransient ? .transient : .fatal)
        let stored = try await parts.jobs.change(job.id) { job in
            guard job.phase != next, job.phase.followers(by: .service).contains(next) else { return }
            if next == .error { try job.fail(summary) } else { try job.move(to: next, by: .service) }
        }
        return stored.phase != job.phase
    }

    /// The job of a name of ours, or of a number of the cluster: the one that is running and was given it.
    private func find(_ name: String) async throws -> (Job, isOurs: Bool)? {
        if let job = try await parts.jobs.job(name) { return (job, true) }
        // 14_3 is a task of the array 14.
        let number = String(name.prefix { $0 != "_" && $0 != "." })
        guard !number.isEmpty, number.allSatisfy(\.isNumber) else { return nil }
        for active in try await parts.jobs.active() {
            guard let job = try await parts.jobs.job(active.id) else { continue }
            let submissions = (try? JobFolder(parts.launcher.folder(of: job)).submissions()) ?? []
            if submissions.contains(where: { $0.engineID == number }) { return (job, false) }
        }
        return nil
    }

    /// What only the job's own programs know.
    static func secretFile(_ folder: String) -> String { "\(folder)/event-secret" }
}

/// What a word of UWS or of Slurm means for a job.
struct ClusterEvent: Sendable, Equatable {
    let phase: Phase
    /// Why, for people.
    let message: String
    /// True where trying again may help.
    let isTransient: Bool

    init?(_ word: String) {
        // `CANCELLED by 1000` is CANCELLED, `RUNNING+` is RUNNING.
        let state = String(word.uppercased().prefix { $0.isLetter || $0 == "_" })
        if let phase = Phase(rawValue: state), phase != .pending, phase != .archived, phase != .held {
            (self.phase, isTransient) = (phase, false)
            message = phase == .error ? "the cluster reports an error." : ""
            return
        }
        guard let known = Self.slurm[state] else { return nil }
        (phase, message, isTransient) = known
    }

    /// The states of Slurm 22.05 (its manual of squeue, "job state codes").
    private static let slurm: [String: (Phase, String, Bool)] = [
        "PENDING": (.queued, "", false), "CONFIGURING": (.queued, "", false), "REQUEUED": (.queued, "", false),
        "REQUEUE_FED": (.queued, "", false), "REQUEUE_HOLD": (.queued, "", false),
        "RESV_DEL_HOLD": (.queued, "", false), "SPECIAL_EXIT": (.queued, "", false),
        "RUNNING": (.executing, "", false), "COMPLETING": (.executing, "", false),
        "RESIZING": (.executing, "", false), "SIGNALING": (.executing, "", false),
        "STAGE_OUT": (.executing, "", false), "SUSPENDED": (.suspended, "", false),
        "STOPPED": (.suspended, "", false), "COMPLETED": (.completed, "", false),
        "FAILED": (.error, "the cluster's job ended with an exit status that is not 0.", false),
        "OUT_OF_MEMORY": (.error, "the cluster's job needed more memory than it had asked for.", false),
        "TIMEOUT": (.error, "the cluster's job reached its time limit.", false),
        "DEADLINE": (.error, "the cluster's job could not end before its deadline.", false),
        "NODE_FAIL": (.error, "a node of the cluster failed.", true),
        "BOOT_FAIL": (.error, "a node of the cluster did not start.", true),
        "PREEMPTED": (.error, "the cluster's job made way for another.", true),
        "CANCELLED": (.aborted, "", false), "REVOKED": (.aborted, "", false),
    ]
}
