import ClusterExec
import Documents
import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// What became of submissions and their jobs.
extension NovaRoutes {
    private struct SubmissionAnswer: Encodable {
        let status = "success", user: String, processing_started: String, processing_finished: String
        let user_images: [Int], images: [Int], jobs: [Int?], job_calibrations: [[Int]], error_message: String?
    }

    @Sendable func submission(
        _ call: Call,
        _ request: Request,
        _ context: ServiceContext
    ) async throws -> Response {
        let submission = try await find(context.parameter("id"), call)
        let made = submission.parts.filter(\.isMade).map(\.number)
        return try Self.text(
            SubmissionAnswer(
                user: submission.user,
                processing_started: submission.started?.description ?? "None",
                processing_finished: submission.finished?.description ?? "None",
                user_images: submission.parts.map(\.number),
                images: made,
                jobs: submission.parts.map { $0.isMade ? $0.number : nil },
                job_calibrations: [],
                error_message: submission.error.map { String($0.suffix(2000)) }
            )
        )
    }

    private struct Images: Encodable { let status = "success", image_ids: [Int] }

    @Sendable func images(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        let id = try call.words.optional("subid")?.string() ?? request.query("subid") ?? ""
        return try Self.text(Images(image_ids: try await find(id, call).parts.filter(\.isMade).map(\.number)))
    }

    /// The submission of a number; one of somebody else is as if it were not there, unless it is open to all.
    private func find(_ id: String, _ call: Call) async throws -> Submission {
        let submission: Submission? = try await parts.records.find(id)
        if let submission, isOpen(submission) { return submission }
        let user = try user(call)
        guard let submission, submission.user == user || call.identity.isAdministrator else {
            throw ServiceError(.notFound, "there is no submission \(id).")
        }
        return submission
    }

    /// True for one that its user and the service's people let everybody see.
    private func isOpen(_ submission: Submission) -> Bool {
        parts.options.submission.allowsPublicResults && submission.isPublic
    }

    private func user(_ call: Call) throws -> String {
        guard let user = call.identity.name else { throw Self.noSession }
        return user
    }

    private struct MyJobs: Encodable { let status = "success", jobs: [Int] }

    @Sendable func myJobs(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        let mine: [NumberedJob] = try await parts.records.all(of: try user(call))
        return try Self.text(MyJobs(jobs: mine.compactMap { Int($0.id) }.sorted()))
    }

    private struct Tagged: Encodable { let status = "success", job_ids: [Int] = [] }

    /// Nothing has tags here.
    @Sendable func jobsByTag(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        _ = try user(call)
        return try Self.text(Tagged())
    }

    private struct Status: Encodable { let status: String }

    @Sendable func job(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        try Self.text(Status(status: Self.word(try await numbered(context.parameter("id"), call).job)))
    }

    private struct Info: Encodable {
        struct Result: Encodable { let id: String, href: String, size: Int?, mimeType: String? }
        let status: String, original_filename: String, job: String, results: [Result], error: String?
        let tags: [String] = [], machine_tags: [String] = [], objects_in_field: [String] = []
        let calibration: [String: Double] = [:]
    }

    /// The parts of a job; those about the sky are empty here.
    @Sendable func jobPart(_ call: Call, _ request: Request, _ context: ServiceContext) async throws -> Response {
        let (job, number) = try await numbered(context.parameter("id"), call)
        switch context.parameter("part") {
        case "info":
            let addresses = context.jobAddresses(nil)
            return try Self.text(
                Info(
                    status: Self.word(job),
                    original_filename: (try await parts.records.find(number.submission, Submission.self))?.fileName
                        ?? "",
                    job: job?.id ?? number.job,
                    results: job.map { job in
                        job.results.map { result in
                            let href = addresses.result(result.id, of: job)
                            return Info.Result(
                                id: result.id,
                                href: href,
                                size: result.size,
                                mimeType: result.contentType
                            )
                        }
                    } ?? [],
                    error: job?.errorSummary?.message
                )
            )
        case "calibration": return try Self.text([String: Double]())
        case "tags", "machine_tags", "objects_in_field", "annotations":
            return try Self.text([context.parameter("part"): [String]()])
        default: throw ServiceError(.notFound, "a job has no part '\(context.parameter("part"))'.")
        }
    }

    /// The job of a number, nil where it is not made yet or was removed.
    private func numbered(_ number: String, _ call: Call) async throws -> (job: Job?, number: NumberedJob) {
        let known: NumberedJob? = try await parts.records.find(number)
        if let known, let submission: Submission = try await parts.records.find(known.submission), isOpen(submission) {
            return (try await parts.jobs.job(known.job), known)
        }
        let user = try user(call)
        guard let known, known.user == user || call.identity.isAdministrator else {
            throw ServiceError(.notFound, "there is no job \(number).")
        }
        return (try await parts.jobs.job(known.job), known)
    }

    /// How far a job is, in the words of nova.astrometry.net.
    private static func word(_ job: Job?) -> String {
        switch job?.phase {
        case .pending, .queued, .held, nil: "processing"
        case .executing, .suspended, .unknown: "solving"
        case .completed: "success"
        case .error, .aborted: "failure"
        case .archived: job?.errorSummary == nil ? "success" : "failure"
        }
    }

    // MARK: - Results

    @Sendable func file(_ request: Request, _ context: ServiceContext) async throws -> Response {
        var request = request
        let call = try await read(&request, context)
        let name = request.uri.path.split(separator: "/").first.map(String.init) ?? ""
        let (job, number) = try await numbered(context.parameter("id"), call)
        let short = name.replacing("_file", with: "")
        guard let job, let result = job.results.first(where: { $0.id == name || $0.id == short }) else {
            throw ServiceError(.notFound, "job \(number.id) has no result '\(short)'.")
        }
        return try await parts.response(result, for: request, context)
    }
}
