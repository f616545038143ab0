import CGDAL
import Synchronization

/// All names below a prefix of a store, asked for a thousand at a time: folder by folder each would cost a request.
final class StoreListing: Sendable {
    private static let known = Mutex<[StoreListing]>([])
    /// More are not kept: they are then asked for folder by folder.
    private static let most = 5_000_000

    private let root: String
    /// The names in each folder.
    private let folders: [String: [String]]

    private init(root: String, folders: [String: [String]]) { (self.root, self.folders) = (root, folders) }

    /// The listing that tells of a path, if one was taken.
    static func covering(_ path: String) -> StoreListing? {
        known.withLock { $0.first { path == $0.root || path.hasPrefix($0.root + "/") } }
    }

    func kind(_ path: String) -> VirtualFolder.Kind? {
        if folders[path] != nil { return .folder }
        guard let slash = path.lastIndex(of: "/"), let names = folders[String(path[..<slash])] else { return nil }
        return Self.holds(names, String(path[path.index(after: slash)...])) ? .file : nil
    }

    func names(_ folder: String) -> [String]? { folders[folder] }

    /// Asks for everything below a folder of a store, and keeps it for the life of the program.
    ///
    /// - Returns: False where there is nothing, or too much.
    static func take(_ root: String) -> Bool {
        _ = configureStores
        guard let folder = VSIOpenDir(root, -1, nil) else { return false }
        defer { VSICloseDir(folder) }
        var found: [String: Set<String>] = [:]
        var count = 0
        while let entry = VSIGetNextDirEntry(folder) {
            guard let name = entry.pointee.pszName.map({ String(cString: $0) }) else { continue }
            count += 1
            guard count <= most else { return false }
            var parts = name.split(separator: "/").map(String.init)
            // Keys are any text: what would lead out of the folder is no file.
            guard !parts.contains(where: { $0 == "." || $0 == ".." }) else { continue }
            if antares_vsi_is_folder(entry) != 0 {
                let folder = ([root] + parts).joined(separator: "/")
                if found[folder] == nil { found[folder] = [] }
            }
            while let last = parts.popLast() {
                let isNew = found[([root] + parts).joined(separator: "/"), default: []].insert(last).inserted
                if !isNew { break }
            }
        }
        guard count > 0 else { return false }
        let made = StoreListing(root: root, folders: found.mapValues { $0.sorted() })
        known.withLock { $0.append(made) }
        return true
    }

    private static func holds(_ names: [String], _ name: String) -> Bool {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low < names.count && names[low] == name
    }
}

extension VirtualFolder {
    /// Asks a store once for all names below a prefix; `kind` and `names` then tell of them without asking.
    ///
    /// - Throws: `RasterError` with the store's answer where there is nothing below it, or it may not be listed.
    public static func preload(_ root: String) throws(RasterError) {
        guard ObjectStore.isObject(root), StoreListing.covering(root) == nil else { return }
        var (isThere, answer) = withStoreAnswer { StoreListing.take(root) }
        guard !isThere else { return }
        let single = withStoreAnswer { kind(root) }
        answer.remarks += single.answer.remarks
        // A single object is no folder.
        guard single.value == .file else { throw storeFailure(.openFailed, root, answer) }
    }
}
