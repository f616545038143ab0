import ClusterExec
import Foundation

/// What a file that was sent holds: one scene, or an archive of several.
enum SceneUnpacking {
    private static let archives = [
        ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst",
    ]

    /// Unpacks a file where it is an archive, by its name.
    ///
    /// An archive whose top holds only folders and archives is one scene for each of these; any other is one scene as a
    /// whole, and so is a file that is no archive.
    /// - Parameters:
    ///   - path: The file.
    ///   - folder: Where an archive is unpacked; emptied before.
    ///   - limit: The most bytes that may come out.
    /// - Returns: The paths of the scenes, in the order of their names.
    /// - Throws: `ServiceError` for an archive that is broken, leads out of the folder, holds links, or is too large.
    static func scenes(of path: String, unpackedInto folder: String, limit: Int) throws -> [String] {
        guard isArchive(path) else { return [path] }
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ServiceError(.internal, "cannot read '\(path)'.") }
        defer { close(descriptor) }
        do {
            var reader = try TarReader(descriptor: descriptor, into: folder, limit: limit, anyFormat: true)
            var count = 0
            while try reader.next() != nil {
                count += 1
                guard count <= mostFiles else {
                    throw ClusterError(.unsafeName, "", reason: "it holds more than \(mostFiles) files")
                }
                try Task.checkCancellation()
            }
        } catch let error as ClusterError {
            let name = (path as NSString).lastPathComponent
            let place = error.code == .unsafeName && !error.subject.isEmpty ? "'\(error.subject)': " : ""
            throw ServiceError(
                .unprocessable,
                "the archive '\(name)' cannot be unpacked: \(place)\(error.reason ?? error.description)."
            )
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let scenes = names.filter { name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
            return isFolder.boolValue || isArchive(name)
        }
        guard !names.isEmpty else {
            throw ServiceError(.unprocessable, "the archive '\((path as NSString).lastPathComponent)' holds no file.")
        }
        return scenes.count == names.count ? scenes.map { "\(folder)/\($0)" } : [folder]
    }

    private static let mostFiles = 100_000

    private static func isArchive(_ path: String) -> Bool {
        archives.contains { path.lowercased().hasSuffix($0) }
    }
}
