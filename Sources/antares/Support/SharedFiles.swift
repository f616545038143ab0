import Config
import Foundation

/// The files that come with the program: templates and SQL.
enum SharedFiles {
    /// The folder that holds `config-templates` and `sql`.
    ///
    /// It is the setting ANTARES_SHARE, else `share/antares` of the installation, else the source tree that the
    /// program was built in.
    static func directory(_ settings: Settings) throws -> URL {
        if let share = settings.share {
            let folder = URL(fileURLWithPath: share.value)
            guard isShare(folder) else {
                throw ConfigError("\(share.origin)", "'\(share.value)' has no folder config-templates")
            }
            return folder
        }
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        var folder = program.deletingLastPathComponent()
        var candidates: [URL] = []
        while folder.path != "/" {
            candidates += [folder.appendingPathComponent("share/antares"), folder]
            folder.deleteLastPathComponent()
        }
        guard let found = candidates.first(where: isShare) else {
            throw ConfigError(
                program.path,
                "the templates that come with the program are not found near it",
                hint: "Install with `make install`, or set ANTARES_SHARE to the folder that holds config-templates."
            )
        }
        return found
    }

    private static func isShare(_ folder: URL) -> Bool {
        var isDirectory: ObjCBool = false
        let path = folder.appendingPathComponent("config-templates").path
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }
}
