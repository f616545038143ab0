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
    /// The tiles that there are: the last task that made one, and the scenes that it left out.
    private var tiles: [String: (task: Int, leftOut: Set<UUID>)] = [:]
    /// Without which scenes tiles have been asked for again.
    private var asked: [String: Set<UUID>] = [:]
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
        // Of a tile that was made again the last one counts, also where another master has seen the first.
        var latest = tiles.mapValues(\.task)
        for status in statuses {
            for tile in status.tiles where tile.isThere {
                latest[tile.name] = max(latest[tile.name] ?? 0, status.number)
            }
        }
        for status in statuses where !collected.contains(status.number) {
            for tile in status.tiles {
                let leftOut = note(tile)
                guard tile.isThere, latest[tile.name] == status.number else { continue }
                do {
                    try await add(tile)
                    // A tile that is made again without a scene counts twice, as in one program.
                    if tile.state == .made { summary.written += 1 }
                    if tile.state == .present, tiles[tile.name] == nil { summary.alreadyThere += 1 }
                } catch let error as IndexError {
                    refused.append(FailedTile(task: status.number, tile: tile.name, reason: "\(error)"))
                }
                tiles[tile.name] = (status.number, leftOut)
            }
            collected.insert(status.number)
            progress(tiles.count, planned)
        }
        return refused
    }

    /// Takes down the scenes that a task could not read.
    private func note(_ tile: TileOutcome) -> Set<UUID> {
        var ids: Set<UUID> = []
        for (text, reason) in tile.leftOut ?? [:] {
            guard let id = UUID(uuidString: text), ids.insert(id).inserted else { continue }
            guard !summary.skipped.contains(where: { $0.dataset == id }) else { continue }
            summary.skipped.append(.init(dataset: id, reason: reason))
        }
        return ids
    }

    /// A scene that one task could not read is left out of every tile, as in one program: those that were made with it are
    /// made again.
    func tasks(after count: Int, in folder: JobFolder) async throws -> [TaskFile] {
        let broken = Dictionary(summary.skipped.map { ($0.dataset, $0.reason) }) { first, _ in first }
        guard !broken.isEmpty else { return [] }
        var more: [TaskFile] = []
        for (number, names) in Dictionary(grouping: tiles.keys, by: { tiles[$0]?.task ?? 0 }).sorted(by: {
            $0.key < $1.key
        }) {
            let task = try folder.task(number)
            let work = try TileWork(decoding: task.payload)
            let concerned = Set(broken.keys).intersection(work.datasets)
            let again = names.filter { name in
                !concerned.subtracting(asked[name] ?? []).isSubset(of: tiles[name]?.leftOut ?? [])
            }.sorted()
            guard !again.isEmpty else { continue }
            for name in again { asked[name, default: []].formUnion(concerned) }
            let payload = try work.encoded(leavingOut: broken.filter { concerned.contains($0.key) })
            more.append(task.renumbered(count + more.count + 1, only: again, payload: payload))
        }
        // What it knows of the index does not hold the tiles that these replace.
        if !more.isEmpty { indexing = nil }
        return more
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

extension TileOutcome {
    var isThere: Bool { state == .made || state == .present }
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
