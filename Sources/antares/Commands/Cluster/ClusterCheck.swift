import ClusterExec
import Config
import Foundation
import Jobs
import Logging

/// What a check found, one line each.
struct ClusterReport: Encodable {
    struct Check: Encodable {
        let name: String
        let isGood: Bool
        let text: String

        enum CodingKeys: String, CodingKey {
            case name, text
            case isGood = "ok"
        }
    }

    let executor: String
    var checks: [Check] = []
    var isReady: Bool { checks.allSatisfy(\.isGood) }

    mutating func add(_ name: String, _ isGood: Bool, _ text: String) {
        checks.append(Check(name: name, isGood: isGood, text: text))
    }

    func text(_ file: String) -> String {
        let rows = checks.map { [$0.isGood ? "ok" : "MISSING", $0.name, $0.text] }
        return "\(file): \(executor)\n" + Output.table(rows)
    }
}

/// Runs a small job on a cluster, and looks at what its nodes say of themselves.
struct ClusterCheck {
    let options: ClusterOptions
    let services: Services

    func run() async throws -> ClusterReport {
        var report = ClusterReport(executor: options.executor.rawValue)
        if options.executor == .ssh {
            try await greet(&report)
        } else {
            try await tryJob(&report)
        }
        return report
    }

    /// Asks every host behind SSH.
    private func greet(_ report: inout ClusterReport) async throws {
        for host in options.ssh.hosts {
            do {
                let asked = Instant.now
                let greeting = try await SSHTask.greet(options.ssh.connection(to: host.name))
                let answered = Instant.now
                report.add("host \(host.name)", true, "\(greeting.host), \(greeting.cores) cores")
                version(greeting.version, of: host.name, &report)
                // Somewhere between question and answer the host looked at its clock.
                let skew = max(asked.seconds(since: greeting.time), greeting.time.seconds(since: answered), 0)
                clock(skew, of: host.name, &report)
            } catch {
                report.add("host \(host.name)", false, "\(error)")
            }
        }
    }

    /// Runs one task for each node that takes one, at most as many as jobs run at once.
    private func tryJob(_ report: inout ClusterReport) async throws {
        let path = (options.sharedFolder ?? services.settings.sharedDirectory.value) + "/jobs"
        let folder = JobFolder("\(path)/check-\(Job.makeID())")
        defer { try? folder.remove() }
        let program = options.program ?? JobAccess.program
        var script = ScriptPayload(program: program, arguments: ["ssh-worker", "--greet"])
        script.inheritsEnvironment = true
        let payload = try JSONEncoder().encode(script)
        do {
            let task = TaskFile(number: 1, kind: ScriptTask.kindName, payload: payload, tiles: ["check"])
            try JobMaster.prepare(folder, tasks: [task], { $1 }) { tiles in
                JobFile(id: folder.id, kind: ScriptTask.kindName, tasks: tiles.count, cluster: options)
            }
            report.add("shared folder here", true, path)
        } catch {
            return report.add("shared folder here", false, "\(error)")
        }
        let store = try SQLiteJobStore(opening: URL(fileURLWithPath: folder.path + "/check.sqlite"))
        let job = Job(id: folder.id, kind: ScriptTask.kindName, executionDuration: 300)
        try await store.add(job)
        var few = options
        (few.retries, few.pollSeconds) = (0, min(1, options.pollSeconds))
        let asked = Instant.now
        let ended: Job
        let waiting: String?
        do {
            let executor = try await few.makeExecutor(for: folder, program: JobAccess.program)
            let watch = Task { await reasonToWait(executor, folder, store) }
            defer { watch.cancel() }
            ended = try await JobMaster(
                id: job.id,
                folder: folder,
                store: store,
                executor: executor,
                collector: FolderCollector(),
                options: few,
                log: services.log
            ).run()
            watch.cancel()
            waiting = await watch.value
        } catch let error as ClusterError {
            return report.add("engine", false, "\(error)")
        }
        let status = try folder.status(1)
        let greeting = folder.logTail(1).split(separator: "\n").reversed().lazy
            .compactMap { try? JSONDecoder().decode(WorkerGreeting.self, from: Data($0.utf8)) }.first
        if status == nil, let waiting {
            let hint = "check queue, account and resources of the file"
            return report.add("test job", false, "the engine does not begin it (\(waiting)): \(hint)")
        }
        guard ended.phase == .completed, let status, let greeting else {
            let reason =
                ended.errorSummary?.message.split(separator: "\n").last ?? "it ended in \(ended.phase.rawValue)"
            let said = folder.logTail(1, bytes: 600)
            report.add("test job", false, "\(reason). \(said)")
            return report.add(
                "shared folder on the node",
                status != nil,
                status == nil ? "no status came back: is '\(path)' mounted there, under the same path?" : path
            )
        }
        let wait = max(0, Int(status.start.seconds(since: asked)))
        report.add("test job", true, "ran on \(status.host), \(wait) s after it was submitted")
        report.add("shared folder on the node", true, path)
        version(greeting.version, of: status.host, &report)
        let late = Instant.now
        clock(max(asked.seconds(since: greeting.time), greeting.time.seconds(since: late), 0), of: status.host, &report)
    }

    /// Slurm's reasons that no waiting ends.
    private static let lasting: Set = [
        "PartitionTimeLimit", "PartitionNodeLimit", "PartitionDown", "PartitionInactive", "PartitionConfig",
        "BadConstraints", "AccountNotAllowed", "InvalidAccount", "InvalidQOS", "QOSNotAllowed",
    ]

    /// Says why the engine does not begin, as long as it does not, and gives up where that will not change.
    ///
    /// - Returns: The last reason; nil once the task has begun, and where the engine gives none.
    private func reasonToWait(_ executor: any Executor, _ folder: JobFolder, _ store: any JobStore) async -> String? {
        guard executor.name == .slurm || executor.name == .sge else { return nil }
        var last: String?
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            guard let submissions = try? folder.submissions(), let sights = try? await executor.poll(submissions)
            else { continue }
            for sight in sights.values {
                guard case .waiting(let reason) = sight else {
                    last = nil
                    continue
                }
                guard let reason, reason != last else { continue }
                services.log.warning("the test job waits at the engine: \(reason)")
                last = reason
                guard Self.lasting.contains(reason) else { continue }
                _ = try? await store.change(folder.id) { job in
                    if !job.phase.isFinished { try job.move(to: .aborted, by: .abort) }
                }
            }
        }
        return last
    }

    private func version(_ there: String, of host: String, _ report: inout ClusterReport) {
        let isSame = there == Version.number
        report.add(
            "version on \(host)",
            isSame,
            isSame ? there : "\(there) there, \(Version.number) here: install the same"
        )
    }

    private func clock(_ skew: Double, of host: String, _ report: inout ClusterReport) {
        let isGood = skew < 2
        let text = isGood ? "within 2 s of this one" : "\(Int(skew)) s off: run a time service (chrony) on both"
        report.add("clock on \(host)", isGood, text)
    }
}
