import Foundation

/// Reading YAML by the rules of PyYAML (YAML 1.1), by which the Open Data Cube reads its documents.
///
/// `yes` is true, `010` is 8, `12:30:45` is 45045, `1e3` is text and timestamps stay text.
/// Keys become strings by Python's spelling; of several equal keys the last wins; merge keys are resolved.
public enum YAML {
    /// All documents of a text; empty documents are left out.
    ///
    /// - `origin`: What messages call the text, usually the file's path.
    public static func parse(_ text: String, origin: String) throws(DocumentError) -> [SourceDocument] {
        var composer = YAMLComposer(text, origin: origin)
        var documents: [SourceDocument] = []
        var index = 0
        while let value = try composer.nextDocument() {
            if value != .null {
                documents.append(SourceDocument(origin: origin, text: text, part: index, value: value))
            }
            index += 1
        }
        return documents
    }

    /// All documents of a YAML file.
    public static func parse(file path: String) throws(DocumentError) -> [SourceDocument] {
        try parse(try readText(path), origin: path)
    }

    /// The text of a UTF-8 file.
    static func readText(_ path: String) throws(DocumentError) -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            var isDirectory: ObjCBool = false
            let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
            let reason =
                isDirectory.boolValue ? "is a folder, not a file" : exists ? "cannot be read" : "does not exist"
            throw DocumentError(origin: path, reason: reason)
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw DocumentError(origin: path, reason: "is not UTF-8 text")
        }
        return text
    }

    /// The line of the value at the end of `path`, or of the deepest one on the way.
    static func line(of path: [PathStep], part: Int, in text: String) -> Int? {
        var lines: [[PathStep]: Int] = [:]
        var composer = YAMLComposer(text, origin: "") { lines[$0] = $1 }
        for _ in 0...part {
            lines = [:]
            guard (try? composer.nextDocument()) != nil else { break }
        }
        return (0...path.count).reversed().lazy.compactMap { lines[Array(path.prefix($0))] }.first
    }
}
