import ClusterExec
import Config
import DatacubeIndex
import Documents
import Foundation
import Postgres
import Workflows

/// What a master needs to take up the tiles of a job, whoever began it.
struct TileCollection: Codable {
    /// Nil where nothing is indexed.
    let product: String?
    /// Which database the tiles are indexed in.
    let database: String
}

extension TileCollection {
    /// - Throws: `DecodingError` for the file of another kind of job.
    init(of file: JobFile) throws {
        self = try JSONDecoder().decode(TileCollection.self, from: file.collection ?? Data())
    }
}

/// Puts the tiles that tasks have made into the index, and counts them.
actor TileCollector: TaskCollector {
    private let collection: TileCollection
    private let services: Services
    private let planned: Int
    private let progress: @Sendable (_ done: Int, _ planned: Int) -> Void
    private var indexing: TileIndexing?
    private var collected: Set<Int> = []
    /// Written and present tiles so far, and scenes that were left out.
    private(set) var summary = RunSummary(product: "")

    /// - Throws: `CommandFailure` where the job indexes its tiles in another database than the configured one.
    init(
        _ file: JobFile,
        _ services: Services,
        progress: @escaping @Sendable (_ done: Int, _ planned: Int) -> Void = { _, _ in }
    ) throws {
        collection = try TileCollection(of: file)
        (self.services, self.progress) = (services, progress)
        planned = file.tiles?.reduce(0, +) ?? 0
        guard collection.product == nil || collection.database == services.indexName else {
            throw CommandFailure(
                .configuration,
                "job '\(file.id)' indexes its tiles in \(collection.database), and the configuration names "
                    + "\(services.indexName). Give the -E and -C that it was started with."
            )
        }
    }

    func collect(_ statuses: [TaskStatus], in folder: JobFolder) async throws -> [FailedTile] {
        var refused: [FailedTile] = []
        for status in statuses where !collected.contains(status.number) {
            var (written, present) = (0, 0)
            for tile in status.tiles where tile.state == .made || tile.state == .present {
                do {
                    try await add(tile)
                    if tile.state == .made { written += 1 } else { present += 1 }
                } catch let error as IndexError {
                    refused.append(FailedTile(task: status.number, tile: tile.name, reason: "\(error)"))
                }
            }
            let known = Set(summary.skipped.map(\.dataset))
            for (id, reason) in status.tiles.compactMap(\.leftOut).joined() {
                guard let id = UUID(uuidString: id), !known.contains(id) else { continue }
                summary.skipped.append(.init(dataset: id, reason: reason))
            }
            collected.insert(status.number)
            summary.written += written
            summary.alreadyThere += present
            progress(summary.written + summary.alreadyThere, planned)
        }
        return refused
    }

    private func add(_ tile: TileOutcome) async throws {
        guard let product = collection.product, let id = tile.datasetID.flatMap(UUID.init(uuidString:)),
            let text = tile.document, let path = tile.path, let location = tile.location
        else { return }
        let indexing: TileIndexing
        if let known = self.indexing {
            indexing = known
        } else {
            indexing = try await TileIndexing(product, on: try await services.index())
            self.indexing = indexing
        }
        try await indexing.add(id, try JSONText.parse(text, origin: path), path: path, location: location)
    }

    func results(of folder: JobFolder) async throws -> [CollectedResult] { try TileResults.write(in: folder) }
}

extension Services {
    /// The database of the index, so that two can be told apart.
    var indexName: String {
        switch settings.indexDatabase.value {
        case .privateServer: "the private server in \(settings.privateServerDirectory)"
        case .server(let address):
            "\(address.database ?? "") on \(address.host ?? "this machine")" + (address.port.map { ":\($0)" } ?? "")
        }
    }
}
