public import Foundation

/// What a task of the kind `script` runs: a program of the user's, in a working folder of its own.
public struct ScriptPayload: Sendable, Equatable, Codable {
    /// A path, or a name to look for on PATH.
    public var program: String
    public var arguments: [String]
    public var environment: [String: String]
    /// True for a program that gets the variables of the one that runs it, but for those that are named here.
    public var inheritsEnvironment: Bool?
    /// Names in the working folder that are kept among the job's results, or a shell's patterns of names; those that are not
    /// there are left out.
    public var results: [String]
    /// Given as variables ANTARES_PARAM_<NAME> and in the file ANTARES_PARAMETERS; nil for none.
    public var parameters: [String: String]?
    /// Files by the names under which they are found in the folder `inputs` of the working folder.
    public var links: [String: String]?
    /// Whether what the program prints is kept among the results, and not in the task's log.
    public var keepsStreams: Bool?

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
/// Besides PATH, HOME (its working folder), LANG and TZ, the program finds ANTARES_JOB, ANTARES_TASK, ANTARES_ATTEMPT,
/// ANTARES_RESULTS (the folder of the task's results) and ANTARES_TILES in its environment; to the last, a file, it may add
/// a line of JSON for each tile it made. It ends with 0; with 74 or 75 where the machine is to blame and trying again may
/// help.
public struct ScriptTask: TaskHandler {
    public static let kindName = "script"
    public let kind = ScriptTask.kindName

    public init() {}

    public func run(_ payload: Data, in context: TaskContext) async throws -> [TileOutcome] {
        let script = try JSONDecoder().decode(ScriptPayload.self, from: payload)
        let results = try context.resultFolder()
        let place = "\(results)/.work-\(context.attempt)-\(UInt32.random(in: 0...UInt32.max))"
        try DurableFile.makeFolder(place)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let inherited = ProcessInfo.processInfo.environment
        let usual = script.inheritsEnvironment == true ? inherited : Self.environment(inherited, home: place)
        var environment = usual.merging(script.environment) { $1 }
        environment["ANTARES_JOB"] = context.folder.id
        environment["ANTARES_TASK"] = "\(context.task.number)"
        environment["ANTARES_ATTEMPT"] = "\(context.attempt)"
        environment["ANTARES_RESULTS"] = results
        environment["ANTARES_TILES"] = "\(place)/.tiles"
        try Self.link(script.links ?? [:], moved: context.moved, in: place)
        try Self.hand(script.parameters, moved: context.moved, to: &environment, in: place)
        let streams = script.keepsStreams == true ? try Self.open(Self.streams, in: results) : [:]
        defer { for descriptor in streams.values { close(descriptor) } }
        let program = context.moved[script.program] ?? script.program
        // What came over a connection came as data.
        if program != script.program { chmod(program, 0o700) }
        let child = try ChildProgram.start(
            [program] + script.arguments.map { context.moved[$0] ?? $0 },
            environment: environment,
            in: place,
            streams: streams
        )
        let end = try await child.end()
        let tiles = try Self.tiles("\(place)/.tiles")
        guard end == .exited(0) else {
            let kind: TaskFailure.Kind = end == .exited(74) || end == .exited(75) ? .environment : .input
            if kind == .input, tiles.contains(where: { $0.state == .failed }) { return tiles }
            let said = streams.isEmpty ? "" : Self.lastLine(of: "\(results)/\(Self.streams[1])")
            throw TaskFailure(kind, "'\(script.program)' \(end.text)\(said)")
        }
        try Self.keep(script.results, of: place, in: results)
        return tiles.isEmpty ? context.task.tiles.map { TileOutcome($0, .made) } : tiles
    }

    /// What a program of somebody else's gets: nothing of this one's but where programs are.
    private static func environment(_ own: [String: String], home: String) -> [String: String] {
        [
            "PATH": own["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": home, "LANG": "C.UTF-8", "TZ": "UTC",
        ]
    }

    /// Moves what fits the names to the results.
    private static func keep(_ patterns: [String], of place: String, in results: String) throws {
        let files = ResultFiles.names(in: place)
        for name in patterns {
            guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
                throw TaskFailure(.input, "the result '\(name)' is outside the working folder")
            }
            for file in files where file == name || ResultFiles.matches(file, name) {
                let (from, to) = ("\(place)/\(file)", "\(results)/\(file)")
                guard FileManager.default.fileExists(atPath: from) else { continue }
                try DurableFile.makeFolder((to as NSString).deletingLastPathComponent)
                try DurableFile.publish(from, as: to)
            }
        }
    }

    /// What the program prints, in the folder of results; the numbers are those of its streams, less one.
    static let streams = ["stdout.txt", "stderr.txt"]

    private static func open(_ names: [String], in folder: String) throws -> [Int32: Int32] {
        var streams: [Int32: Int32] = [:]
        for (index, name) in names.enumerated() {
            let descriptor = Foundation.open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw ClusterError.system(.cannotWrite, "\(folder)/\(name)", errno) }
            streams[Int32(index) + 1] = descriptor
        }
        return streams
    }

    /// Where inputs are found, apart from what the program writes: a name in common must not write through a link.
    public static let inputFolder = "inputs"

    private static func link(_ links: [String: String], moved: [String: String], in place: String) throws {
        guard !links.isEmpty else { return }
        let folder = "\(place)/\(inputFolder)"
        try DurableFile.makeFolder(folder)
        for (name, path) in links {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\((name as NSString).lastPathComponent)",
                withDestinationPath: moved[path] ?? path
            )
        }
    }

    /// Hands over parameters, those that are files by their paths here.
    private static func hand(
        _ parameters: [String: String]?,
        moved: [String: String],
        to environment: inout [String: String],
        in place: String
    ) throws {
        guard let parameters = parameters?.mapValues({ moved[$0] ?? $0 }) else { return }
        for (name, value) in parameters {
            let letters = name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }
            environment["ANTARES_PARAM_\(String(letters))"] = value
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try DurableFile.write(try encoder.encode(parameters), to: "\(place)/.parameters.json")
        environment["ANTARES_PARAMETERS"] = "\(place)/.parameters.json"
    }

    private static func lastLine(of path: String) -> String {
        guard let data = try? DurableFile.read(path) else { return "" }
        let line = String(decoding: data.suffix(4000), as: UTF8.self).split(whereSeparator: \.isNewline).last
        return line.map { ": \($0)" } ?? ""
    }

    private static func tiles(_ path: String) throws -> [TileOutcome] {
        guard let data = try DurableFile.read(path) else { return [] }
        return try data.split(separator: UInt8(ascii: "\n")).map { line in
            try JSONDecoder().decode(TileOutcome.self, from: line)
        }
    }
}
