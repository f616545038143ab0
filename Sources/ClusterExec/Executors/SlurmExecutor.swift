import Foundation
import Synchronization

/// A Slurm cluster whose commands are on PATH.
public struct SlurmExecutor: Executor {
    public let name = ExecutorName.slurm
    public let largestSubmission: Int
    public let pollInterval: Duration
    private let options: SlurmOptions
    private let program: String
    private let throttle: Int?

    /// - Parameters:
    ///   - options: Of the cluster file.
    ///   - program: The path of antares on the nodes.
    ///   - throttle: Tasks of one submission that run at once.
    ///   - largestArray: What `MaxArraySize` allows.
    ///   - pollInterval: Between two questions.
    public init(
        options: SlurmOptions,
        program: String,
        throttle: Int?,
        largestArray: Int,
        pollInterval: Duration = .seconds(5)
    ) {
        (self.options, self.program, self.throttle) = (options, program, throttle)
        (self.largestSubmission, self.pollInterval) = (largestArray, pollInterval)
    }

    /// What `MaxArraySize` allows: indices go from 0 to one less.
    public static func largestArray() async throws -> Int {
        let answer = try await EngineCommand.run(["scontrol", "show", "config"])
        guard answer.isSuccess else { throw failure("scontrol", answer) }
        let line = answer.output.split(separator: "\n").first { $0.hasPrefix("MaxArraySize") }
        return line?.split(separator: "=").last.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) } ?? 1000
    }

    public func submit(_ submission: Submission, of folder: JobFolder) async throws -> String {
        let script = try BatchScript.write(
            submission,
            folder,
            program: program,
            modules: options.modules,
            index: "$((SLURM_ARRAY_TASK_ID + 1))"
        )
        let answer = try await EngineCommand.run(words(submission) + [script])
        guard answer.isSuccess else { throw Self.failure("sbatch", answer) }
        // A cluster's name may follow: `12;cluster`.
        let number = answer.output.split { $0 == ";" || $0.isWhitespace }.first.map { String($0) } ?? ""
        guard !number.isEmpty, number.allSatisfy(\.isNumber) else {
            throw ClusterError(.badAnswer, "sbatch", reason: "'\(answer.output)' holds no job number")
        }
        return number
    }

    func words(_ submission: Submission) -> [String] {
        let limit = throttle.map { "%\(min($0, submission.tasks.count))" } ?? ""
        var words = ["sbatch", "--parsable", "--job-name=\(submission.name)", "--output=/dev/null", "--requeue"]
        words.append("--array=0-\(submission.tasks.count - 1)\(limit)")
        let resources = submission.resources
        words.append("--cpus-per-task=\(resources.cores)")
        if resources.memory > 0 { words.append("--mem=\(Resources.megabytes(resources.memory))") }
        // Slurm counts in minutes.
        if resources.seconds > 0 { words.append("--time=\((resources.seconds + 59) / 60)") }
        if let partition = options.partition { words.append("--partition=\(partition)") }
        if let account = options.account { words.append("--account=\(account)") }
        if let quality = options.qos { words.append("--qos=\(quality)") }
        if let constraint = options.constraint { words.append("--constraint=\(constraint)") }
        return words + options.options
    }

    public func poll(_ submissions: [Submission]) async throws -> [TaskKey: TaskSight] {
        guard !submissions.isEmpty else { return [:] }
        // Asked by name: a number that Slurm has forgotten would be an error.
        let names = submissions.map(\.name).joined(separator: ",")
        let answer = try await EngineCommand.run([
            "squeue", "-h", "--states=all", "-o", SlurmOutput.queueFormat, "--name=\(names)",
        ])
        guard answer.isSuccess else { throw Self.failure("squeue", answer) }
        return Self.keyed(SlurmOutput.queue(answer.output), submissions).mapValues(SlurmOutput.sight)
    }

    public func collect(_ tasks: [TaskKey], of submissions: [Submission]) async throws -> [TaskKey: TaskEnd] {
        let wanted = Set(tasks)
        let concerned = submissions.filter { submission in wanted.contains { $0.submission == submission.name } }
        let numbers = concerned.compactMap(\.engineID)
        guard !numbers.isEmpty else { return [:] }
        var rows: [TaskKey: SlurmOutput.Row] = [:]
        // Right at once, and forgets after some minutes.
        for number in numbers {
            let answer = try await EngineCommand.run(["scontrol", "-o", "show", "job", number])
            if answer.isSuccess { rows.merge(Self.keyed(SlurmOutput.details(answer.output), concerned)) { $1 } }
        }
        if !wanted.isSubset(of: rows.keys) {
            let format = "--format=\(SlurmOutput.accountingFormat)"
            let answer = try await EngineCommand.run(
                ["sacct", "-X", "-P", "-n", format, "-j", numbers.joined(separator: ",")]
            )
            // Without accounting it fails; what is missing stays missing.
            if answer.isSuccess {
                rows.merge(Self.keyed(SlurmOutput.accounting(answer.output), concerned)) { a, _ in a }
            }
        }
        return rows.filter { wanted.contains($0.key) }.compactMapValues { row in
            guard case .ended(let end) = SlurmOutput.sight(row) else { return nil }
            return end
        }
    }

    public func cancel(_ submissions: [Submission], tasks: Set<Int>?) async throws {
        var ids: [String] = []
        for submission in submissions {
            guard let id = submission.engineID else { continue }
            guard let tasks else {
                ids.append(id)
                continue
            }
            let indices = submission.tasks.indices.filter { tasks.contains(submission.tasks[$0]) }
            if !indices.isEmpty { ids.append("\(id)_[\(NumberRanges.write(indices))]") }
        }
        guard !ids.isEmpty else { return }
        let answer = try await EngineCommand.run(["scancel", "--quiet"] + ids)
        guard answer.isSuccess || answer.errors.contains("Invalid job id") else {
            throw Self.failure("scancel", answer)
        }
    }

    public func find(prefix: String) async throws -> [(name: String, engineID: String)] {
        let answer = try await EngineCommand.run(["squeue", "-h", "-o", SlurmOutput.queueFormat])
        guard answer.isSuccess else { throw Self.failure("squeue", answer) }
        return SlurmOutput.names(answer.output).filter { $0.name.hasPrefix(prefix) }
    }

    private static func keyed(
        _ rows: [SlurmOutput.Element: SlurmOutput.Row],
        _ submissions: [Submission]
    ) -> [TaskKey: SlurmOutput.Row] {
        var byNumber: [String: Submission] = [:]
        for submission in submissions { submission.engineID.map { byNumber[$0] = submission } }
        var result: [TaskKey: SlurmOutput.Row] = [:]
        for (element, row) in rows {
            guard let submission = byNumber[element.job], let index = element.index,
                submission.tasks.indices.contains(index)
            else { continue }
            result[TaskKey(submission: submission.name, task: submission.tasks[index])] = row
        }
        return result
    }

    private static func failure(_ program: String, _ answer: EngineCommand.Answer) -> ClusterError {
        let text = answer.errors.split(separator: "\n").last.map { String($0) } ?? answer.end.text
        let passing = [
            "Unable to contact", "Socket timed out", "Connection refused", "temporarily unable", "Zero Bytes",
        ]
        let busy = ["Slurm temporarily", "QOSMaxSubmitJobPerUserLimit", "job submit limit", "AssocMaxSubmitJobLimit"]
        let mayPass = (passing + busy).contains { answer.errors.contains($0) }
        guard program == "sbatch", !mayPass else { return ClusterError(.engineSilent, program, reason: text) }
        return ClusterError(
            .refused,
            program,
            reason: text,
            hint: "Check the resources and the options of the cluster file against `sinfo` and `sacctmgr show assoc`."
        )
    }
}
