public import Documents
import Foundation

/// Finding and reading the dataset documents that a path given to `dataset add` means.
public enum DatasetFiles {
    private static let endings = ["yaml", "yml", "json"]

    /// The documents of a path: a document file, a folder with `agdc-metadata.yaml`, or data with `<name>.agdc-md.yaml`.
    ///
    /// - Throws: `DocumentError` that says what was looked for.
    public static func candidates(at path: String) throws(DocumentError) -> [DatasetCandidate] {
        let path = path.hasPrefix("file://") ? Dataset.openable(path) : path
        if path.contains("://") {
            throw DocumentError(
                origin: path,
                reason: "cannot be read over the network",
                hint: "Download the document, or mount the store."
            )
        }
        let file = URL(fileURLWithPath: try metadataFile(for: path)).standardizedFileURL.path
        let documents = try read(file)
        let uri = uri(ofFile: file)
        // Parts are numbered only where there are several.
        return documents.map { document in
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

    /// The documents of a YAML or JSON file.
    public static func read(_ file: String) throws(DocumentError) -> [SourceDocument] {
        guard (file as NSString).pathExtension.lowercased() == "json" else { return try YAML.parse(file: file) }
        guard let text = FileManager.default.contents(atPath: file).flatMap({ String(data: $0, encoding: .utf8) })
        else {
            throw DocumentError(origin: file, reason: "cannot be read")
        }
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
        if !isDirectory.boolValue, endings.contains((path as NSString).pathExtension.lowercased()) { return path }
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
