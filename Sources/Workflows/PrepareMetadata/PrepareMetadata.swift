import Documents
import Foundation
public import Ingest
import Raster

/// What `prepare_metadata` is asked to do.
public struct MetadataRequest: Sendable {
    /// In which layout documents are written.
    public enum Layout: String, Sendable, CaseIterable {
        case eo3
        /// The older layout, as antares3 wrote it.
        case eo
    }

    /// Which sources of scenes documents name: an index refuses those of sources that it does not hold.
    public enum Lineage: String, Sendable, CaseIterable {
        /// Those that are prepared along with them, or are in the index.
        case known
        case all
        case none
    }

    /// Folders of scenes, archives, or scenes themselves.
    public var paths: [String]
    /// The dataset name of a reader, as `s2_l2a_20m`; nil to find out.
    public var dataset: String?
    /// The YAML file to write.
    public var outfile: String
    /// Only scenes in whose path, from the folder on, this regular expression finds something; nil means all.
    public var pattern: String?
    /// Scenes read at once; nil means one a core.
    public var parallel: Int?
    public var layout = Layout.eo3
    public var lineage = Lineage.known
    public var options: SceneOptions

    public init(
        paths: [String],
        dataset: String?,
        outfile: String,
        pattern: String? = nil,
        parallel: Int? = nil,
        options: SceneOptions = SceneOptions()
    ) {
        (self.paths, self.dataset, self.outfile) = (paths, dataset, outfile)
        (self.pattern, self.parallel, self.options) = (pattern, parallel, options)
    }
}

/// What `prepare_metadata` did.
public struct MetadataSummary: Sendable {
    /// A scene that could not be described.
    public struct Failure: Sendable, Hashable {
        public let scene: String
        /// What is wrong with it and what to do.
        public let reason: String
    }
    public let outfile: String
    /// The scenes written, by path.
    public let scenes: [String]
    /// How many documents they gave.
    public let documents: Int
    public let failures: [Failure]
    /// Folders in which no reader found a scene, where none was named.
    public let unknown: [String]
}

/// A request that cannot be carried out at all.
public struct MetadataRequestError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable { case usage, noInput }
    public let kind: Kind
    public let description: String

    init(_ kind: Kind, _ description: String) { (self.kind, self.description) = (kind, description) }
}

/// Describes every scene below some folders in one multi-document YAML file.
///
/// A bad scene never stops the others: it is listed in the summary with its reason. Where no scene is good, no file is
/// written. Documents are in the order of their scenes' paths, their measurement paths are absolute.
/// - Parameters:
///   - request: What to read and write.
///   - progress: Called after each scene with the number of scenes done and of all.
/// - Returns: What was written and what was left out.
/// - Throws: `MetadataRequestError` where nothing can be read, `RasterError` where the file cannot be written.
public func prepareMetadata(
    _ request: MetadataRequest,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
) async throws -> MetadataSummary {
    try await PreparedScenes(request, progress: progress).write(request)
}

extension PreparedScenes {
    /// Writes the documents of all scenes to the file that was asked for.
    func write(_ request: MetadataRequest) async throws -> MetadataSummary {
        let documents = try await SceneLineage(request.lineage).applied(to: scenes.flatMap(\.documents))
        if !documents.isEmpty {
            try AtomicFile.write(Data(YAMLText.write(documents: documents).utf8), to: request.outfile)
        }
        return MetadataSummary(
            outfile: request.outfile,
            scenes: scenes.map(\.path),
            documents: documents.count,
            failures: failures,
            unknown: unknown
        )
    }
}

/// Scenes and their documents, before they are written or indexed.
struct PreparedScenes: Sendable {
    struct Scene: Sendable {
        let path: String
        let documents: [DocumentValue]
    }

    private(set) var scenes: [Scene] = []
    private(set) var failures: [MetadataSummary.Failure] = []
    private(set) var unknown: [String] = []

