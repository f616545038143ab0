import ClusterExec
import Documents
import Foundation
import Hummingbird
import Jobs
import Logging

/// Makes jobs from requests: what UWS itself takes out of a form, the checks of the job type, files.
struct JobCreation: Sendable {
    let parts: ServiceParts

    /// The form of a request for a new job; its files are taken in from those alone who may make it.
    ///
    /// - Throws: `ServiceError` for who may not, and for a body that is too large or malformed.
    func form(_ request: inout Request, _ kind: String, _ context: ServiceContext) async throws -> FormBody {
        // Who may not make a job need not send its files.
        _ = try await description(kind, context)
        return try await parts.jobForm(&request, context) { try await checkLimit(context.identity) }
    }

    /// Makes a job and keeps it; with PHASE=RUN it waits for its turn at once.
    ///
    /// - Parameters:
    ///   - kind: The job type.
    ///   - form: Of the request.
    ///   - context: Of the request.
    ///   - runs: True to run it whatever the form says.
    /// - Returns: The job as stored.
    /// - Throws: `ServiceError` and `JobError` for what is not allowed; nothing is kept then.
    func make(_ kind: String, _ form: FormBody, _ context: ServiceContext, runs: Bool = false) async throws -> Job {
        let id = Job.makeID()
        let given = GivenParameters(form, job: id, creation: self)
        let request = JobRequest(
            id: id,
            kind: kind,
            parameters: given.parameters,
            runID: form["RUNID"],
            executionDuration: form["EXECUTIONDURATION"],
            destruction: form["DESTRUCTION"],
            isRun: try Self.asksToRun(form["PHASE"]) || runs
        )
        return try await make(request, for: context.identity) { try await given.keep() }
    }

    /// Makes a job and keeps it.
    ///
    /// - Parameters:
    ///   - request: What is asked for.
    ///   - identity: Who asks.
    ///   - keepFiles: Writes what belongs below the job's upload folder, once all is checked.
    /// - Returns: The job as stored.
    /// - Throws: `ServiceError` and `JobError` for what is not allowed; nothing is kept then.
    @discardableResult
    func make(
        _ request: JobRequest,
        for identity: Identity,
        keepFiles: () async throws -> Void = {}
    ) async throws -> Job {
        let description = try await description(request.kind, identity)
        try await checkLimit(identity)
        let places = places(of: identity, fixed: request.fixed)
        try await checkPlaces(
            request.parameters.filter { !request.fixed.contains($0.id) },
            ofJob: request.id,
            description,
            places
        )
        let seconds = try duration(request.executionDuration, description)
        var job = Job(
            id: request.id,
            kind: request.kind,
            runID: request.runID,
            ownerID: identity.name,
            executionDuration: seconds,
            destruction: try destruction(request.destruction),
            parameters: try description.checked(request.parameters, isComplete: request.isRun),
            folder: parts.launcher.newFolder(request.id)
        )
        job.isSelfContained = true
        if !description.isScript { job.places = places }
        job.account = request.account
        job.setQuote()
        do {
            try await keepFiles()
            if !description.isScript { try checkOutputs(of: job, places) }
            if request.isRun {
                try await prepare(job, description)
                try job.move(to: .queued, by: .run)
            }
            try await parts.jobs.add(job)
        } catch {
            if (error as? JobStoreError)?.code != .exists {
                try? FileManager.default.removeItem(atPath: parts.launcher.newFolder(request.id))
                try? await parts.entities.remove(request.id)
            }
            throw error
        }
        if request.isRun { await parts.scheduler.wake() }
        parts.log.info("job made", metadata: ["job": .string(job.id), "kind": .string(job.kind)])
        return job
    }

    /// The description of a job type, where the sender may use it.
    func description(_ kind: String, _ context: ServiceContext) async throws -> JobDescription {
        try await description(kind, context.identity)
    }

    /// The description of a job type, where somebody may use it.
    func description(_ kind: String, _ identity: Identity) async throws -> JobDescription {
        guard let description = await parts.descriptions[kind] else {
            let names = await parts.descriptions.names
            throw ServiceError(
                .notFound,
                "there is no job type '\(kind)'. There are: \(names.joined(separator: ", "))."
            )
        }
        if identity.name == nil {
            guard parts.options.allowsAnonymous, !description.isScript else {
                throw ServiceError(.unauthenticated, "log in to use the job type '\(kind)'.")
            }
        } else if !identity.mayUse(kind) {
            throw ServiceError(.forbidden, "your account may not use the job type '\(kind)'.")
        }
        return description
    }

    /// - Throws: `ServiceError` where somebody has as many jobs as may wait or run.
    func checkLimit(_ identity: Identity) async throws {
        let limit = identity.jobLimit ?? parts.options.userJobLimit
        let count = try await parts.jobs.activeCount(of: identity.name)
        guard count < limit else {
            throw ServiceError(.tooMany, "\(count) jobs of yours wait or run; at most \(limit) may.")
        }
    }

    /// - Throws: `ServiceError` for a phase that cannot be asked for at creation.
    private static func asksToRun(_ phase: String?) throws -> Bool {
        guard let phase else { return false }
        guard phase.uppercased() == "RUN" else {
            throw ServiceError(.badRequest, "PHASE '\(phase)' cannot be asked for when a job is made; RUN can.")
        }
        return true
    }

    // MARK: - Limits of time

    /// Seconds that a job may run, within the service's own limit.
    func duration(_ text: String?, _ description: JobDescription?) throws -> Int {
        var seconds = description.map(\.executionDuration) ?? 0
        if seconds == 0 { seconds = parts.options.executionSeconds }
        if let text {
            guard let given = Int(text.trimmingCharacters(in: .whitespaces)), (0...Int(Int32.max)).contains(given)
            else { throw ServiceError(.badRequest, "EXECUTIONDURATION '\(text)' is no whole number of seconds.") }
            seconds = given
        }
        let limit = parts.options.executionLimit
        return limit > 0 && (seconds == 0 || seconds > limit) ? limit : seconds
    }

    /// When results are removed, within the service's own limit.
    func destruction(_ text: String?) throws -> Instant {
        guard let text else { return .now + parts.options.destructionSeconds }
        guard let instant = Instant(text.trimmingCharacters(in: .whitespaces)) else {
            throw ServiceError(.badRequest, "DESTRUCTION '\(text)' is no time such as 2027-01-31T12:00:00Z.")
        }
        return min(instant, .now + parts.options.destructionLimit)
    }

    // MARK: - Files

    /// Below the job's own folder, which every node sees.
    func uploadFolder(_ id: String) -> String { "\(parts.launcher.newFolder(id))/uploads" }

    /// Where an uploaded value is kept: below the job's own folder, whatever its name.
    func path(of parameter: String, _ fileName: String, _ id: String) -> String {
        "\(uploadFolder(id))/\(SafeName.ofUpload(parameter))/\(SafeName.ofUpload(fileName))"
    }
}

extension Job {
    /// The quote is the latest that it can end, had it started when it was made: nothing better is known.
    mutating func setQuote() { quote = executionDuration > 0 ? creationTime + executionDuration : nil }
}
