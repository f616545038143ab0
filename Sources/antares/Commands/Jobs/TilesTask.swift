import ClusterExec
import Foundation
import Logging
import Workflows

/// Makes the tiles of a task, wherever it runs.
struct TilesTask: TaskHandler {
    static let kindName = "tiles"
    let kind = TilesTask.kindName

    func run(_ payload: Data, in context: TaskContext) async throws -> [TileOutcome] {
        var work = try TileWork(decoding: payload)
        work.threads = max(1, context.resources.cores)
        // The other half is for the program, its libraries and what is being written.
        work.memory = context.resources.memory / 2
        work.names = Set(context.task.tiles)
        work.moved = context.moved
        // What goes to an object store needs no folder, and nobody else has to carry it there.
        work.place = { path in
            if path.hasPrefix("/vsi") || path.contains("://") {
                try context.task.checkWriting(path)
                return path
            }
            return try context.output(path)
        }
        work.report = { context.report(TileOutcome($0)) }
        return try await work.run(log: Logger(label: "antares.tiles")).map { result in
            TileOutcome(result) { reason in
                // Names that mean something where the job is.
                context.moved.reduce(reason) { $0.replacing($1.value, with: $1.key) }
            }
        }
    }
}

extension TileOutcome {
    /// - Parameters:
    ///   - result: Of a tile.
    ///   - rename: Makes a reason ready for people.
    init(_ result: TileResult, _ rename: (String) -> String = { $0 }) {
        let state: State =
            switch result.state {
            case .made: .made
            case .present: .present
            case .absent: .empty
            case .failed: .failed
            }
        self.init(
            result.name,
            state,
            path: result.path,
            datasetID: result.id?.uuidString.lowercased(),
            reason: result.reason.map(rename)
        )
        (document, location) = (result.document, result.location)
        if !result.leftOut.isEmpty {
            let pairs = result.leftOut.map { ($0.key.uuidString.lowercased(), rename($0.value)) }
            leftOut = Dictionary(uniqueKeysWithValues: pairs)
        }
    }
}
