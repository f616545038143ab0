import Documents
import Foundation
public import Ingest
import Raster

/// What `prepare_metadata` is asked to do.
public struct MetadataRequest: Sendable {
    /// A folder of scenes, or one scene.
    public var path: String
    /// The dataset name of a reader, as `s2_l2a_20m`.
    public var dataset: String
    /// The YAML file to write.
    public var outfile: String
    /// Only folders whose name this regular expression finds; nil means all.
    public var pattern: String?
    /// Scenes read at once; nil means one a core.
    public var parallel: Int?
    public var identity: SceneIdentity

    public init(
        path: String,
        dataset: String,
        outfile: String,
        pattern: String? = nil,
        parallel: Int? = nil,
        identity: SceneIdentity = .scene
    ) {
        (self.path, self.dataset, self.outfile) = (path, dataset, outfile)
        (self.pattern, self.parallel, self.identity) = (pattern, parallel, identity)
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
    public let failures: [Failure]
}

/// A request that cannot be carried out at all.
public struct MetadataRequestError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: Sendable { case usage, noInput }
    public let kind: Kind
    public let description: String

    init(_ kind: Kind, _ description: String) { (self.kind, self.description) = (kind, description) }
}

/// Describes every scene below a folder in one multi-document YAML file.
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
    guard let reader = SceneReaders.reader(named: request.dataset) else {
        let known = SceneReaders.all.map(\.name)
        let near = nearest(to: request.dataset, in: known).map { " Did you mean '\($0)'?" } ?? ""
        throw MetadataRequestError(
            .usage,
            "unknown dataset name '\(request.dataset)'.\(near) Known: \(known.joined(separator: ", "))."
        )
    }
    let scenes = try sceneFolders(request, reader: reader)
    let outcomes = try await describe(scenes, with: reader, request, progress: progress)
    var documents: [DocumentValue] = []
    var (written, failures): ([String], [MetadataSummary.Failure]) = ([], [])
    var seen: [String: String] = [:]
    for (scene, outcome) in zip(scenes, outcomes) {
        switch outcome {
        case .failure(let reason):
            failures.append(.init(scene: scene, reason: reason.text))
        case .success(let document):
            let id = document["id"]?.string ?? ""
            if let other = seen[id] {
                failures.append(
                    .init(scene: scene, reason: "has the same id as '\(other)': keep one of the two copies.")
                )
                continue
            }
            seen[id] = scene
            documents.append(document)
            written.append(scene)
        }
    }
    if !documents.isEmpty {
        try AtomicFile.write(Data(YAMLText.write(documents: documents).utf8), to: request.outfile)
    }
    return MetadataSummary(outfile: request.outfile, scenes: written, failures: failures)
}

/// The scene itself, or the sub-folders of a folder of scenes; by name.
private func sceneFolders(_ request: MetadataRequest, reader: any SceneReader) throws -> [String] {
    let root = URL(fileURLWithPath: request.path).standardizedFileURL.path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder) else {
        throw MetadataRequestError(
            .noInput,
            "'\(request.path)' does not exist. Give the folder of the scenes by --path."
        )
    }
    guard isFolder.boolValue else {
        throw MetadataRequestError(.noInput, "'\(request.path)' is a file. Give the folder of the scenes by --path.")
    }
    if reader.detect(root) { return [root] }
    let pattern: Regex<AnyRegexOutput>?
    do {
        pattern = try request.pattern.map { try Regex($0) }
    } catch {
        throw MetadataRequestError(.usage, "'\(request.pattern ?? "")' is no regular expression: \(error).")
    }
    let names: [String]
    do {
        names = try FileManager.default.contentsOfDirectory(atPath: root).sorted()
    } catch {
        throw MetadataRequestError(.noInput, "'\(root)' cannot be listed. Check the rights of the folder.")
    }
    let folders = names.filter { name in
        guard !name.hasPrefix("."), pattern.map({ name.contains($0) }) ?? true else { return false }
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder) && isFolder.boolValue
    }
    guard !folders.isEmpty else {
        let filter = request.pattern.map { " whose name matches '\($0)'" } ?? ""
        throw MetadataRequestError(.noInput, "'\(root)' holds no folder\(filter). A scene is \(reader.layout).")
    }
    return folders.map { "\(root)/\($0)" }
}

/// Why a scene was not described.
private struct Reason: Error { let text: String }

/// Reads the scenes, a few at once, and returns the outcomes in their order.
private func describe(
    _ scenes: [String],
    with reader: any SceneReader,
    _ request: MetadataRequest,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
) async throws -> [Result<DocumentValue, Reason>] {
    let identity = request.identity
    let width = max(request.parallel ?? ProcessInfo.processInfo.activeProcessorCount, 1)
    return try await withThrowingTaskGroup(of: (Int, Result<DocumentValue, Reason>).self) { group in
        var outcomes = [Result<DocumentValue, Reason>?](repeating: nil, count: scenes.count)
        var (next, done) = (0, 0)
        func start() {
            guard next < scenes.count else { return }
            let (index, scene) = (next, scenes[next])
            next += 1
            group.addTask { (index, outcome(of: scene, reader, identity)) }
        }
        for _ in 0..<width { start() }
        while let (index, outcome) = try await group.next() {
            outcomes[index] = outcome
            done += 1
            progress(done, scenes.count)
            try Task.checkCancellation()
            start()
        }
        return outcomes.compactMap { $0 }
    }
}

private func outcome(
    of scene: String,
    _ reader: any SceneReader,
    _ identity: SceneIdentity
) -> Result<DocumentValue, Reason> {
    do {
        guard reader.detect(scene) else {
            return .failure(Reason(text: "'\(scene)' is no scene of \(reader.name): that is \(reader.layout)."))
        }
        return .success(try reader.prepare(scene, identity: identity))
    } catch {
        return .failure(Reason(text: String(describing: error)))
    }
}
