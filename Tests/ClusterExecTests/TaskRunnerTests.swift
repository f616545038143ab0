import Foundation
import TestSupport
import Testing

@testable import ClusterExec

struct TaskRunnerTests {
    private struct Handler: TaskHandler {
        let kind = "test"
        let body: @Sendable (Data, TaskContext) throws -> [TileOutcome]
        func run(_ payload: Data, in context: TaskContext) async throws -> [TileOutcome] { try body(payload, context) }
    }

    private func run(
        _ body: @escaping @Sendable (Data, TaskContext) throws -> [TileOutcome]
    ) async throws -> (TaskStatus, JobFolder, TemporaryFolder) {
        let place = try TemporaryFolder()
        let folder = JobFolder(place.path("job"))
        try folder.create()
        let payload = Data([0xff, 0x00, 0x31])
        try folder.write(
            TaskFile(
                number: 3,
                kind: "test",
                payload: payload,
                tiles: ["a", "b"],
                outputs: [place.path("tiles")],
                writable: [place.path("tiles"), "s3://maps/2026"]
            )
        )
        let handler = Handler(body: body)
        let status = try await TaskRunner(folder: folder, number: 3, attempt: 2, handlers: [handler]).run()
        #expect(try folder.status(3) == status)
        #expect(try folder.runningStatus(3) == nil)
        return (status, folder, place)
    }

    @Test func `the handler gets the bytes that were planned, and its tiles are in the status`() async throws {
        let (status, _, _) = try await run { payload, _ in
            guard payload == Data([0xff, 0x00, 0x31]) else { throw TaskFailure(.input, "other bytes") }
            return [TileOutcome("a", .made, path: "/x/a.nc", datasetID: "1"), TileOutcome("b", .empty)]
        }
        #expect(status.state == .done && status.attempt == 2 && status.tiles.map(\.state) == [.made, .empty])
    }

    @Test func `a failed tile fails the task on its input, and the good one is kept`() async throws {
        let (status, _, _) = try await run { _, _ in
            [TileOutcome("a", .made), TileOutcome("b", .failed, reason: "no band")]
        }
        #expect(status.state == .failed && status.failure == TaskFailure(.input, "b: no band"))
        #expect(status.failedTiles(of: ["a", "b"]) == [FailedTile(task: 3, tile: "b", reason: "no band")])
    }

    @Test func `a full disk is the machine's fault, a strange file the input's`() async throws {
        let full = try await run { _, _ in throw POSIXError(.ENOSPC) }.0
        #expect(full.failure?.kind == .environment)
        struct Strange: Error {}
        let strange = try await run { _, _ in throw Strange() }.0
        #expect(strange.failure?.kind == .input)
        #expect(strange.failedTiles(of: ["a", "b"]).map(\.tile) == ["a", "b"])
    }

    @Test func `a handler writes only where the task may`() async throws {
        let (status, _, place) = try await run { _, context in
            let path = context.task.outputs[0] + "/2017/a.tif"
            try Data("x".utf8).write(to: URL(fileURLWithPath: try context.output(path)))
            _ = try context.output(context.task.outputs[0] + "/../elsewhere")
            return []
        }
        #expect(FileManager.default.fileExists(atPath: place.path("tiles/2017/a.tif")))
        #expect(status.failure?.reason.contains("in none of the folders that the task may write to") == true)
    }

    @Test func `a folder that became a link to elsewhere since the task was planned is not written to`() async throws {
        let (status, _, place) = try await run { _, context in
            let tiles = context.task.outputs[0]
            let other = (tiles as NSString).deletingLastPathComponent + "/other"
            for path in [tiles, other] {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            try FileManager.default.createSymbolicLink(atPath: tiles + "/2017", withDestinationPath: other)
            _ = try context.output(tiles + "/2018/a.tif")
            try context.task.checkWriting("s3://maps/2026/a.tif")
            for path in ["s3://maps/2027/a.tif", "s3://maps/2026/../a.tif", "/vsis3/other/a.tif"] {
                if (try? context.task.checkWriting(path)) != nil { throw TaskFailure(.environment, "\(path) passes") }
            }
            _ = try context.output(tiles + "/2017/sub/a.tif")
            return []
        }
        #expect(status.failure?.kind == .input)
        #expect(status.failure?.reason.contains("is not below a folder that the job may write to") == true)
        #expect(TemporaryFolder.files(below: place.path("other")).isEmpty)
        #expect(!FileManager.default.fileExists(atPath: place.path("other/sub")))
    }

    @Test func `a task that is done is not done again`() async throws {
        let (_, folder, _) = try await run { _, _ in [TileOutcome("a", .made)] }
        let handler = Handler { _, _ in throw TaskFailure(.input, "ran again") }
        let status = try await TaskRunner(folder: folder, number: 3, attempt: 3, handlers: [handler]).run()
        #expect(status.state == .done && status.attempt == 2)
    }

    @Test func `words with quotes and blanks reach the worker through the engine's script as they are`() throws {
        let place = try TemporaryFolder()
        let folder = JobFolder(place.path("it's a \"job\" $HOME"))
        try folder.create()
        let tasks = Submission(name: "antares-x-1", attempt: 4, resources: Resources(memory: 5), tasks: [7, 9])
        let script = try BatchScript.write(tasks, folder, program: "/bin/echo", modules: [], index: "${ELEMENT}")
        let result = try TestSupport.run("bash", [script], environment: ["ELEMENT": "2"])
        #expect(result.status == 0)
        #expect(folder.logTail(9) == "task \(folder.path) 9 --attempt 4 --memory 5 --cores 1\n")
        #expect(try TestSupport.run("bash", [script], environment: ["ELEMENT": "3"]).status == 74)
    }
}
