import Dispatch
import Foundation
import Synchronization
import TestSupport

@testable import ClusterExec

/// Real engines on this machine, started at the first test that needs them and ended with the tests.
enum TestEngines {
    /// The variables by which clients reach an engine.
    typealias Variables = [String: String]

    /// A Slurm of three nodes with two processors each; nil where it cannot run.
    static let slurm: Variables? = start("slurm.sh", ["start", folder("slurm"), "3"], ["stop", folder("slurm")])

    /// A Grid Engine of one node; nil where it cannot run.
    static let gridEngine: Variables? = start("gridengine.sh", ["start"], ["stop"])

    /// A private sshd whose only key leads to `antares ssh-worker`; nil where it cannot run.
    static let ssh: Variables? = start(
        "sshd.sh",
        [
            "start", folder("ssh"),
            "AWS_SHARED_CREDENTIALS_FILE=\(remoteCredentials) \(program) ssh-worker --allow script --folder "
                + folder("remote"),
        ],
        ["stop", folder("ssh")]
    )

    /// The file with credentials of the account that the key leads to.
    static let remoteCredentials = folder("remote-credentials")

    static func folder(_ name: String) -> String { root.path(name) }

    /// A command of a script that an engine was started with.
    ///
    /// Foundation's `Process` would wait for the daemons too, as they inherit a socket of its own.
    static func command(_ script: String, _ arguments: [String]) throws -> ShellResult {
        let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../cluster").standardizedFileURL
        let place = try TemporaryFolder()
        let streams = try ["out", "err"].map { name in
            let descriptor = open(place.path(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw TestFailure("no file for what \(script) prints") }
            return descriptor
        }
        let words = [folder.appendingPathComponent(script).path] + arguments
        let child = try ChildProgram.start(words, streams: [1: streams[0], 2: streams[1]])
        streams.forEach { close($0) }
        var end: ChildProgram.End?
        while end == nil {
            end = try child.poll()
            usleep(20_000)
        }
        return ShellResult(
            status: end == .exited(0) ? 0 : 1,
            output: try String(contentsOfFile: place.path("out"), encoding: .utf8),
            errors: try String(contentsOfFile: place.path("err"), encoding: .utf8)
        )
    }

    static let program = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("antares").path

    private static let root: TemporaryFolder = {
        do { return try TemporaryFolder() } catch { fatalError("no temporary folder: \(error)") }
    }()

    private static func start(_ script: String, _ arguments: [String], _ stop: [String]) -> Variables? {
        guard getuid() == 0, isInstalled("apt-get") else {
            print("SKIPPED: \(script) NEEDS ROOT ON DEBIAN, AND WITHOUT IT NO TEST RUNS ON A REAL ENGINE OF THAT KIND.")
            return nil
        }
        do {
            let result = try command(script, arguments)
            guard result.status == 0 else {
                print("SKIPPED: \(script) DOES NOT START, AND NO TEST RUNS ON THAT ENGINE: \(result.errors)")
                return nil
            }
            _ = endsEngines
            stops.withLock { $0.append((script, stop)) }
            var variables: Variables = [:]
            for line in result.output.split(separator: "\n") {
                let pair = line.split(separator: "=", maxSplits: 1).map(String.init)
                if pair.count == 2 { variables[pair[0]] = pair[1] }
            }
            return variables
        } catch {
            print("SKIPPED: \(script): \(error)")
            return nil
        }
    }
}

private let stops = Mutex<[(script: String, arguments: [String])]>([])

private let endsEngines: Void = {
    atexit {
        let all = stops.withLock { $0 }
        DispatchQueue.concurrentPerform(iterations: all.count) { index in
            _ = try? TestEngines.command(all[index].script, all[index].arguments)
        }
    }
}()

/// Jobs of the built program with a home and a shared folder of their own.
struct JobBench {
    let program: BuiltProgram
    let shared: TemporaryFolder
    var variables: TestEngines.Variables
    /// What a command line says to run on the engine.
    let options: [String]

