import ClusterExec
import Foundation

/// What a job of tiles has made, for its list of results.
enum TileResults {
    /// A tile in the list of all: the file `tiles.json` of the job's folder.
    private struct Entry: Encodable {
        let name: String, path: String, dataset: String?, state: String
    }

    /// More tiles than these are in that file alone.
    static let mostListed = 1000

    /// Writes the list of all tiles.
    ///
    /// - Returns: The list, and the files of the tiles where they are not too many.
    /// - Throws: `ClusterError` for a folder that cannot be read or written.
    static func write(in folder: JobFolder) throws -> [CollectedResult] {
        var entries: [Entry] = []
        for number in try folder.statusNumbers().final.sorted() {
            for tile in try folder.status(number)?.tiles ?? [] {
                guard tile.state == .made || tile.state == .present, let path = tile.path else { continue }
                entries.append(Entry(name: tile.name, path: path, dataset: tile.datasetID, state: tile.state.rawValue))
            }
        }
        guard !entries.isEmpty else { return [] }
        let list = CollectedResult(
            "tiles",
            path: try folder.writeList(entries, "tiles.json"),
            contentType: "application/json"
        )
        guard entries.count <= mostListed else { return [list] }
        var (paths, names): (Set<String>, Set<String>) = ([], ["tiles"])
        return [list]
            + entries.filter { paths.insert($0.path).inserted }.map { entry in
                CollectedResult(
                    unused(entry.path, &names),
                    path: entry.path,
                    contentType: ResultFiles.contentType(of: entry.path)
                )
            }
    }

    /// The name of a file, with a number where another has it.
    private static func unused(_ path: String, _ names: inout Set<String>) -> String {
        let file = (path as NSString).lastPathComponent
        var (name, count) = (file, 1)
        while !names.insert(name).inserted {
            count += 1
            name = "\(count)-\(file)"
        }
        return name
    }
}
