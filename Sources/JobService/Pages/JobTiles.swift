import ClusterExec

/// The tiles of a job, as its tasks plan and report them.
struct JobTiles {
    struct Tile {
        let name: String
        /// `waiting`, `running`, or what became of it.
        var state: String
        var reason: String?
        /// Its dataset document, one line of JSON.
        var document: String?
        /// The file that was made.
        var path: String?
    }

    private(set) var tiles: [Tile] = []
    /// Tasks that are looked at; a map of more shows nothing.
    private static let taskLimit = 500

    init(folder: JobFolder) throws {
        guard folder.exists else { return }
        let count = min(try folder.jobFile().tasks, Self.taskLimit)
        guard count > 0 else { return }
        for number in 1...count {
            let status = try folder.status(number) ?? folder.runningStatus(number)
            let said = Dictionary((status?.tiles ?? []).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
            let rest = status.map { $0.state == .running ? "running" : $0.state == .failed ? "failed" : "made" }
            for name in try folder.task(number).tiles {
                var tile = Tile(name: name, state: rest ?? "waiting", reason: status?.failure?.reason)
                if let outcome = said[name] {
                    tile.state = outcome.state.rawValue
                    (tile.reason, tile.document, tile.path) = (outcome.reason, outcome.document, outcome.path)
                }
                tiles.append(tile)
            }
        }
    }

    /// What the map of a page reads.
    struct Document: Encodable {
        struct Entry: Encodable {
            let name: String
            let state: String
            let reason: String?
            /// Column and row of its cell, where its name tells.
            let cell: [Int]?
            /// Longitudes and latitudes of its outline, where they are known.
            let ring: [[Double]]?

            init(_ tile: Tile, ring: [[Double]]?) {
                (name, state, reason, self.ring) = (tile.name, tile.state, tile.reason, ring)
                cell = tile.name.firstMatch(of: #/\((-?\d+), *(-?\d+)\)/#).flatMap { match in
                    guard let x = Int(match.1), let y = Int(match.2) else { return nil }
                    return [x, y]
                }
            }
        }

        let total: Int
        let tiles: [Entry]
    }
}
