import Foundation
public import Jobs

/// A user's program as a job, which `antares jobs start` runs: `script.json` in the job's folder.
///
/// The program works in a folder of its own. It finds the job's parameters as ANTARES_PARAM_<NAME>, in capitals, and all of
/// them in the file that ANTARES_PARAMETERS names, one object of JSON. No shell sees a word of them.
public struct ScriptRequest: Sendable, Equatable, Codable {
    /// Files that are kept among the job's results.
    public struct Result: Sendable, Equatable, Codable {
        /// What the result is called; `name-1`, `name-2` … where the pattern fits several files.
        public var name: String
        /// Of names in the working folder, as a shell's: `*.tif`, `maps/*.png`.
        public var pattern: String
        /// Nil for that of the file's name.
        public var contentType: String?

        public init(_ name: String, pattern: String, contentType: String? = nil) {
            (self.name, self.pattern, self.contentType) = (name, pattern, contentType)
        }
    }

    /// The path of an executable file.
    public var program: String
    public var arguments: [String]
    public var environment: [String: String]
    /// Absolute paths of files that it reads, as those that were uploaded; parameters name them by these paths.
    public var inputs: [String]
    public var results: [Result]

    public init(
        program: String,
        arguments: [String] = [],
        environment: [String: String] = [:],
        inputs: [String] = [],
        results: [Result] = []
    ) {
        (self.program, self.arguments, self.environment) = (program, arguments, environment)
        (self.inputs, self.results) = (inputs, results)
    }

    /// The one task of the job.
    func task(_ job: Job) throws -> TaskFile {
        var payload = ScriptPayload(
            program: program,
            arguments: arguments,
            environment: environment,
            results: results.map(\.pattern)
        )
        payload.parameters = Dictionary(job.parameters.map { ($0.id, $0.value) }) { first, _ in first }
        payload.keepsStreams = true
        return TaskFile(
            number: 1,
            kind: ScriptTask.kindName,
            payload: try JSONEncoder().encode(payload),
            inputs: program.hasPrefix("/") ? [program] + inputs : inputs
        )
    }
}

extension JobFolder {
    /// Says which program a job runs; to be written before the job is asked to run.
    public func write(_ script: ScriptRequest) throws {
        try create()
        try write(script, to: "script.json")
    }

    /// The program that a job runs; nil for a job of antares itself.
    public func scriptRequest() throws -> ScriptRequest? { try read("script.json") }

    /// Makes the task of a job that runs a program of the user's, if it is not there yet.
    ///
    /// - Throws: `ClusterError` where the folder cannot be written.
    public func prepare(_ script: ScriptRequest, for job: Job, on cluster: ClusterOptions) throws {
        guard !exists else { return }
        let collection = try JSONEncoder().encode(script)
        try JobMaster.prepare(self, tasks: [script], { _, script in try script.task(job) }) { _ in
            JobFile(
                id: job.id,
                kind: ScriptTask.kindName,
                tasks: 1,
                cluster: cluster,
                collection: collection
            )
        }
    }
}

/// Lists what the program of a job has left, by the patterns of its results.
public struct ScriptCollector: TaskCollector {
    private let script: ScriptRequest

    /// - Throws: `DecodingError` for a job of another kind.
    public init(_ file: JobFile) throws {
        script = try JSONDecoder().decode(ScriptRequest.self, from: file.collection ?? Data())
    }

    public func collect(_ statuses: [TaskStatus], in folder: JobFolder) async throws -> [FailedTile] { [] }

    public func results(of folder: JobFolder) async throws -> [CollectedResult] {
        let place = "\(folder.results)/1"
        var files = ResultFiles.names(in: place)
        var results: [CollectedResult] = []
        for stream in ScriptTask.streams {
            guard let index = files.firstIndex(of: stream) else { continue }
            let name = (stream as NSString).deletingPathExtension
            results.append(
                CollectedResult(name, path: "\(place)/\(files.remove(at: index))", contentType: "text/plain")
            )
        }
        for result in script.results {
            let matches = files.filter { ResultFiles.matches($0, result.pattern) }
            files.removeAll { matches.contains($0) }
            for (index, file) in matches.enumerated() {
                results.append(
                    CollectedResult(
                        matches.count == 1 ? result.name : "\(result.name)-\(index + 1)",
                        path: "\(place)/\(file)",
                        contentType: result.contentType ?? ResultFiles.contentType(of: file)
                    )
                )
            }
        }
        return results
    }
}
