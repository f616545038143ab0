import ArgumentParser
import ClusterExec
import Config
import Documents
import Foundation
import Jobs

/// The group `antares cluster`.
struct ClusterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Cluster files: write one, and check that the cluster is ready.",
        subcommands: [ClusterInitCommand.self, ClusterCheckCommand.self]
    )
}

/// The command `antares cluster init`.
struct ClusterInitCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a cluster file for the engine that is found here, and check it.",
        discussion: "Slurm is known by sbatch, Grid Engine by qsub and SGE_ROOT; hosts behind SSH have to be named."
    )
    @OptionGroup var common: CommonOptions
    @Option(help: "slurm, sge, ssh or local; without, what is found.")
    var executor: ExecutorName?
    @Option(help: .init("The folder that this machine and the nodes share.", valueName: "folder"))
    var sharedFolder: String?
    @Option(help: .init("Partition of Slurm, or queue of Grid Engine.", valueName: "name"))
    var queue: String?
    @Option(
        help: .init("Host behind SSH, as node1 or node1:8 for eight tasks at once; may be repeated.", valueName: "host")
    )
    var host: [String] = []
    @Option(help: .init("Key for SSH.", valueName: "file"))
    var key: String?
    @Flag(help: "Replace the file where there is one.")
    var overwrite = false
    @Flag(help: "Write without checking.")
    var noCheck = false
    @Argument(help: "The file to write.", completion: .file()) var file = "cluster.yaml"

    func run() async throws {
        let services = try common.makeServices()
        if FileManager.default.fileExists(atPath: file), !overwrite {
            throw CommandFailure(.failed, "'\(file)' is there already. Choose another name, or give --overwrite.")
        }
        let found: ExecutorName
        if let executor { found = executor } else { found = try await ClusterSearch.engine(hosts: host) }
        if found == .ssh, host.isEmpty { throw ValidationError("name the hosts: --host NAME[:SLOTS].") }
        var entries: [(key: String, value: DocumentValue)] = [("executor", .string(found.rawValue))]
        if found != .ssh {
            let folder = sharedFolder ?? services.settings.sharedDirectory.value
            let path = URL(fileURLWithPath: folder).standardizedFileURL.path
            entries.append(("shared_folder", .string(path)))
            entries.append(("antares", .string(JobAccess.program)))
        }
        entries.append(("retries", 2))
        entries.append(("resources", ["memory": "4GB", "time": "2h", "cores": 1]))
        switch found {
        case .slurm: if let queue { entries.append(("slurm", ["partition": .string(queue)])) }
        case .sge:
            var options: [(key: String, value: DocumentValue)] = [("memory_resource", "h_vmem")]
            if let queue { options.insert(("queue", .string(queue)), at: 0) }
            entries.append(("sge", .object(DocumentObject(options))))
        case .ssh:
            var options: [(key: String, value: DocumentValue)] = []
            if let key { options.append(("key", .string(URL(fileURLWithPath: key).standardizedFileURL.path))) }
            options.append(("hosts", .array(try host.map(Self.host))))
            entries.append(("ssh", .object(DocumentObject(options))))
        case .local: break
        }
        let text = "# A cluster file of antares; every key is explained in config-templates/cluster.\n"
        try (text + YAMLText.write(.object(DocumentObject(entries)))).write(
            toFile: file,
            atomically: true,
            encoding: .utf8
        )
        if noCheck { return try common.emit(["file": file]) { "wrote \(file)" } }
        try await common.checkCluster(file, services)
    }

    private static func host(_ text: String) throws -> DocumentValue {
        let parts = text.split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { return .string(text) }
        guard let slots = Int(parts[1]), slots > 0 else {
            throw ValidationError("--host '\(text)': '\(parts[1])' is no number of tasks.")
        }
        return ["name": .string(String(parts[0])), "slots": .integer(slots)]
    }
}

/// The command `antares cluster check`.
struct ClusterCheckCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a cluster file by running a small job: shared folder, versions, clocks.",
        discussion: "Ends with 78 where something is missing, and says what."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The cluster file.", completion: .file()) var file: String

    func run() async throws { try await common.checkCluster(file, try common.makeServices()) }
}

extension CommonOptions {
    fileprivate func checkCluster(_ file: String, _ services: Services) async throws {
        let report = try await ClusterCheck(options: try ClusterFile.read(file), services: services).run()
        try emit(report) { report.text(file) }
        guard report.isReady else {
            let missing = report.checks.filter { !$0.isGood }.map(\.name).joined(separator: ", ")
            throw CommandFailure(.configuration, "the cluster of '\(file)' is not ready: \(missing).")
        }
    }
}

/// Looks for engines that can be asked from here.
enum ClusterSearch {
    static func engine(hosts: [String]) async throws -> ExecutorName {
        if !hosts.isEmpty { return .ssh }
        let root = ProcessInfo.processInfo.environment["SGE_ROOT"]
        // The programs of both may be there: then the one that somebody has set up counts.
        if has("sbatch"), !has("qsub") || root == nil { return .slurm }
        if has("sbatch"), (try? await SlurmExecutor.largestArray()) != nil { return .slurm }
        if has("qsub") {
            guard root != nil else {
                throw CommandFailure(
                    .configuration,
                    "qsub is there, but SGE_ROOT is not set. Read the engine's settings: . $SGE_ROOT/default/common/settings.sh"
                )
            }
            return .sge
        }
        throw CommandFailure(
            .configuration,
            "neither sbatch (Slurm) nor qsub (Grid Engine) is on PATH. Run this where jobs are submitted, or name hosts: --host."
        )
    }

    static func has(_ program: String) -> Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }
}
