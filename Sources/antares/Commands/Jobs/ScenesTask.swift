import ClusterExec
import Foundation
import Synchronization
import Workflows

/// Describes the scenes of a task, wherever it runs.
struct ScenesTask: TaskHandler {
    static let kindName = "scenes"
    let kind = ScenesTask.kindName

    func run(_ payload: Data, in context: TaskContext) async throws -> [TileOutcome] {
        var outcomes: [TileOutcome] = []
        try SceneWork(decoding: payload).run(Set(context.task.tiles)) { name, result in
            var outcome: TileOutcome
            switch result {
            case .success(let documents):
                outcome = TileOutcome(name, .made)
                outcome.document = documents
            case .failure(let failure): outcome = TileOutcome(name, .failed, reason: failure.text)
            }
            outcomes.append(outcome)
            context.report(outcome)
        }
        return outcomes
    }
}

/// Writes the documents of all scenes of a job into its one file, in their order.
final class SceneCollector: TaskCollector {
    private let work: SceneWork
    private let written = Mutex<MetadataSummary?>(nil)

    /// - Throws: `DecodingError` for the file of another kind of job.
    init(_ file: JobFile) throws { work = try SceneWork(decoding: file.collection ?? Data()) }

    /// What was written, once the job has ended.
    var summary: MetadataSummary? { written.withLock { $0 } }

    func collect(_ statuses: [TaskStatus], in folder: JobFolder) async throws -> [FailedTile] { [] }

    func results(of folder: JobFolder) async throws -> [CollectedResult] {
        let summary = try await work.write(try texts(in: folder))
        written.withLock { $0 = summary }
        guard !summary.scenes.isEmpty else { return [] }
        return [CollectedResult("documents", path: summary.outfile, contentType: "application/yaml")]
    }

    /// What tasks made of each scene; those of a job that runs failed ones again come from the earlier one.
    private func texts(in folder: JobFolder) throws -> [String: Result<String, SceneFailure>] {
        var texts: [String: Result<String, SceneFailure>] = [:]
        if let earlier = try folder.jobFile().retryOf {
            let path = (folder.path as NSString).deletingLastPathComponent
            texts = try self.texts(in: JobFolder("\(path)/\(earlier)"))
        }
        for number in try folder.statusNumbers().final {
            guard let status = try folder.status(number) else { continue }
            let failure = SceneFailure(text: status.failure?.reason ?? "no reason given")
            for name in try folder.task(number).tiles { texts[name] = .failure(failure) }
            for tile in status.tiles {
                texts[tile.name] =
                    tile.document.map { .success($0) }
                    ?? .failure(tile.reason.map { SceneFailure(text: $0) } ?? failure)
            }
        }
        return texts
    }
}