    init(
        _ request: MetadataRequest,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws {
        let findings = try Self.find(request)
        self.init(findings, try await Self.describe(findings.scenes, request, progress: progress), request)
    }

    /// - `outcomes`: Of the scenes, in their order.
    init(
        _ findings: SceneSearch.Findings,
        _ outcomes: [Result<[DocumentValue], SceneFailure>],
        _ request: MetadataRequest
    ) {
        var seen: [String: String] = [:]
        for (scene, outcome) in zip(findings.scenes.map(\.path), outcomes) {
            switch outcome {
            case .failure(let reason):
                failures.append(.init(scene: scene, reason: reason.text))
            case .success(let documents):
                let ids = documents.compactMap { $0["id"]?.string }
                if let other = ids.lazy.compactMap({ seen[$0] }).first {
                    let reason = "has the same id as '\(other)': keep one of the two copies."
                    failures.append(.init(scene: scene, reason: reason))
                    continue
                }
                for id in ids { seen[id] = scene }
                scenes.append(Scene(path: scene, documents: documents))
            }
        }
        if let dataset = request.dataset, let reader = SceneReaders.reader(named: dataset) {
            for other in findings.others {
                failures.append(
                    .init(scene: other, reason: "'\(other)' is no scene of \(reader.name): that is \(reader.layout).")
                )
            }
        } else {
            unknown = findings.others
        }
    }

    private static func reader(_ name: String?) throws -> (any SceneReader)? {
        guard let name else { return nil }
        if let reader = SceneReaders.reader(named: name) { return reader }
        let known = SceneReaders.all.map(\.name)
        let near = nearest(to: name, in: known).map { " Did you mean '\($0)'?" } ?? ""
        throw MetadataRequestError(
            .usage,
            "unknown dataset name '\(name)'.\(near) Known: \(known.joined(separator: ", "))."
        )
    }

    static func find(_ request: MetadataRequest) throws -> SceneSearch.Findings {
        let reader = try reader(request.dataset)
        let pattern: Regex<AnyRegexOutput>?
        do {
            pattern = try request.pattern.map { try Regex($0) }
        } catch {
            throw MetadataRequestError(.usage, "'\(request.pattern ?? "")' is no regular expression: \(error).")
        }
        let search = SceneSearch(reader: reader, options: request.options, pattern: pattern)
        var all = SceneSearch.Findings()
        for path in request.paths {
            let name = ObjectStore.openable(path)
            let root = name.hasPrefix("/vsi") ? name : URL(fileURLWithPath: path).standardizedFileURL.path
            do {
                try VirtualFolder.preload(root)
            } catch {
                throw MetadataRequestError(.noInput, "\(error)")
            }
            guard VirtualFolder.kind(root) != nil else {
                throw MetadataRequestError(
                    .noInput,
                    "'\(path)' does not exist. Give the folder of the scenes by --path."
                )
            }
            let found = search.scenes(at: root)
            guard !found.scenes.isEmpty || !found.others.isEmpty else {
                let filter = request.pattern.map { " whose name matches '\($0)'" } ?? ""
                let hint = reader.map { "A scene is \($0.layout)." } ?? "Name its kind by --dataset_name."
                throw MetadataRequestError(.noInput, "'\(root)' holds no folder\(filter), and is no scene. \(hint)")
            }
            all.scenes += found.scenes
            all.others += found.others
        }
        return all
    }

    /// Reads the scenes, a few at once, and returns the outcomes in their order.
    private static func describe(
        _ scenes: [FoundScene],
        _ request: MetadataRequest,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws -> [Result<[DocumentValue], SceneFailure>] {
        let width = max(request.parallel ?? ProcessInfo.processInfo.activeProcessorCount, 1)
        // A task for each scene would cost more than some scenes.
        let share = max(1, min(16, scenes.count / (width * 4)))
        return try await withThrowingTaskGroup(of: (Int, [Result<[DocumentValue], SceneFailure>]).self) { group in
            var outcomes = [Result<[DocumentValue], SceneFailure>?](repeating: nil, count: scenes.count)
            var (next, done) = (0, 0)
            func start() {
                guard next < scenes.count else { return }
                let (first, part) = (next, scenes[next..<min(next + share, scenes.count)])
                next += part.count
                group.addTask { (first, part.map { outcome(of: $0, request) }) }
            }
            for _ in 0..<width { start() }
            while let (first, results) = try await group.next() {
                for (offset, result) in results.enumerated() { outcomes[first + offset] = result }
                done += results.count
                progress(done, scenes.count)
                try Task.checkCancellation()
                start()
            }
            return outcomes.compactMap { $0 }
        }
    }

    static func outcome(of scene: FoundScene, _ request: MetadataRequest) -> Result<[DocumentValue], SceneFailure> {
        do {
            let documents = try scene.reader.prepare(scene.path, options: request.options).map(portable)
            guard request.layout == .eo else { return .success(documents) }
            return .success(
                try documents.map {
                    try LegacyLayout.document($0, signature: scene.reader.legacySignature(of: $0))
                }
            )
        } catch {
            return .failure(SceneFailure(text: String(describing: error)))
        }
    }

    /// Files in buckets by their URLs, which other programs understand too.
    private static func portable(_ document: DocumentValue) -> DocumentValue {
        guard case .object(var root) = document else { return document }
        for key in ["measurements", "accessories"] {
            guard let entries = root[key]?.object else { continue }
            let moved = entries.map { entry -> (key: String, value: DocumentValue) in
                guard case .object(var place) = entry.value, let path = place["path"]?.string,
                    let url = ObjectStore.url(path)
                else { return (entry.key, entry.value) }
                place["path"] = .string(url)
                return (entry.key, .object(place))
            }
            root[key] = .object(DocumentObject(moved))
        }
        return .object(root)
    }
}
