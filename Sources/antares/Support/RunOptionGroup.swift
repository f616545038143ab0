import ArgumentParser
import ClusterExec
import Foundation
import Logging
import Workflows

/// The options of commands that make tiles: how much of the machine they use, and what they leave out.
struct RunOptionGroup: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: .init(
            "As a job: local (child processes), slurm, sge or ssh. In this program: serial, multiproc N.",
            valueName: "executor"
        )
    )
    var executor: [String] = []
    @Option(help: .init("Tasks of a job at once, else threads that compute at once: all cores.", valueName: "n"))
    var jobs: Int?
    @OptionGroup var engine: EngineOptions
    @Option(help: .init("Tiles in a task of a job; as many as seem right without it.", valueName: "n"))
    var tilesPerTask: Int?
    @OptionGroup var master: MasterOptions
    @Option(
        help: .init("Memory for blocks in work, as 4G or 800M; half of what is free without it.", valueName: "size")
    )
    var memory: MemorySize?
    @Flag(name: [.customShort("d"), .long], help: "Print tasks, size on disk and peak memory; write nothing.")
    var dryRun = false
    @Flag(help: "Make tiles again that are done and intact.")
    var overwrite = false
    @Flag(help: "Read tiles that are there from end to end, and make damaged ones again.")
    var verify = false
    @Flag(help: "Leave scenes out that cannot be read, and say which.")
    var skipBroken = false

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1, got \(jobs).") }
        if let tilesPerTask, tilesPerTask < 1 {
            throw ValidationError("--tiles-per-task must be at least 1, got \(tilesPerTask).")
        }
        _ = try executorJobs()
        guard try cluster(log: nil) == nil, master.detach || tilesPerTask != nil else { return }
        throw ValidationError("--detach and --tiles-per-task go with a job: --executor slurm, say.")
    }

    func makeOptions() throws -> RunOptions {
        var options = RunOptions(isDryRun: dryRun, overwrites: overwrite, verifies: verify, skipsBroken: skipBroken)
        if let count = try jobs ?? executorJobs() { options.jobs = count }
        if let memory { options.memory = memory.bytes }
        return options
    }

    /// Where the tiles are made as a job; nil for making them in this program.
    func cluster(log: Logger?) throws -> ClusterOptions? {
        try engine.options(executor.first.flatMap { ExecutorName(rawValue: $0) }, jobs: jobs) { log?.warning("\($0)") }
    }

    /// What ODC's executors mean here; those of other schedulers run on this machine.
    private func executorJobs() throws -> Int? {
        switch executor.first {
        case nil, "local", "slurm", "sge", "ssh": return nil
        case "serial": return 1
        case "multiproc":
            guard executor.count == 2, let count = Int(executor[1]), count > 0 else {
                throw ValidationError("--executor multiproc needs the number of processes: --executor multiproc 4.")
            }
            return count
        case "distributed", "dask", "celery": return nil
        case let other?:
            throw ValidationError(
                "--executor '\(other)' is unknown. Known: local, slurm, sge, ssh, serial, multiproc N."
            )
        }
    }

    /// What to tell a user whose executor is another program's.
    var note: String? {
        guard let name = executor.first, ["distributed", "dask", "celery"].contains(name) else { return nil }
        return "--executor \(name): antares needs no scheduler of its own, all cores of this machine are used"
    }
}

/// A number of bytes: `4G`, `800M`, `512000`.
struct MemorySize: ExpressibleByArgument, Equatable, Sendable {
    let bytes: Int

    init?(argument: String) {
        let units = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        let text = argument.uppercased().replacing(#/I?B$/#, with: "")
        let unit = text.last.flatMap { units[String($0)] }
        guard let number = Double(unit == nil ? text : String(text.dropLast())), number > 0 else { return nil }
        bytes = Int(number * Double(unit ?? 1))
    }
}
