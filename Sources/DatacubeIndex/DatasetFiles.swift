public import Documents
import Foundation
import Raster

/// Finding and reading the dataset documents that a path given to `dataset add` means.
public enum DatasetFiles {
    private static let endings = ["yaml", "yml", "json"].flatMap { [$0, $0 + ".gz"] }

    /// The documents of a path: a document file, a folder with `agdc-metadata.yaml`, or data with `<name>.agdc-md.yaml`.
    ///
    /// - Throws: `DocumentError` that says what was looked for.
    public static func candidates(at path: String) throws(DocumentError) -> [DatasetCandidate] {
        let path = path.hasPrefix("file://") ? Dataset.openable(path) : path
        guard !path.contains("://") else { return numbered(try read(path), at: path) }
        let file = URL(fileURLWithPath: try metadataFile(for: path)).standardizedFileURL.path
        return numbered(try read(file), at: uri(ofFile: file))
    }

    /// Parts of a file are numbered only where there are several.
    private static func numbered(_ documents: [SourceDocument], at uri: String) -> [DatasetCandidate] {
        documents.map { document in
            let part = documents.count > 1 ? "#part=\(document.part)" : ""
            return DatasetCandidate(document: document, location: uri + part)
        }
    }

    /// The documents of many paths in their order, read on all cores; each with the reason where it cannot be read.
    public static func candidates(at paths: [String]) -> [Result<[DatasetCandidate], DocumentError>] {
        paths.concurrentMap { path -> Result<[DatasetCandidate], DocumentError> in
            do throws(DocumentError) { return .success(try candidates(at: path)) } catch { return .failure(error) }
        }
    }

    /// The documents of a YAML or JSON file, packed by gzip or not, on this machine or at a URL.
    public static func read(_ file: String) throws(DocumentError) -> [SourceDocument] {
        var name = file.lowercased()
        let isPacked = name.hasSuffix(".gz")
        if isPacked { name.removeLast(3) }
        let isRemote = file.contains("://")
        if !isPacked, !isRemote, !name.hasSuffix(".json") { return try YAML.parse(file: file) }
        let data: Data?
        if isPacked || isRemote {
            let opened = isRemote ? Dataset.openable(file) : file
            do {
                data = try VirtualFile.read(isPacked ? "/vsigzip/\(opened)" : opened)
            } catch {
                throw DocumentError(origin: file, reason: "cannot be read: \(error)")
            }
        } else {
            data = FileManager.default.contents(atPath: file)
        }
        guard let text = data.flatMap({ String(data: $0, encoding: .utf8) }) else {
            throw DocumentError(origin: file, reason: "cannot be read")
        }
        guard name.hasSuffix(".json") else { return try YAML.parse(text, origin: file) }
        return [SourceDocument(origin: file, value: try JSONText.parse(text, origin: file))]
    }

    /// A path as a `file:` URI, as Python writes it.
    public static func uri(ofFile path: String) -> String {
        let safe = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~/")
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
        return "file://" + (absolute.addingPercentEncoding(withAllowedCharacters: safe) ?? absolute)
    }

    private static func metadataFile(for path: String) throws(DocumentError) -> String {
        let manager = FileManager.default
        var isDirectory: ObjCBool = false
        guard manager.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw DocumentError(origin: path, reason: "No such file or folder")
        }
        let name = path.lowercased()
        if !isDirectory.boolValue, endings.contains(where: { name.hasSuffix(".\($0)") }) { return path }
        let stem = isDirectory.boolValue ? "\(path)/agdc-metadata" : "\(path).agdc-md"
        let found = endings.map { "\(stem).\($0)" }.filter { manager.fileExists(atPath: $0) }
        switch found.count {
        case 1: return found[0]
        case 0:
            throw DocumentError(
                origin: path,
                reason: "No supported metadata docs found for dataset",
                hint: "Looked for \(stem).yaml; name the document itself if it is called otherwise."
            )
        default:
            throw DocumentError(
                origin: path,
                reason: "has several metadata documents: \(found.joined(separator: ", "))"
            )
        }
    }
}
