import Documents
public import Foundation
import Geo
import Ingest

/// Scenes to be described by others: a request whose scenes have been found.
public struct FoundScenes: Sendable {
    private let request: MetadataRequest
    private let findings: SceneSearch.Findings

    /// Looks for the scenes.
    ///
    /// - Throws: `MetadataRequestError` where there is none.
    public init(_ request: MetadataRequest) throws {
        (self.request, findings) = (request, try PreparedScenes.find(request))
    }

    public var count: Int { findings.scenes.count }
    /// What messages call the scenes, in their order.
    public var names: [String] { findings.scenes.map { SceneWork.name(of: $0.path) } }
    /// The first scene that is on this machine alone; nil where all are read over a network.
    public var localScene: String? { findings.scenes.first { !$0.path.hasPrefix("/vsis3/") }?.path }

    /// Some of the scenes as bytes, which `SceneWork` reads.
    ///
    /// - Throws: `EncodingError`.
    public func encoded(_ range: Range<Int>) throws -> Data {
        let scenes = findings.scenes[range].map { SceneFile.Scene(path: $0.path, reader: $0.reader.name) }
        return try JSONEncoder().encode(SceneFile(request, scenes, others: []))
    }

    /// All that is needed to write the documents once they are there.
    ///
    /// - Throws: `EncodingError`.
    public func collection() throws -> Data {
        let scenes = findings.scenes.map { SceneFile.Scene(path: $0.path, reader: $0.reader.name) }
        return try JSONEncoder().encode(SceneFile(request, scenes, others: findings.others))
    }
}

/// Describes the scenes of a file, or writes the documents that others have made of them.
public struct SceneWork: Sendable {
    private let file: SceneFile

    /// Reads what `FoundScenes` wrote.
    ///
    /// - Throws: `DecodingError` for what is none.
    public init(decoding data: Data) throws { file = try JSONDecoder().decode(SceneFile.self, from: data) }

    /// What messages call a scene.
    static func name(of path: String) -> String { "scene \(path)" }

    /// Describes the scenes one after the other.
    ///
    /// - Parameters:
    ///   - wanted: Only scenes of these names.
    ///   - report: Called with each scene: YAML documents, or the reason why there are none.
    /// - Throws: `CancellationError`, and `WorkflowError` for a reader that this antares does not have.
    public func run(_ wanted: Set<String>, _ report: (_ name: String, Result<String, SceneFailure>) -> Void) throws {
        let request = file.request
        for scene in try file.found() where wanted.contains(Self.name(of: scene.path)) {
            try Task.checkCancellation()
            let documents = PreparedScenes.outcome(of: scene, request).map { YAMLText.write(documents: $0) }
            report(Self.name(of: scene.path), documents)
        }
    }

    /// Writes the documents in the order of their scenes, as `prepareMetadata` does.
    ///
    /// - `texts`: By the name of a scene.
    public func write(_ texts: [String: Result<String, SceneFailure>]) async throws -> MetadataSummary {
        let outcomes = try file.scenes.map { scene -> Result<[DocumentValue], SceneFailure> in
            let missing = Result<String, SceneFailure>.failure(SceneFailure(text: "its task did not come to its end."))
            return try (texts[Self.name(of: scene.path)] ?? missing).map { text in
                try YAML.parse(text, origin: scene.path).map(\.value)
            }
        }
        let findings = SceneSearch.Findings(scenes: try file.found(), others: file.others)
        return try await PreparedScenes(findings, outcomes, file.request).write(file.request)
    }
}

/// Why a scene was not described.
public struct SceneFailure: Error, Sendable {
    public let text: String

    public init(text: String) { self.text = text }
}

extension Result where Failure == SceneFailure {
    /// The same with what `body` makes of a success; what it throws is thrown.
    fileprivate func map<New>(_ body: (Success) throws -> New) rethrows -> Result<New, SceneFailure> {
        switch self {
        case .success(let value): .success(try body(value))
        case .failure(let failure): .failure(failure)
        }
    }
}

/// Scenes of a request on paper.
struct SceneFile: Codable {
    struct Scene: Codable { let path: String, reader: String }

    let scenes: [Scene]
    let others: [String]
    let dataset: String?
    let outfile: String
    let layout: String
    let lineage: String
    let identity: String
    let check: String
    let product: String?
    let namePattern: String?
    let bands: [String]
    let dates: [Date]
    let time: TimeText?
    let nodata: String?
    let workFolder: String?

    init(_ request: MetadataRequest, _ scenes: [Scene], others: [String]) {
        let options = request.options
        (self.scenes, self.others, dataset) = (scenes, others, request.dataset)
        // Whoever goes on with the job may stand in another folder.
        outfile = URL(fileURLWithPath: request.outfile).path
        (layout, lineage) = (request.layout.rawValue, request.lineage.rawValue)
        (identity, check) = (options.identity.rawValue, options.check.rawValue)
        (product, namePattern, bands, dates) = (options.product, options.namePattern, options.bands, options.dates)
        (time, workFolder) = (options.time.map { TimeText($0) }, options.workFolder)
        // JSON has no number for NaN.
        nodata = options.nodata.map { "\($0)" }
    }

    var request: MetadataRequest {
        var options = SceneOptions(identity: SceneIdentity(rawValue: identity) ?? .scene)
        options.check = SceneOptions.Check(rawValue: check) ?? .full
        (options.product, options.namePattern, options.bands, options.dates) = (product, namePattern, bands, dates)
        (options.time, options.workFolder) = (time?.time, workFolder)
        options.nodata = nodata.flatMap { Double($0) }
        var request = MetadataRequest(paths: [], dataset: dataset, outfile: outfile, options: options)
        request.layout = MetadataRequest.Layout(rawValue: layout) ?? .eo3
        request.lineage = MetadataRequest.Lineage(rawValue: lineage) ?? .known
        return request
    }

    func found() throws -> [FoundScene] {
        try scenes.map { scene in
            guard let reader = SceneReaders.reader(named: scene.reader) else {
                throw WorkflowError(
                    .badRequest,
                    "this antares has no reader '\(scene.reader)'",
                    hint: "Run the same version on all machines: `antares cluster check FILE`."
                )
            }
            return FoundScene(path: scene.path, reader: reader)
        }
    }
}
