public import DatacubeIndex
public import Documents
import Foundation
public import Ingest
import Raster

/// What `antares index` did.
public struct SceneIndexingSummary: Sendable {
    public let scenes: MetadataSummary
    /// Products that were missing and were added, by name.
    public let products: [String]
    /// What became of each dataset.
    public let results: [AddResult]
}

/// Describes scenes and puts them into the index, with the products that are missing.
///
/// - Parameters:
///   - request: What to read; its outfile is not used.
///   - index: Where the datasets go.
///   - templates: Folders with product definitions, the first ones win.
///   - options: How datasets are added.
///   - objection: Why a dataset may not be added; nil for one that may.
///   - progress: Called after each scene with the number of scenes done and of all.
/// - Returns: What was added and what was left out.
/// - Throws: `MetadataRequestError` where nothing can be read, `IndexError` and `PostgresError` of the index.
public func indexScenes(
    _ request: MetadataRequest,
    into index: Index,
    templates: [String],
    options: AddOptions = AddOptions(),
    objection: (DatasetCandidate) -> DocumentError? = { _ in nil },
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
) async throws -> SceneIndexingSummary {
    var request = request
    request.layout = .eo3
    let known = try await index.products()
    request.options.products = known
    let prepared = try await PreparedScenes(request, progress: progress)
    var added: [String] = []
    if !options.isDryRun {
        let names = Set(known.map(\.name))
        for name in Set(prepared.scenes.flatMap(\.documents).compactMap { $0.at("product", "name")?.string }).sorted()
        where !names.contains(name) {
            let sample = prepared.scenes.lazy.flatMap(\.documents).first { $0.at("product", "name")?.string == name }
            guard let sample else { continue }
            let definition = try ProductTemplates.definition(of: name, in: templates, sample, request.options)
            _ = try await index.addProduct(definition)
            added.append(name)
        }
    }
    var results: [AddResult] = []
    let places = prepared.scenes.flatMap { scene in scene.documents.map { _ in scene.path } }
    let lineage = SceneLineage(request.lineage) { sources in
        Set(try await index.datasets(ids: Array(sources)).map(\.id))
    }
    let ordered = try await lineage.order(prepared.scenes.flatMap(\.documents))
    var candidates: [DatasetCandidate] = []
    for (number, document) in ordered {
        let origin = SourceDocument(origin: places[number], value: document)
        let candidate = DatasetCandidate(document: origin, location: location(of: places[number]))
        if let error = objection(candidate) {
            results.append(AddResult(places[number], .unreadable(error)))
        } else {
            candidates.append(candidate)
        }
    }
    for start in stride(from: 0, to: candidates.count, by: 2000) {
        let part = Array(candidates[start..<min(start + 2000, candidates.count)])
        results += try await index.addDatasets(part, options: options)
    }
    let summary = MetadataSummary(
        outfile: "",
        scenes: prepared.scenes.map(\.path),
        documents: ordered.count,
        failures: prepared.failures,
        unknown: prepared.unknown
    )
    return SceneIndexingSummary(scenes: summary, products: added, results: results)
}

/// The URI of a scene; of one in an archive that of the archive.
private func location(of path: String) -> String {
    if let url = ObjectStore.url(path) { return url }
    guard path.hasPrefix("/vsi") else { return DatasetFiles.uri(ofFile: path) }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2)
    var archive = ""
    for part in parts {
        archive += archive.isEmpty && part.isEmpty ? "" : "/\(part)"
        if !archive.isEmpty, VirtualFolder.kind(archive) == .file {
            return ObjectStore.url(archive) ?? DatasetFiles.uri(ofFile: archive)
        }
    }
    return path
}

/// Product definitions for datasets that have none yet.
public enum ProductTemplates {
    /// The definition of a name from folders of templates, else one made from a dataset's files.
    public static func definition(
        of name: String,
        in folders: [String],
        _ sample: DocumentValue,
        _ options: SceneOptions
    ) throws -> SourceDocument {
        try definition(of: name, in: folders)
            ?? SourceDocument(
                origin: "product \(name)",
                value: try ProductDraft.definition(for: sample, nodata: options.nodata)
            )
    }

    /// The definition of a name from folders of templates, nil where there is none.
    public static func definition(of name: String, in folders: [String]) -> SourceDocument? {
        for folder in folders {
            for file in VirtualFolder.names(folder) ?? []
            where file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
                let found = try? YAML.parse(file: "\(folder)/\(file)").first { $0.value["name"]?.string == name }
                if let found { return found }
            }
        }
        return nil
    }
}