    /// - Parameters:
    ///   - cluster: The text of a cluster file; nil for this machine.
    ///   - variables: Of the engine.
    /// - Throws: `CocoaError` where a folder cannot be made.
    init(cluster: String? = nil, _ variables: TestEngines.Variables = [:]) throws {
        let shared = try TemporaryFolder()
        (program, self.shared) = (try BuiltProgram(), shared)
        self.variables = variables.merging(["SHARED_DIR": shared.path]) { $1 }
        options = try cluster.map { ["-sc", try shared.write($0, to: "cluster.yaml")] } ?? ["--executor", "local"]
    }

    static func slurm(
        _ more: String = "",
        memory: String = "400M",
        _ own: TestEngines.Variables = [:]
    ) throws
        -> JobBench?
    {
        guard let variables = TestEngines.slurm else { return nil }
        let text = "executor: slurm\npoll_seconds: 0.5\ngrace_seconds: 5\nresources: {memory: \(memory), time: 5m}\n"
        return try JobBench(cluster: text + more, variables.merging(own) { $1 })
    }

    static func gridEngine(_ more: String = "", _ own: TestEngines.Variables = [:]) throws -> JobBench? {
        guard let variables = TestEngines.gridEngine else { return nil }
        let text = "executor: sge\npoll_seconds: 0.5\ngrace_seconds: 5\nsge: {queue: main.q}\n"
        return try JobBench(cluster: text + more, variables.merging(own) { $1 })
    }

    static func ssh(_ own: TestEngines.Variables = [:]) throws -> JobBench? {
        guard let variables = TestEngines.ssh else { return nil }
        let text = """
            executor: ssh
            ssh:
              key: \(variables["SSH_KEY"] ?? "")
              port: \(variables["SSH_PORT"] ?? "")
              options: [-o, UserKnownHostsFile=\(TestEngines.folder("ssh"))/known_hosts]
              hosts: [{name: 127.0.0.1, slots: 2}]
            """
        return try JobBench(cluster: text, own)
    }

    func antares(_ arguments: [String]) throws -> ShellResult {
        try program.run(arguments, environment: variables)
    }

    /// `jobs run` with a shell script as the program.
    func words(_ script: String, tasks: Int, _ more: [String] = []) throws -> [String] {
        let path = try shared.write("#!/bin/bash\n" + script, to: "work.sh")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return ["jobs", "run", "--tasks", "\(tasks)"] + options + more + ["--", path]
    }

    func run(_ script: String, tasks: Int, _ more: [String] = []) throws -> ShellResult {
        try antares(try words(script, tasks: tasks, more))
    }

    func start(_ script: String, tasks: Int, _ more: [String] = []) throws -> RunningProgram {
        try program.start(try words(script, tasks: tasks, more), environment: variables)
    }

    /// The newest job, as `jobs show` prints it.
    func job() throws -> ShownJob {
        let list = try antares(["jobs", "list", "--last", "1", "--json"])
        let jobs = try JSONDecoder().decode([ShownJob].self, from: Data(list.output.utf8))
        guard let id = jobs.first?.id else { throw TestFailure("no job: \(list.errors)") }
        let show = try antares(["jobs", "show", id, "--json"])
        return try JSONDecoder().decode(ShownJob.self, from: Data(show.output.utf8))
    }

    /// Waits until something is so, without giving the thread away: other tests block the few that there are.
    func wait(_ seconds: Int = 60, until isSo: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while try !isSo() {
            guard ContinuousClock.now < end else { throw TestFailure("waited \(seconds) s in vain") }
            usleep(100_000)
        }
    }

    /// The lines that scripts have added to a file in the shared folder, sorted.
    func lines(_ name: String) -> [String] {
        let text = try? String(contentsOfFile: shared.path(name), encoding: .utf8)
        return (text ?? "").split(separator: "\n").map(String.init).sorted()
    }
}

/// What `jobs show --json` prints, as far as tests look at it.
struct ShownJob: Decodable {
    struct Tasks: Decodable, Equatable { let planned: Int, running: Int, done: Int, failed: Int }
    struct Failure: Decodable { let task: Int, tile: String?, reason: String }
    struct Value: Decodable { let name: String, value: String }
    let id: String
    let phase: String
    let tasks: Tasks
    let tiles: Tasks?
    let failures: [Failure]
    let parameters: [Value]
    let results: [Value]
    let folder: String
    let error: String?

    /// What the final status of a task says.
    func status(_ task: Int) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/status/\(task).json"))
        return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }
}
