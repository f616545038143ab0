public import Foundation

/// What a task of the kind `script` runs: a program of the user's, in a working folder of its own.
public struct ScriptPayload: Sendable, Equatable, Codable {
    /// A path, or a name to look for on PATH.
    public var program: String
    public var arguments: [String]
    public var environment: [String: String]
    /// Names in the working folder that are kept among the job's results; those that are not there are left out.
    public var results: [String]

    public init(
        program: String,
        arguments: [String] = [],
        environment: [String: String] = [:],
        results: [String] = []
    ) {
        (self.program, self.arguments) = (program, arguments)
        (self.environment, self.results) = (environment, results)
    }
}

/// Runs programs of users: no shell sees a word of theirs.
///
/// The program finds ANTARES_JOB, ANTARES_TASK, ANTARES_ATTEMPT, ANTARES_RESULTS (the folder of the task's results) and
/// ANTARES_TILES in its environment; to the last, a file, it may add a line of JSON for each tile it made. It ends with
/// 0; with 74 or 75 where the machine is to blame and trying again may help.
public struct ScriptTask: TaskHandler {
    public static let kindName = "script"
    public let kind = ScriptTask.kindName

    public init() {}

    public func run(_ payload: Data, in context: TaskContext) async throws -> [TileOutcome] {
        let script = try JSONDecoder().decode(ScriptPayload.self, from: payload)
        let files = FileManager.default
        let results = try context.resultFolder()
        let place = "\(results)/.work-\(context.attempt)-\(UInt32.random(in: 0...UInt32.max))"
        try DurableFile.makeFolder(place)
        defer { try? files.removeItem(atPath: place) }
        var environment = ProcessInfo.processInfo.environment.merging(script.environment) { $1 }
        environment["ANTARES_JOB"] = context.folder.id
        environment["ANTARES_TASK"] = "\(context.task.number)"
        environment["ANTARES_ATTEMPT"] = "\(context.attempt)"
        environment["ANTARES_RESULTS"] = results
        environment["ANTARES_TILES"] = "\(place)/.tiles"
        let child = try ChildProgram.start([script.program] + script.arguments, environment: environment, in: place)
        let end = try await child.end()
        let tiles = try Self.tiles("\(place)/.tiles")
        guard end == .exited(0) else {
            let kind: TaskFailure.Kind = end == .exited(74) || end == .exited(75) ? .environment : .input
            if kind == .input, tiles.contains(where: { $0.state == .failed }) { return tiles }
            throw TaskFailure(kind, "'\(script.program)' \(end.text)")
        }
        for name in script.results {
            guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
                throw TaskFailure(.input, "the result '\(name)' is outside the working folder")
            }
            let (from, to) = ("\(place)/\(name)", "\(results)/\(name)")
            guard files.fileExists(atPath: from) else { continue }
            try DurableFile.makeFolder((to as NSString).deletingLastPathComponent)
            try DurableFile.publish(from, as: to)
        }
        return tiles.isEmpty ? context.task.tiles.map { TileOutcome($0, .made) } : tiles
    }

    private static func tiles(_ path: String) throws -> [TileOutcome] {
        guard let data = try DurableFile.read(path) else { return [] }
        return try data.split(separator: UInt8(ascii: "\n")).map { line in
            try JSONDecoder().decode(TileOutcome.self, from: line)
        }
    }
}
