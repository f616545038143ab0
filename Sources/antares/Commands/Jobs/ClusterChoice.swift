public import ArgumentParser
public import ClusterExec
import Foundation

extension ExecutorName: ExpressibleByArgument {}

/// Where a job's tasks run: the options of every command whose only way is a job.
struct ClusterChoice: ParsableArguments {
    @Option(help: "local, slurm, sge or ssh; without a cluster file with the engine's own defaults.")
    var executor: ExecutorName?
    @Option(help: .init("Tasks at once.", valueName: "n"))
    var jobs: Int?
    @OptionGroup var engine: EngineOptions

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1, got \(jobs).") }
        _ = try engine.options(executor, jobs: jobs, note: { _ in })
    }

    /// What the cluster file says with what the command line changes; this machine where neither says anything.
    func options() throws -> ClusterOptions {
        let options = try engine.options(executor, jobs: jobs) { note in
            FileHandle.standardError.write(Data("note: \(note)\n".utf8))
        }
        return options ?? ClusterOptions(executor: .local, jobs: jobs)
    }
}

/// What is said of an engine beside its name.
struct EngineOptions: ParsableArguments {
    @Option(
        name: [.customLong("scheduler"), .customLong("sc", withSingleDash: true)],
        help: .init("Cluster file (YAML), see docs/cluster.md; one of dask means local.", valueName: "file"),
        completion: .file()
    )
    var scheduler: String?
    @Option(
        parsing: .upToNextOption,
        help: .init("Hosts for ssh, with the tasks that each takes at once: node1:8 node2.", valueName: "host")
    )
    var hosts: [String] = []
    @Option(help: .init("How often a task that died is tried again.", valueName: "n"))
    var retries: Int?
    @Option(help: .init("Memory of a task, as 4GB.", valueName: "amount"))
    var taskMemory: String?
    @Option(help: .init("Time of a task, as 2h or 1:30:00.", valueName: "time"))
    var taskTime: String?
    @Option(help: .init("Account that pays on the cluster: Slurm's --account, Grid Engine's project.", valueName: "name"))
    var account: String?

    func validate() throws {
        if let retries, retries < 0 { throw ValidationError("--retries must be at least 0, got \(retries).") }
        if let taskMemory, (Resources.bytes(taskMemory) ?? 0) < 1 << 20 {
            throw ValidationError("--task-memory '\(taskMemory)' is no amount such as 4GB or 512M.")
        }
        if let taskTime, (Resources.seconds(taskTime) ?? 0) < 1 {
            throw ValidationError("--task-time '\(taskTime)' is no time such as 90m, 2h or 1:30:00.")
        }
        _ = try hostList()
    }

    /// The cluster file with what the command line changes.
    ///
    /// - Parameters:
    ///   - executor: As the command line names it.
    ///   - jobs: Tasks at once.
    ///   - note: Is told what a user may not expect.
    /// - Returns: Nil where neither an engine nor a file is named.
    /// - Throws: `ValidationError` for what contradicts itself; `DocumentError` for a wrong file.
    func options(_ executor: ExecutorName?, jobs: Int?, note: (String) -> Void) throws -> ClusterOptions? {
        guard executor != nil || scheduler != nil else {
            if hosts.isEmpty { return nil }
            throw ValidationError("--hosts goes with --executor ssh.")
        }
        var options = ClusterOptions(executor: executor ?? .local)
        if let scheduler {
            if Self.isDask(scheduler) {
                note("'\(scheduler)' is a scheduler file of dask, which antares has no use for: runs here.")
            } else {
                options = try ClusterFile.read(scheduler)
                if let executor, executor != options.executor {
                    throw ValidationError(
                        "--executor \(executor.rawValue) contradicts '\(scheduler)', which says \(options.executor.rawValue)."
                    )
                }
            }
        }
        let hosts = try hostList()
        if !hosts.isEmpty {
            guard options.executor == .ssh else { throw ValidationError("--hosts goes with --executor ssh.") }
            options.ssh.hosts = hosts
        }
        if options.executor == .ssh, options.ssh.hosts.isEmpty {
            throw ValidationError("--executor ssh needs hosts: --hosts NAME:SLOTS, or a cluster file, -sc FILE.")
        }
        if let jobs { options.jobs = jobs }
        if let retries { options.retries = retries }
        if let account { options.charge(account) }
        if let taskMemory { options.resources.memory = Resources.bytes(taskMemory) ?? 0 }
        if let taskTime { options.resources.seconds = Resources.seconds(taskTime) ?? 0 }
        return options
    }

    private func hostList() throws -> [SSHOptions.Host] {
        try hosts.flatMap { $0.split(separator: ",") }.map { text in
            guard let match = text.wholeMatch(of: #/([A-Za-z0-9_][A-Za-z0-9._-]*)(?::([1-9][0-9]{0,3}))?/#) else {
                throw ValidationError("--hosts takes NAME or NAME:SLOTS, got '\(text)'.")
            }
            return SSHOptions.Host(String(match.1), slots: match.2.flatMap { Int($0) } ?? 1)
        }
    }

    /// What `dask-scheduler --scheduler-file` writes: JSON with an address and workers.
    private static func isDask(_ path: String) -> Bool {
        guard let data = FileManager.default.contents(atPath: path),
            let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { return false }
        return object["address"] != nil && object["workers"] != nil
    }
}
