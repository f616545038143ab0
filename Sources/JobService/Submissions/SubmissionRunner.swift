import ClusterExec
import Foundation
import Jobs
import Logging
import ServiceLifecycle

/// Fetches and unpacks what was submitted, and makes the jobs; several at a time, each user in turn.
///
/// A submission is held by one service as long as that gives signs of life; another one then begins it anew. The jobs of
/// its parts are named before they are made, so that none is made twice.
actor SubmissionRunner: Service {
    private let parts: ServiceParts
    private let me = UUID().uuidString
    private var running: [String: String] = [:]

    private static let leaseSeconds = 60

    init(_ parts: ServiceParts) { self.parts = parts }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            try await withThrowingDiscardingTaskGroup { group in
                while true {
                    do {
                        try await self.start(&group)
                    } catch let error as CancellationError {
                        throw error
                    } catch {
                        self.parts.log.error("cannot look after submissions: \(error)")
                    }
                    try await Task.sleep(for: .milliseconds(500))
                }
            }
        }
    }

    /// Begins what there is room for.
    private func start(_ group: inout ThrowingDiscardingTaskGroup<any Error>) async throws {
        guard running.count < parts.options.submissionThreads else { return }
        var waiting: [Submission] = try await parts.records.all(of: Submission.open)
        waiting.removeAll { running[$0.id] != nil || $0.heldUntil.map { $0 > .now } ?? false }
        while running.count < parts.options.submissionThreads {
            let users = running.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
            let next = waiting.min { a, b in
                (users[a.user, default: 0], a.number) < (users[b.user, default: 0], b.number)
            }
            guard let next else { return }
            waiting.removeAll { $0.id == next.id }
            running[next.id] = next.user
            group.addTask {
                await self.work(next.id)
                await self.end(next.id)
            }
        }
    }

    private func end(_ id: String) { running[id] = nil }

    private func work(_ id: String) async {
        do {
            guard let submission = try await hold(id) else { return }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.keepAlive(id) }
                group.addTask { try await SubmissionWork(parts: self.parts, folder: self.folder(id)).run(submission) }
                // The work ends first, unless the submission was lost.
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch is CancellationError {
            return
        } catch {
            parts.log.error("submission \(id): \(error)")
        }
    }

    private func folder(_ id: String) -> String { "\(parts.options.folder)/submissions/\(id)" }

    /// - Returns: Nil where another service holds it, or it is finished.
    private func hold(_ id: String) async throws -> Submission? {
        let me = me
        do {
            return try await parts.records.change(id) { (submission: inout Submission) in
                let isFree = submission.heldUntil.map { $0 <= .now } ?? true
                guard submission.finished == nil, isFree else { throw NotFree() }
                (submission.holder, submission.heldUntil) = (me, .now + Self.leaseSeconds)
                submission.started = submission.started ?? .now
            }
        } catch is NotFree {
            return nil
        }
    }

    private func keepAlive(_ id: String) async throws {
        let me = me
        while true {
            try await Task.sleep(for: .seconds(Self.leaseSeconds / 3))
            try await parts.records.change(id) { (submission: inout Submission) in
                guard submission.holder == me else { throw NotFree() }
                submission.heldUntil = .now + Self.leaseSeconds
            }
        }
    }

    private struct NotFree: Error, CustomStringConvertible {
        var description: String { "another service has taken it over" }
    }
}

/// The steps of one submission.
struct SubmissionWork: Sendable {
    let parts: ServiceParts
    /// Where its files are until they belong to jobs.
    let folder: String

    private var type: ServiceOptions.SubmissionType { parts.options.submission }

    func run(_ submission: Submission) async throws {
        var submission = submission
        do {
            if submission.parts.isEmpty { submission = try await plan(submission) }
            guard try await makeJobs(submission) else { return try await wait(submission) }
            try await finish(submission, error: nil)
        } catch let error as ServiceError where error.code != .internal {
            try await fail(submission, error.message)
        } catch let error as CocoaError {
            try await fail(submission, error.localizedDescription)
        }
    }

