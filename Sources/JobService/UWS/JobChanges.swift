import Logging
import ClusterExec
import Foundation
import Jobs

/// What users change of a job that is there.
struct JobChanges: Sendable {
    let parts: ServiceParts
    private var creation: JobCreation { JobCreation(parts: parts) }

    /// Applies all that a form says: parameters first, then limits, then the phase.
    ///
    /// - Throws: `ServiceError` and `JobError` for what is not allowed; the job is as before then.
    func apply(_ form: FormBody, to job: Job) async throws {
        let description = await parts.descriptions[job.kind]
        let values = form.fields.filter { !JobCreation.reserved.contains($0.name.lowercased()) }
        var given = values.map { JobParameter($0.name, $0.value) }
        let uploads = JobCreation.uploads(form, description ?? JobDescription(name: job.kind))
        for (name, file) in uploads {
            given.removeAll { $0.id.lowercased() == name.lowercased() }
            given.append(JobParameter(name, creation.path(of: name, file.fileName, job.id), isByReference: true))
        }
        given = JobCreation.joined(given)
        if !given.isEmpty, let description { _ = try description.checked(given, isComplete: false) }
        let duration = try form["EXECUTIONDURATION"].map { try creation.duration($0, description) }
        let destruction = try form["DESTRUCTION"].map { try creation.destruction($0) }
        let phase = try form["PHASE"].map(Self.wish)
        if !uploads.isEmpty, job.phase != .pending { throw JobError(.parametersFixed(job.phase), job: job.id) }
        for (name, file) in uploads {
            try creation.keep(file, at: creation.path(of: name, file.fileName, job.id))
        }
        let changes = given
        try await parts.jobs.change(job.id) { job in
            if !changes.isEmpty { try job.set(changes) }
            if let duration {
                guard !job.phase.isFinished else { throw JobError(.parametersFixed(job.phase), job: job.id) }
                job.executionDuration = duration
            }
            if let destruction {
                guard job.phase != .archived else { throw JobError(.parametersFixed(job.phase), job: job.id) }
                job.destruction = destruction
            }
            if let runID = form["RUNID"] { job.runID = runID }
            switch phase {
            case .run:
                if let description {
                    _ = try description.checked(job.parameters)
                    // The job is not asked to run before its folder is there.
                    try creation.prepare(job, description)
                }
                try job.move(to: .queued, by: .run)
            case .abort: try job.move(to: .aborted, by: .abort)
            case .service, nil: break
            }
        }
        await parts.watch.look()
        await parts.scheduler.wake()
    }

    /// Sets parameters of a pending job.
    func set(_ changes: [JobParameter], of job: Job) async throws {
        if let description = await parts.descriptions[job.kind] {
            _ = try description.checked(changes, isComplete: false)
        }
        try await parts.jobs.change(job.id) { try $0.set(changes) }
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
