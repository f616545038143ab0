import ClusterExec
import Foundation
import Hummingbird
import Jobs
import Logging

/// What users change of a job that is there.
struct JobChanges: Sendable {
    let parts: ServiceParts
    private var creation: JobCreation { JobCreation(parts: parts) }

    /// The form of a request that changes a job; files are taken in for one alone that is not asked to run yet.
    ///
    /// - Throws: `ServiceError` and `JobError` for what is not allowed, and for a body that is too large or malformed.
    func form(_ request: inout Request, of job: Job, _ context: ServiceContext) async throws -> FormBody {
        try await parts.jobForm(&request, context) {
            guard job.phase == .pending else { throw JobError(.parametersFixed(job.phase), job: job.id) }
        }
    }

    /// Applies all that a form says: parameters first, then limits, then the phase.
    ///
    /// - Throws: `ServiceError` and `JobError` for what is not allowed; the job is as before then.
    func apply(_ form: FormBody, to job: Job, by identity: Identity) async throws {
        let description = await parts.descriptions[job.kind]
        let given = GivenParameters(form, job: job.id, creation: creation)
        let changes = given.parameters
        try await check(changes, of: job, description, identity)
        let duration = try form["EXECUTIONDURATION"].map { try creation.duration($0, description) }
        let destruction = try form["DESTRUCTION"].map { try creation.destruction($0) }
        let phase = try form["PHASE"].map(Self.wish)
        if !given.uploads.isEmpty, job.phase != .pending { throw JobError(.parametersFixed(job.phase), job: job.id) }
        try await given.keep()
        try checkOutputs(of: job, with: changes)
        let prepared = phase == .run ? try await prepare(job, with: changes, description) : nil
        try await parts.jobs.change(job.id) { job in
            if !changes.isEmpty { try job.set(changes) }
            if let duration {
                guard !job.phase.isFinished else { throw JobError(.parametersFixed(job.phase), job: job.id) }
                job.executionDuration = duration
                job.setQuote()
            }
            if let destruction {
                guard job.phase != .archived else { throw JobError(.parametersFixed(job.phase), job: job.id) }
                job.destruction = destruction
            }
            if let runID = form["RUNID"] { job.runID = runID }
            switch phase {
            case .run:
                guard job.parameters == prepared else {
                    throw ServiceError(.conflict, "job '\(job.id)' was changed meanwhile. Ask for PHASE=RUN again.")
                }
                try job.move(to: .queued, by: .run)
            case .abort: try job.move(to: .aborted, by: .abort)
            case .service, nil: break
            }
        }
        await parts.watch.look()
        await parts.scheduler.wake()
    }

    /// Makes the folder of a job before it is asked to run.
    ///
    /// - Returns: The parameters that it was made for.
    private func prepare(
        _ job: Job,
        with changes: [JobParameter],
        _ description: JobDescription?
    ) async throws -> [JobParameter] {
        var next = job
        if !changes.isEmpty { try next.set(changes) }
        let parameters = next.parameters
        try next.move(to: .queued, by: .run)
        if let description {
            _ = try description.checked(parameters)
            try await creation.prepare(next, description)
        }
        return parameters
    }

    /// Sets parameters of a pending job.
    func set(_ changes: [JobParameter], of job: Job, by identity: Identity) async throws {
        try await check(changes, of: job, await parts.descriptions[job.kind], identity)
        try checkOutputs(of: job, with: changes)
        try await parts.jobs.change(job.id) { try $0.set(changes) }
    }

    private func check(
        _ changes: [JobParameter],
        of job: Job,
        _ description: JobDescription?,
        _ identity: Identity
    ) async throws {
        guard !changes.isEmpty, let description else { return }
        _ = try description.checked(changes, isComplete: false)
        // Whoever changes it: the results are the owner's.
        let places = job.places ?? creation.places(of: identity)
        try await creation.checkPlaces(changes, ofJob: job.id, description, JobPlaces(reads: places.reads))
    }

    private func checkOutputs(of job: Job, with changes: [JobParameter]) throws {
        guard !changes.isEmpty, let places = job.places else { return }
        var next = job
        try next.set(changes)
        try creation.checkOutputs(of: next, places)
    }

    /// Stops a job if it runs, and forgets it with its files.
    func remove(_ job: Job) async throws {
        if !job.phase.isFinished {
            do {
                try await parts.jobs.change(job.id) { job in
                    if !job.phase.isFinished { try job.move(to: .aborted, by: .abort) }
                }
            } catch let error as JobStoreError where error.code == .noSuchJob {
                return
            }
            await parts.scheduler.stop(job.id)
        }
        _ = try await parts.jobs.remove(job.id)
        parts.removeFiles(of: job)
        try await parts.entities.remove(job.id)
        await parts.watch.look()
    }

    private static func wish(_ phase: String) throws -> PhaseCause {
        switch phase.uppercased() {
        case "RUN": return .run
        case "ABORT": return .abort
        default: throw ServiceError(.badRequest, "PHASE '\(phase)' cannot be asked for; RUN and ABORT can.")
        }
    }
}

extension ServiceParts {
    /// Removes the folder of a job.
    func removeFiles(of job: Job) {
        do {
            try JobFolder(launcher.folder(of: job)).remove()
        } catch {
            log.error("\(error)", metadata: ["job": .string(job.id)])
        }
    }
}
