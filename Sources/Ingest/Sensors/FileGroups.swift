import Foundation
import Synchronization

/// Files of a folder that belong together, as the bands of one date.
struct FileGroup: Sendable {
    /// What the names have in common.
    let key: String
    /// Names of files by band.
    let files: [(band: String, name: String)]
}

/// Grouping a folder's files by their names; the last folder of each kind is remembered, as every scene asks again.
enum FileGroups {
    private static let known = Mutex<[String: (path: String, groups: [String: FileGroup])]>([:])

    /// The groups of a folder by the name of their first file.
    ///
    /// - `kind`: A name for `classify`; two that differ must not share it.
    /// - `classify`: The group and the band of a file, nil where it is none of these.
    static func of(
        _ folder: String,
        kind: String,
        names: [String]? = nil,
        _ classify: (String) -> (key: String, band: String)?
    ) -> [String: FileGroup] {
        if names == nil, let last = known.withLock({ $0[kind] }), last.path == folder { return last.groups }
        var found: [String: [(band: String, name: String)]] = [:]
        for name in names ?? SceneFolder(folder).names() {
            if let (key, band) = classify(name) { found[key, default: []].append((band, name)) }
        }
        var groups: [String: FileGroup] = [:]
        for (key, files) in found { groups[files[0].name] = FileGroup(key: key, files: files) }
        known.withLock { $0[kind] = (folder, groups) }
        return groups
    }
}

/// The folder of a path.
func folder(of path: String) -> String { String(path.dropLast(lastPart(path).count + 1)) }
