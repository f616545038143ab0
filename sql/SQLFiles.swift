public import Foundation

/// The SQL files and default documents that come with the program.
public enum SQLFiles {
    /// The folder that holds `migrations`, `queries` and `metadata-types`; nil where it is not found.
    ///
    /// It is `sql` in the folder named by the environment variable ANTARES_SHARE, in `share/antares` of the
    /// installation, or in the source tree that the program was built in.
    public static let folder: URL? = {
        let program = URL(fileURLWithPath: CommandLine.arguments.first ?? "").resolvingSymlinksInPath()
        let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var candidates: [URL] = []
        if let share = ProcessInfo.processInfo.environment["ANTARES_SHARE"], !share.isEmpty {
            candidates.append(URL(fileURLWithPath: share).appending(path: "sql"))
        }
        for start in [executable, program] {
            var folder = start.deletingLastPathComponent()
            candidates.append(folder.appending(path: "antares_IndexSQL.resources"))
            while folder.path != "/" {
                candidates += [folder.appending(path: "share/antares/sql"), folder.appending(path: "sql")]
                folder.deleteLastPathComponent()
            }
        }
        return candidates.first {
            FileManager.default.fileExists(atPath: $0.appending(path: "migrations/agdc").path)
        }
    }()

    /// A file or folder by its path below `folder`.
    ///
    /// - Throws: `CocoaError` that names the missing file.
    public static func url(_ path: String) throws -> URL {
        let missing = CocoaError(
            .fileNoSuchFile,
            userInfo: [
                NSFilePathErrorKey: "sql/\(path)",
                NSLocalizedDescriptionKey: "The file sql/\(path) that comes with the program is missing."
                    + " Install with `make install`, or set ANTARES_SHARE to the folder that holds sql.",
            ]
        )
        guard let url = folder?.appending(path: path), FileManager.default.fileExists(atPath: url.path) else {
            throw missing
        }
        return url
    }

    /// The text of `queries/<name>.sql`.
    public static func query(_ name: String) throws -> String {
        try String(contentsOf: try url("queries/\(name).sql"), encoding: .utf8)
    }
}
