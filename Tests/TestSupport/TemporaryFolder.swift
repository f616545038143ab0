public import Foundation
import Synchronization

/// A folder of its own for one test; all of them are removed when the tests end.
///
/// Not with the value: Swift may end a value's life right after its last use, while the test still reads the files.
public struct TemporaryFolder: Sendable {
    public let url: URL

    public init() throws {
        _ = removalAtExit
        url = FileManager.default.temporaryDirectory.appendingPathComponent("antares-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        made.withLock { [url] in $0.append(url) }
    }

    public var path: String { url.path }

    /// Every file below the folder, as paths relative to it, sorted.
    public func files() -> [String] { Self.files(below: path) }

    /// Every file below a folder, as paths relative to it, sorted; hidden ones too.
    public static func files(below path: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    /// The path of a file in the folder, whether it exists or not.
    public func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes a text file and returns its path.
    public func write(_ text: String, to name: String) throws -> String {
        let path = path(name)
        try FileManager.default.createDirectory(
            at: URL(fileURLWithPath: path).deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}

private let made = Mutex<[URL]>([])

private let removalAtExit: Void = {
    atexit {
        for url in made.withLock({ $0 }) { try? FileManager.default.removeItem(at: url) }
    }
}()