    /// Fetches and unpacks, and names the jobs.
    private func plan(_ submission: Submission) async throws -> Submission {
        var name = submission.fileName ?? ""
        if let address = submission.address {
            name = try await AddressFetch(parts.options).fetch(address, into: folder)
        }
        let stem = name.split(separator: ".").first.map(String.init) ?? "scene"
        let scenes = try SceneUnpacking.scenes(
            of: "\(folder)/\(name)",
            unpackedInto: "\(folder)/unpacked/\(stem)",
            limit: parts.options.unpackedLimit
        )
        let numbers = try await parts.records.takeNumbers("job", count: scenes.count)
        let planned = zip(numbers, scenes).map { number, path in
            Submission.Part(number: number, job: Job.makeID(), path: path)
        }
        for part in planned {
            try await parts.records.add(
                NumberedJob(id: "\(part.number)", user: submission.user, job: part.job, submission: submission.id)
            )
        }
        return try await parts.records.change(submission.id) { (stored: inout Submission) in
            (stored.parts, stored.fileName) = (planned, name)
        }
    }

    /// Makes the jobs that are not made yet.
    ///
    /// - Returns: False where the user has too many jobs now, so that the rest has to wait.
    private func makeJobs(_ submission: Submission) async throws -> Bool {
        for part in submission.parts where !part.isMade {
            guard let identity = try await parts.accounts.identity(ofUser: submission.user, by: .token) else {
                throw ServiceError(.forbidden, "the user '\(submission.user)' may not log in any more.")
            }
            let creation = JobCreation(parts: parts)
            // Below the job's own folder, so that it goes with the job.
            let file = creation.path(of: type.parameter, (part.path as NSString).lastPathComponent, part.job)
            var request = JobRequest(id: part.job, kind: type.kind, runID: submission.fileName)
            let own = [JobParameter(type.parameter, file, isByReference: true)]
            let fixed = type.values.sorted { $0.key < $1.key }.map { JobParameter($0.key, $0.value) }
            request.parameters = own + fixed + submission.settings
            request.fixed = Set(type.values.keys)
            do {
                // An earlier try may have come as far as this.
                if try await parts.jobs.job(part.job) == nil {
                    try await creation.make(request, for: identity) { try Self.move(part.path, to: file) }
                }
            } catch let error as ServiceError where error.code == .tooMany {
                return false
            } catch  where ServiceError(answering: error) != nil {
                try await addFailed(part.job, submission, "\(error)")
            }
            try await parts.records.change(submission.id) { (stored: inout Submission) in
                if let index = stored.parts.firstIndex(where: { $0.number == part.number }) {
                    stored.parts[index].isMade = true
                }
            }
        }
        return true
    }

    private static func move(_ path: String, to place: String) throws {
        guard !FileManager.default.fileExists(atPath: place) else { return }
        let folder = (place as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: path, toPath: place)
    }

    /// Lets others go first.
    private func wait(_ submission: Submission) async throws {
        try await parts.records.change(submission.id) { (stored: inout Submission) in
            (stored.holder, stored.heldUntil) = (nil, .now + 2)
        }
    }

    /// Ends it with a failed job, because clients of nova.astrometry.net wait for a job.
    private func fail(_ submission: Submission, _ reason: String) async throws {
        parts.log.notice("submission \(submission.id) failed: \(reason)")
        let job = Job.makeID()
        let number = try await parts.records.takeNumbers("job").lowerBound
        try await addFailed(job, submission, reason)
        try await parts.records.add(
            NumberedJob(id: "\(number)", user: submission.user, job: job, submission: submission.id)
        )
        try await parts.records.change(submission.id) { (stored: inout Submission) in
            stored.parts.removeAll { !$0.isMade }
            stored.parts.append(Submission.Part(number: number, job: job, path: "", isMade: true))
        }
        try await finish(submission, error: reason)
    }

    private func addFailed(_ id: String, _ submission: Submission, _ reason: String) async throws {
        var job = Job(
            id: id,
            kind: type.kind,
            runID: submission.fileName,
            ownerID: submission.user,
            destruction: .now + parts.options.destructionSeconds
        )
        try job.fail(ErrorSummary(reason))
        try await parts.jobs.add(job)
    }

    private func finish(_ submission: Submission, error: String?) async throws {
        try await parts.records.change(submission.id) { (stored: inout Submission) in
            (stored.finished, stored.holder, stored.heldUntil, stored.error) = (.now, nil, nil, error)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
