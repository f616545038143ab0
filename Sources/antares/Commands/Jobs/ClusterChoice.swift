public import ArgumentParser
public import ClusterExec
import Foundation

extension ExecutorName: ExpressibleByArgument {}

/// Where a job's tasks run: the options of every command that makes a job.
struct ClusterChoice: ParsableArguments {
    @Option(help: "local, slurm, sge or ssh; without a cluster file with the engine's own defaults.")
    var executor: ExecutorName?
    @Option(help: .init("Tasks at once.", valueName: "n"))
    var jobs: Int?
    @Option(
        name: [.customLong("scheduler"), .customLong("sc", withSingleDash: true)],
        help: .init("Cluster file (YAML); see docs/cluster.md.", valueName: "file"),
        completion: .file()
    )
    var scheduler: String?
    @Option(help: .init("How often a task that died is tried again.", valueName: "n"))
    var retries: Int?
    @Option(help: .init("Memory of a task, as 4GB.", valueName: "amount"))
    var taskMemory: String?
    @Option(help: .init("Time of a task, as 2h or 1:30:00.", valueName: "time"))
    var taskTime: String?

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1, got \(jobs).") }
        if let retries, retries < 0 { throw ValidationError("--retries must be at least 0, got \(retries).") }
        if let taskMemory, (Resources.bytes(taskMemory) ?? 0) < 1 << 20 {
            throw ValidationError("--task-memory '\(taskMemory)' is no amount such as 4GB or 512M.")
        }
        if let taskTime, (Resources.seconds(taskTime) ?? 0) < 1 {
            throw ValidationError("--task-time '\(taskTime)' is no time such as 90m, 2h or 1:30:00.")
        }
    }

    /// The cluster file with what the command line changes; a scheduler file of dask means this machine.
    func options() throws -> ClusterOptions {
        var options = ClusterOptions(executor: executor ?? .local)
        if let scheduler {
            if Self.isDask(scheduler) {
                let note =
                    "note: '\(scheduler)' is a scheduler file of dask, which antares has no use for: runs here.\n"
                FileHandle.standardError.write(Data(note.utf8))
            } else {
                options = try ClusterFile.read(scheduler)
                if let executor, executor != options.executor {
                    throw ValidationError(
                        "--executor \(executor.rawValue) contradicts '\(scheduler)', which says \(options.executor.rawValue)."
                    )
                }
            }
        } else if executor == .ssh {
            throw ValidationError("--executor ssh needs a cluster file with the hosts: -sc FILE.")
        }
        if let jobs { options.jobs = jobs }
        if let retries { options.retries = retries }
        if let taskMemory { options.resources.memory = Resources.bytes(taskMemory) ?? 0 }
        if let taskTime { options.resources.seconds = Resources.seconds(taskTime) ?? 0 }
        return options
    }

    /// What `dask-scheduler --scheduler-file` writes: JSON with an address and workers.
    private static func isDask(_ path: String) -> Bool {
        guard let data = FileManager.default.contents(atPath: path),
            let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { return false }
        return object["address"] != nil && object["workers"] != nil
    }
}
