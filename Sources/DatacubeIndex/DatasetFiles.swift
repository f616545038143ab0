public import Documents
import Foundation
import Raster

/// Finding and reading the dataset documents that a path given to `dataset add` means.
public enum DatasetFiles {
    private static let endings = ["yaml", "yml", "json"].flatMap { [$0, $0 + ".gz"] }

    /// What a document's own name ends with; `.nc` files hold documents in their variable `dataset`.
    private static let readable = endings + ["geojson", "geojson.gz", "nc"]

    /// The documents of a path: a document file, a folder with `agdc-metadata.yaml`, or data with `<name>.agdc-md.yaml`.
    ///
    /// URLs of http, https, ftp and s3, and GDAL's names (`/vsi…`), are read as they are.
    /// - Throws: `DocumentError` that says what was looked for.
    public static func candidates(at path: String) throws(DocumentError) -> [DatasetCandidate] {
        let path = path.hasPrefix("file://") ? Dataset.openable(path) : path
        guard !isRemote(path) else { return numbered(try read(path), at: path) }
        let file = URL(fileURLWithPath: try metadataFile(for: path)).standardizedFileURL.path
        return numbered(try read(file), at: uri(ofFile: file))
    }

    private static func isRemote(_ path: String) -> Bool { path.contains("://") || path.hasPrefix("/vsi") }

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

    /// The documents of a YAML or JSON file, packed by gzip or not, on this machine or at a URL; or of a netCDF file.
    public static func read(_ file: String) throws(DocumentError) -> [SourceDocument] {
        var name = String(file.prefix { $0 != "?" && $0 != "#" }).lowercased()
        if !isRemote(file) { name = file.lowercased() }
        let isPacked = name.hasSuffix(".gz")
        if isPacked { name.removeLast(3) }
        if name.hasSuffix(".nc"), !isPacked { return try readNetCDF(file) }
        let isJSON = name.hasSuffix(".json") || name.hasSuffix(".geojson")
        if !isPacked, !isRemote(file), !isJSON { return try YAML.parse(file: file) }
        let text = try text(of: file, isPacked: isPacked)
        guard isJSON else { return try YAML.parse(text, origin: file) }
        return [SourceDocument(origin: file, value: try JSONText.parse(text, origin: file))]
    }

    /// More than any document has; a packed file may grow a thousandfold.
    private static let longest = 1 << 28

    private static func text(of file: String, isPacked: Bool) throws(DocumentError) -> String {
        let data: Data?
        if isPacked || isRemote(file) {
            let opened = isRemote(file) ? Dataset.openable(file) : file
            do {
                data = try VirtualFile.read(isPacked ? "/vsigzip/\(opened)" : opened, limit: longest)
            } catch {
                throw DocumentError(origin: file, reason: "cannot be read: \(error)")
            }
        } else {
            data = FileManager.default.contents(atPath: file)
        }
        guard let data else { throw DocumentError(origin: file, reason: "cannot be read") }
        guard let text = String(data: data, encoding: .utf8) else {
            throw DocumentError(origin: file, reason: "is not UTF-8 text")
        }
        return text
    }

    /// The documents that a file of tiles holds, one for each time.
    private static func readNetCDF(_ file: String) throws(DocumentError) -> [SourceDocument] {
        guard !isRemote(file) else {
            throw DocumentError(
                origin: file,
                reason: "documents within netCDF files are read on this machine only",
                hint: "Fetch the file, or name its document."
            )
        }
        let texts: [String]?
        do {
            texts = try NetCDFFile(opening: file).texts(of: "dataset")
        } catch {
            throw DocumentError(origin: file, reason: "cannot be read: \(error)")
        }
        guard let texts else {
            throw DocumentError(
                origin: file,
                reason: "has no variable 'dataset' with documents",
                hint: "Write a document beside it, \(file).agdc-md.yaml."
            )
        }
        var documents: [SourceDocument] = []
        for (index, text) in texts.enumerated() {
            guard let value = try YAML.parse(text, origin: "\(file)#part=\(index)").first else { continue }
            documents.append(value.numbered(index))
        }
        return documents
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
        let stem = isDirectory.boolValue ? "\(path)/agdc-metadata" : "\(path).agdc-md"
        if !isDirectory.boolValue, readable.contains(where: { name.hasSuffix(".\($0)") }) { return path }
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
