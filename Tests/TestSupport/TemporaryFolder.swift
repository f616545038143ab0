import Foundation
import Synchronization

/// A folder of one test; all of them are removed when the tests end.
public struct TemporaryFolder: Sendable {
    public let path: String

    public init() throws {
        _ = removalAtExit
        path = FileManager.default.temporaryDirectory.appendingPathComponent("antares-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        made.withLock { [path] in $0.append(path) }
    }

    /// Every file below the folder, as paths relative to it, sorted.
    public func files() -> [String] {
        let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        return all.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }
}

private let made = Mutex<[String]>([])

private let removalAtExit: Void = {
    atexit {
        for path in made.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
}()
