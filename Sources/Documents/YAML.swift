public import Foundation
import Yams

/// Reading YAML by the rules of PyYAML (YAML 1.1), by which the Open Data Cube reads its documents.
///
/// `yes` is true, `010` is 8, `12:30:45` is 45045, `1e3` is text and timestamps stay text.
/// Keys become strings by Python's spelling; of several equal keys the last wins; merge keys are resolved.
public enum YAML {
    /// All documents of a text; empty documents are left out.
    ///
    /// - Parameter origin: What messages call the text, usually the file's path.
    public static func parse(_ text: String, origin: String) throws(DocumentError) -> [SourceDocument] {
        do {
            let parser = try Parser(yaml: text)
            var documents: [SourceDocument] = []
            var index = 0
            while let root = try parser.nextRoot() {
                let value = resolve(root)
                if value != .null {
                    documents.append(SourceDocument(origin: origin, text: text, part: index, value: value))
                }
                index += 1
            }
            return documents
        } catch let error as YamlError {
            throw DocumentError(origin: origin, line: error.line, reason: "is no valid YAML: \(error.reason)")
        } catch {
            throw DocumentError(origin: origin, reason: "is no valid YAML: \(error)")
        }
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

    private static func resolve(_ node: Node) -> DocumentValue {
        switch node {
        case .scalar(let scalar):
            return resolve(scalar)
        case .sequence(let sequence):
            return .array(sequence.map(resolve))
        case .mapping(let mapping):
            var object = DocumentObject()
            for (key, value) in mapping where isMergeKey(key) {
                let merged = resolve(value)
                for part in merged.array ?? [merged] {
                    for entry in part.object ?? DocumentObject() where object[entry.key] == nil {
                        object[entry.key] = entry.value
                    }
                }
            }
            for (key, value) in mapping where !isMergeKey(key) { object[keyText(key)] = resolve(value) }
            return .object(object)
        case .alias:
            return .null
        }
    }

    private static func resolve(_ scalar: Node.Scalar) -> DocumentValue {
        let tag = Node.scalar(scalar).tag.rawValue
        if tag == "tag:yaml.org,2002:str" && scalar.style != .plain { return .string(scalar.string) }
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        return PlainScalar.resolve(scalar.string)
    }

    private static func isMergeKey(_ key: Node) -> Bool {
        guard case .scalar(let scalar) = key else { return false }
        return scalar.style == .plain && scalar.string == "<<"
    }

    private static func keyText(_ key: Node) -> String {
        switch resolve(key) {
        case .null: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .integer(let number): String(number)
        case .double(let number): JSONText.number(number)
        case .string(let text): text
        case .array, .object: key.scalar?.string ?? ""
        }
    }

    /// The line of the node at the end of `path`, or of the deepest one on the way.
    static func line(of path: [PathStep], part: Int, in text: String) -> Int? {
        guard let parser = try? Parser(yaml: text) else { return nil }
        var root: Node?
        for _ in 0...part { root = try? parser.nextRoot() }
        guard var node = root else { return nil }
        var line = node.mark?.line
        for step in path {
            switch (step, node) {
            case (.key(let key), .mapping(let mapping)):
                guard let entry = mapping.first(where: { keyText($0.key) == key }) else { return line }
                (line, node) = (entry.key.mark?.line ?? line, entry.value)
            case (.index(let index), .sequence(let sequence)):
                guard index < sequence.count else { return line }
                node = sequence[index]
                line = node.mark?.line ?? line
            default:
                return line
            }
        }
        return line
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        default: nil
        }
    }

    fileprivate var reason: String {
        switch self {
        case .scanner(let context, let problem, _, _), .parser(let context, let problem, _, _),
            .composer(let context, let problem, _, _):
            (context.map { "\($0.text), " } ?? "") + problem
        default: "\(self)"
        }
    }
}
