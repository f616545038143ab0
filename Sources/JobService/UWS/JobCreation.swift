import ClusterExec
import Logging
import Foundation
import Hummingbird
import Jobs

/// Makes jobs from requests: what UWS itself takes out of a form, the checks of the job type, files.
struct JobCreation: Sendable {
    let parts: ServiceParts

    /// The names that belong to UWS and to the form, not to a job type.
    static let reserved: Set<String> = [
        "phase", "runid", "executionduration", "destruction", "action", "wait", "upload", "csrf",
    ]

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
        let description = try await description(kind, context)
        let id = Job.makeID()
        var given = form.fields.filter { !Self.reserved.contains($0.name.lowercased()) }
            .filter { $0.value.wholeMatch(of: #/param:.+/#) == nil || form.file(String($0.value.dropFirst(6))) == nil }
            .map { JobParameter($0.name, $0.value) }
        let uploads = Self.uploads(form, description)
        for (name, file) in uploads {
            given.removeAll { $0.id.lowercased() == name.lowercased() }
            given.append(JobParameter(name, path(of: name, file.fileName, id), isByReference: true))
        }
        let request = JobRequest(
            id: id,
            kind: kind,
            parameters: Self.joined(given),
            runID: form["RUNID"],
            executionDuration: form["EXECUTIONDURATION"],
            destruction: form["DESTRUCTION"],
            isRun: try Self.asksToRun(form["PHASE"]) || runs
        )
        return try await make(request, for: context.identity) {
            for (name, file) in uploads { try keep(file, at: path(of: name, file.fileName, id)) }
        }
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
        keepFiles: () throws -> Void = {}
    ) async throws -> Job {
        let description = try await description(request.kind, identity)
        try await checkLimit(identity)
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
        job.account = request.account
        // The latest that it can end, had it started now: nothing better is known.
        if seconds > 0 { job.quote = job.creationTime + seconds }
        do {
            try keepFiles()
            if request.isRun {
                try prepare(job, description)
                try job.move(to: .queued, by: .run)
            }
            try await parts.jobs.add(job)
        } catch {
            if (error as? JobStoreError)?.code != .exists {
                try? FileManager.default.removeItem(atPath: parts.launcher.newFolder(request.id))
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

    private func checkLimit(_ identity: Identity) async throws {
        let limit = identity.jobLimit ?? parts.options.userJobLimit
        let count = try await parts.jobs.active().count { $0.ownerID == identity.name }
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
        let limit = parts.options.executionLimit
        guard let text else {
            let usual = description.map(\.executionDuration) ?? 0
            let seconds = usual > 0 ? usual : parts.options.executionSeconds
            return limit > 0 ? (seconds == 0 ? limit : min(seconds, limit)) : seconds
        }
        guard let seconds = Int(text.trimmingCharacters(in: .whitespaces)), (0...Int(Int32.max)).contains(seconds)
        else {
            throw ServiceError(.badRequest, "EXECUTIONDURATION '\(text)' is no whole number of seconds.")
        }
        return limit > 0 ? (seconds == 0 ? limit : min(seconds, limit)) : seconds
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

    /// Files by the parameter they are the value of: one of its name, or one it names by `param:PART`.
    static func uploads(_ form: FormBody, _ description: JobDescription) -> [(name: String, file: FormBody.File)] {
        var uploads: [(String, FormBody.File)] = []
        for field in form.fields {
            // UPLOAD=name,param:part is the form of DALI; NAME=param:part that of UWS (section 2.2.3.1.1).
            if field.name.uppercased() == "UPLOAD" {
                for pair in field.value.split(separator: ";") {
                    let halves = pair.split(separator: ",", maxSplits: 1).map(String.init)
                    if halves.count == 2, let file = form.file(String(halves[1].trimmingPrefix("param:"))) {
                        uploads.append((halves[0], file))
                    }
                }
            } else if let match = field.value.wholeMatch(of: #/param:(.+)/#), let file = form.file(String(match.1)) {
                uploads.append((field.name, file))
            }
        }
        let named = Set(uploads.map { $0.1.name })
        // An empty file field of a browser's form is no file.
        uploads += form.files.filter { !named.contains($0.name) && !($0.fileName.isEmpty && $0.data.isEmpty) }
            .map { ($0.name, $0) }
        return uploads
    }

    /// Below the job's own folder, which every node sees.
    func uploadFolder(_ id: String) -> String { "\(parts.launcher.newFolder(id))/uploads" }

    /// Makes the folder of a job that is about to be asked to run, with the program of a user's job type.
    func prepare(_ job: Job, _ description: JobDescription) throws {
        let folder = JobFolder(parts.launcher.folder(of: job))
        guard let script = description.script else { return try folder.create() }
        let program = "\(folder.path)/script"
        try folder.create()
        try Data(script.utf8).write(to: URL(fileURLWithPath: program), options: .atomic)
        chmod(program, 0o755)
        try folder.write(
            ScriptRequest(
                program: program,
                inputs: job.parameters.filter { $0.isByReference && $0.value.hasPrefix("/") }.map(\.value),
                results: description.results.map { result in
                    ScriptRequest.Result(result.name, pattern: result.name, contentType: result.contentType)
                }
            )
        )
    }

    /// Where an uploaded value is kept: below the job's own folder, whatever its name.
    func path(of parameter: String, _ fileName: String, _ id: String) -> String {
        func safe(_ text: String) -> String {
            let name = String(text.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last ?? "")
                .filter { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
            return name.isEmpty || name.allSatisfy { $0 == "." } ? "value" : String(name.suffix(120))
        }
        return "\(uploadFolder(id))/\(safe(parameter))/\(safe(fileName))"
    }

    func keep(_ file: FormBody.File, at path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try file.data.write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// Values of one name given several times as one list.
    static func joined(_ given: [JobParameter]) -> [JobParameter] {
        var result: [JobParameter] = []
        for parameter in given {
            if let index = result.firstIndex(where: { $0.id.lowercased() == parameter.id.lowercased() }) {
                result[index].value += " \(parameter.value)"
            } else {
                result.append(parameter)
            }
        }
        return result
    }
}
