import Foundation
import TestSupport
import Testing

@testable import ClusterExec

/// What a worker behind SSH takes in, from streams that Python's tarfile made.
struct SSHWorkerTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// - `members`: Python that adds to the archive `t`; `add(name, text, **fields)` adds a file.
    private func makeStream(_ members: String) throws -> String {
        let script = """
            import io, sys, tarfile
            t = tarfile.open(sys.argv[1], "w")
            def add(name, text="", **fields):
                i = tarfile.TarInfo(name)
                i.size = len(text)
                for k, v in fields.items(): setattr(i, k, v)
                t.addfile(i, io.BytesIO(text.encode()))
            \(members)
            t.close()
            """
        let path = folder.path("stream.tar")
        let result = try run("python3", ["-c", script, path])
        try #require(result.status == 0, "\(result.errors)")
        return path
    }

    private func unpack(_ path: String, _ accepts: (String) -> Bool = { _ in true }) throws -> [String] {
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        try FileManager.default.createDirectory(atPath: folder.path("in"), withIntermediateDirectories: true)
        var reader = try TarReader(descriptor: descriptor, into: folder.path("in"))
        var names: [String] = []
        while let name = try reader.next(accepting: accepts) { names.append(name) }
        return names
    }

    @Test func `files arrive as they were sent`() throws {
        let path = try makeStream("add('task.json', '{}'); add('inputs/0/' + 'n' * 120, 'x' * 300000)")
        #expect(try unpack(path) == ["task.json", "inputs/0/" + String(repeating: "n", count: 120)])
        let long = folder.path("in/inputs/0/") + "/" + String(repeating: "n", count: 120)
        #expect(try Data(contentsOf: URL(fileURLWithPath: long)) == Data(repeating: UInt8(ascii: "x"), count: 300_000))
    }

    @Test(
        arguments: [
            "add('../out', 'x')", "add('inputs/../../out', 'x')", "add('/tmp/out', 'x')", "add('a//b', 'x')",
            "add('./a', 'x')", "add('a', type=tarfile.SYMTYPE, linkname='/etc/passwd')",
            "add('b', 'x'); add('a', type=tarfile.LNKTYPE, linkname='b')", "add('a', type=tarfile.FIFOTYPE)",
            "add('a', type=tarfile.CHRTYPE, devmajor=1, devminor=3)", "add('a\\nb', 'x')",
            "add('d', type=tarfile.DIRTYPE)", "add('a', 'x'); add('a', 'y')",
        ]
    )
    func `what could lead out of the folder is refused`(members: String) throws {
        let path = try makeStream(members)
        #expect(throws: ClusterError.self) { try unpack(path) }
        #expect(!FileManager.default.fileExists(atPath: folder.path("out")))
        #expect(!FileManager.default.fileExists(atPath: "/tmp/out"))
    }

    @Test func `what is not expected is refused, and so is a stream that is cut off`() throws {
        let path = try makeStream("add('evil.sh', 'x')")
        let error = #expect(throws: ClusterError.self) { try unpack(path) { $0 == "task.json" } }
        #expect(error?.description == "refuses 'evil.sh': it is not among what is expected.")
        let whole = try makeStream("add('task.json', 'x' * 5000)")
        let data = try Data(contentsOf: URL(fileURLWithPath: whole))
        try data.prefix(2000).write(to: URL(fileURLWithPath: folder.path("short.tar")))
        #expect(throws: ClusterError.self) { try unpack(folder.path("short.tar")) }
    }

    /// Sends bytes to the built worker.
    private func ask(_ bytes: Data, _ arguments: [String] = []) throws -> ShellResult {
        try bytes.write(to: URL(fileURLWithPath: folder.path("request")))
        let command = "exec \"$0\" ssh-worker --folder \"$1\" \"${@:3}\" < \"$2\""
        let words = [TestEngines.program, folder.path("work"), folder.path("request")] + arguments
        return try run("setsid", ["-w", "bash", "-c", command] + words)
    }

    @Test func `a worker answers nothing but its own protocol`() throws {
        let result = try ask(Data("rm -rf /\n".utf8))
        #expect(result.status != 0 && result.output.isEmpty)
        #expect(result.errors.contains("not a request of antares 'rm -rf /'"))
        #expect(try ask(Data("antares-worker 1 hello\n".utf8)).output.contains("\"version\""))
    }

    @Test func `a program of a user is not run unless the host allows it`() throws {
        let marker = folder.path("marker")
        let payload = try JSONEncoder().encode(ScriptPayload(program: "touch", arguments: [marker]))
        let task = TaskFile(number: 1, kind: ScriptTask.kindName, payload: payload, tiles: ["a"])
        let job = JobFolder(folder.path("job"))
        try job.create()
        try job.write(task)
        func send(_ more: [String]) throws -> RunningProgram {
            let worker = [TestEngines.program, "ssh-worker", "--folder", folder.path("work")] + more
            return try start(
                TestEngines.program,
                ["ssh-task", job.path, "1", "--attempt", "1", "--", "setsid", "-w"] + worker
            )
        }
        #expect(try send([]).wait().status == 1)
        #expect(try job.status(1)?.failure?.reason.contains("cannot run tasks of the kind 'script'") == true)
        #expect(!FileManager.default.fileExists(atPath: marker))
        unlink(job.file("status/1.json"))
        #expect(try send(["--allow", "script"]).wait().status == 0)
        #expect(try job.status(1)?.state == .done)
        #expect(FileManager.default.fileExists(atPath: marker))
        #expect(TemporaryFolder.files(below: folder.path("work")) == [])
    }
}
