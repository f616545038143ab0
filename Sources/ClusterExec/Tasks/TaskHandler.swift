public import Foundation

/// Runs the tasks of one kind.
public protocol TaskHandler: Sendable {
    /// The kind in the task's file.
    var kind: String { get }

    /// Does the work.
    ///
    /// - Parameters:
    ///   - payload: The bytes that the planner wrote.
    ///   - context: Where the task is and what it may use.
    /// - Returns: What became of each tile; one that failed fails the task.
    /// - Throws: `TaskFailure` that says whether trying again may help; of other errors a full disk and the like are
    ///   the environment's, the rest the input's.
    func run(_ payload: Data, in context: TaskContext) async throws -> [TileOutcome]
}

/// The surroundings of a running task.
public struct TaskContext: Sendable {
    public let folder: JobFolder
    public let task: TaskFile
    public let attempt: Int
    /// What the task was given; 0 where nothing is said.
    public let resources: Resources
    /// Where inputs and outputs are on a machine that shares no file system; nil where it does.
    let remote: RemoteFolders?
    let diary: TileDiary

    /// Says that a tile is there while others are still to come: it is not lost where the task dies before its end.
    public func report(_ tile: TileOutcome) { diary.add(tile) }

    /// Where inputs are here that have another place; none where the file system is shared.
    public var moved: [String: String] {
        guard let remote else { return [:] }
        let pairs = zip(task.inputs, RemoteFolders.names(of: task.inputs)).map { ($0, "\(remote.path)/\($1)") }
        return Dictionary(pairs) { first, _ in first }
    }

    /// The place here of a file that is to be written; its folder exists.
    ///
    /// - Throws: `TaskFailure` for a file outside the folders that the task may write to.
    public func output(_ path: String) throws -> String {
        guard let index = task.outputs.firstIndex(where: { path.hasPrefix($0 + "/") }),
            !path.split(separator: "/").contains("..")
        else { throw TaskFailure(.input, "'\(path)' is in none of the folders that the task may write to") }
        let base = task.outputs[index]
        // Elsewhere it is whoever brings the files back who writes them.
        if remote == nil { try task.checkWriting(path) }
        let place = remote.map { "\($0.path)/outputs/\(index)" + path.dropFirst(base.count) } ?? path
        try DurableFile.makeFolder((place as NSString).deletingLastPathComponent)
        return place
    }

    /// The folder for the task's own results, which is made.
    public func resultFolder() throws -> String {
        let path = "\(folder.results)/\(task.number)"
        try DurableFile.makeFolder(path)
        return path
    }
}

/// The folder of a task that came over a connection.
struct RemoteFolders: Sendable {
    let path: String

    /// What inputs are called here: folders from elsewhere are numbered, and what lies in one folder stays together.
    static func names(of inputs: [String]) -> [String] {
        var folders: [String: Int] = [:]
        return inputs.map { input in
            let path = input as NSString
            let number = folders[path.deletingLastPathComponent] ?? folders.count
            folders[path.deletingLastPathComponent] = number
            return "inputs/\(number)/\(path.lastPathComponent)"
        }
    }
}
