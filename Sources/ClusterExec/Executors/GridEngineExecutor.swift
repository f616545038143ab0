import Foundation

/// A Grid Engine cluster whose commands are on PATH; SGE_ROOT and SGE_CELL say which.
public struct GridEngineExecutor: Executor {
    public let name = ExecutorName.sge
    /// Below the default of `max_aj_tasks`.
    public let largestSubmission = 75_000
    public let pollInterval: Duration
    private let options: GridEngineOptions
    private let program: String
    private let throttle: Int?

    /// - Parameters:
    ///   - options: Of the cluster file.
    ///   - program: The path of antares on the nodes.
    ///   - throttle: Tasks of one submission that run at once.
    ///   - pollInterval: Between two questions.
    public init(options: GridEngineOptions, program: String, throttle: Int?, pollInterval: Duration = .seconds(5)) {
        (self.options, self.program, self.throttle) = (options, program, throttle)
        self.pollInterval = pollInterval
    }

    public func submit(_ submission: Submission, of folder: JobFolder) async throws -> String {
        let script = try BatchScript.write(
            submission,
            folder,
            program: program,
            modules: options.modules,
            index: "${SGE_TASK_ID}"
        )
        let answer = try await EngineCommand.run(words(submission) + [script])
        guard answer.isSuccess else { throw Self.failure("qsub", answer) }
        // `3.1-5:1`; a site's own messages may stand before it.
        let last = answer.output.split(whereSeparator: \.isNewline).last ?? ""
        let number = last.prefix(while: \.isNumber)
        guard !number.isEmpty else {
            throw ClusterError(.badAnswer, "qsub", reason: "'\(answer.output)' holds no job number")
        }
        return String(number)
    }

    func words(_ submission: Submission) -> [String] {
        let resources = submission.resources
        var words = ["qsub", "-terse", "-N", submission.name, "-t", "1-\(submission.tasks.count)", "-S", "/bin/bash"]
        words += ["-V", "-r", "y", "-o", "/dev/null", "-j", "y"]
        if let throttle { words += ["-tc", "\(throttle)"] }
        if let queue = options.queue { words += ["-q", queue] }
        if let project = options.project { words += ["-P", project] }
        if let environment = options.parallelEnvironment { words += ["-pe", environment, "\(resources.cores)"] }
        var limits: [String] = []
        if resources.memory > 0, let name = options.memoryResource {
            // With a parallel environment the limit counts for each slot.
            let slots = options.parallelEnvironment == nil ? 1 : resources.cores
            limits.append("\(name)=\(Resources.megabytes((resources.memory + slots - 1) / slots))")
        }
        if resources.seconds > 0 { limits.append("h_rt=\(resources.seconds)") }
        if !limits.isEmpty { words += ["-l", limits.joined(separator: ",")] }
        return words + options.options
    }

    public func poll(_ submissions: [Submission]) async throws -> [TaskKey: TaskSight] {
        guard !submissions.isEmpty else { return [:] }
        let rows = try await queue()
        let isRunning = rows.values.contains { GridEngineOutput.sight($0).isRunning }
        let silent = isRunning ? try await queue(["-f", "-qs", "u"]) : [:]
        var sights: [TaskKey: TaskSight] = [:]
        for submission in submissions {
            guard let id = submission.engineID else { continue }
            for (index, task) in submission.tasks.enumerated() {
                let element = GridEngineOutput.Element(job: id, index: index + 1)
                guard let row = rows[element] else { continue }
                var sight = GridEngineOutput.sight(row)
                // Grid Engine itself takes a task for running until its host is back.
                if sight.isRunning, let lost = silent[element], case .running(let host) = GridEngineOutput.sight(lost) {
                    sight = .ended(.lost("nothing is heard of \(host ?? "its host")"))
                }
                sights[TaskKey(submission: submission.name, task: task)] = sight
            }
        }
        return sights
    }

    private func queue(_ more: [String] = []) async throws -> [GridEngineOutput.Element: GridEngineOutput.Row] {
        let answer = try await EngineCommand.run(["qstat", "-xml", "-u", "*"] + more)
        guard answer.isSuccess else { throw Self.failure("qstat", answer) }
        return try GridEngineOutput.queue(answer.output)
    }

    public func collect(_ tasks: [TaskKey], of submissions: [Submission]) async throws -> [TaskKey: TaskEnd] {
        let wanted = Set(tasks)
        var ends: [TaskKey: TaskEnd] = [:]
        for submission in submissions where wanted.contains(where: { $0.submission == submission.name }) {
            guard let id = submission.engineID else { continue }
            let answer = try await EngineCommand.run(["qacct", "-j", id])
            // Unknown until the accounting has caught up.
            guard answer.isSuccess else { continue }
            let records = GridEngineOutput.accounting(answer.output)
            for (index, task) in submission.tasks.enumerated() {
                let key = TaskKey(submission: submission.name, task: task)
                guard wanted.contains(key), let record = records[.init(job: id, index: index + 1)] else { continue }
                ends[key] = GridEngineOutput.end(record, submission.resources)
            }
        }
        return ends
    }

    public func cancel(_ submissions: [Submission], tasks: Set<Int>?) async throws {
        for submission in submissions {
            guard let id = submission.engineID else { continue }
            var words = ["qdel", id]
            if let tasks {
                let indices = submission.tasks.indices.filter { tasks.contains(submission.tasks[$0]) }.map { $0 + 1 }
                guard !indices.isEmpty else { continue }
                words = ["qdel"] + NumberRanges.write(indices).split(separator: ",").flatMap { [id, "-t", "\($0)"] }
            }
            let answer = try await EngineCommand.run(words)
            let said = answer.errors + answer.output
            guard answer.isSuccess || said.contains("does not exist") || said.contains("denied: job") else {
                throw Self.failure("qdel", answer)
            }
        }
    }

    public func find(prefix: String) async throws -> [(name: String, engineID: String)] {
        var found: [String: String] = [:]
        for (element, row) in try await queue() where row.name.hasPrefix(prefix) { found[element.job] = row.name }
        return found.sorted { $0.key < $1.key }.map { ($0.value, $0.key) }
    }

    private static func failure(_ program: String, _ answer: EngineCommand.Answer) -> ClusterError {
        let text = answer.errors.isEmpty ? answer.output : answer.errors
        let reason = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let passing = [
            "unable to contact", "can't get answer", "got no response", "communication error", "commlib error",
        ]
        let mayPass = passing.contains { text.lowercased().contains($0) }
        guard program == "qsub", !mayPass else { return ClusterError(.engineSilent, program, reason: reason) }
        return ClusterError(
            .refused,
            program,
            reason: reason,
            hint: "Check the queue, the parallel environment and the options of the cluster file."
        )
    }
}
