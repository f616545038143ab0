import Foundation

/// Takes up what tasks have made: adds it to an index, say.
public protocol TaskCollector: Sendable {
    /// Takes up the tiles of tasks that have ended.
    ///
    /// It may be called again with the same tasks: by a master that has taken over from one that died. What is there
    /// already stays.
    /// - Parameters:
    ///   - statuses: Of tasks that have ended, well or not; tiles that were made count in a failed task too.
    ///   - folder: Of the job.
    /// - Returns: Tiles that are there and that nobody will ever take up, with the reasons.
    /// - Throws: What may pass, as a database that does not answer; the master tries again, and leaves the job to be
    ///   resumed if that goes on.
    func collect(_ statuses: [TaskStatus], in folder: JobFolder) async throws -> [FailedTile]

    /// What the job has made, when all tasks have ended.
    func results(of folder: JobFolder) async throws -> [CollectedResult]
}

/// Something that the job has made, for its list of results.
public struct CollectedResult: Sendable, Equatable {
    public let name: String
    public let path: String
    public let contentType: String?

    public init(_ name: String, path: String, contentType: String? = nil) {
        (self.name, self.path, self.contentType) = (name, path, contentType)
    }
}

/// Leaves what tasks have made in the job's folder, and lists it.
public struct FolderCollector: TaskCollector {
    public init() {}

    public func collect(_ statuses: [TaskStatus], in folder: JobFolder) async throws -> [FailedTile] { [] }

    public func results(of folder: JobFolder) async throws -> [CollectedResult] {
        ResultFiles.names(in: folder.results).map { name in
            CollectedResult(name, path: "\(folder.results)/\(name)", contentType: ResultFiles.contentType(of: name))
        }
    }
}
