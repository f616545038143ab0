import Foundation

/// The folder of real scenes that some tests read: `ANTARES_TEST_DATA`, else `shared/data` beside the repository.
public enum RealScenes {
    /// Nil where there is none; such tests are skipped.
    public static let folder: String? = {
        if let named = ProcessInfo.processInfo.environment["ANTARES_TEST_DATA"] { return named }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return ["../shared/data", "../../shared/data"]
            .map { root.appendingPathComponent($0).standardizedFileURL.path }
            .first { FileManager.default.fileExists(atPath: $0) }
    }()

    public static var isHere: Bool { folder != nil }

    /// The path of something in the folder.
    public static func path(_ name: String) -> String { "\(folder ?? "")/\(name)" }
}
