import Checksums
public import Foundation

/// What is filled into templates.
public struct TemplateValues: Sendable {
    public let ingestionPath: String
    public let bucket: String
    public let driver: String

    public init(ingestionPath: String, bucket: String, driver: String) {
        (self.ingestionPath, self.bucket, self.driver) = (ingestionPath, bucket, driver)
    }

    /// The template with `{{ingestion_path}}`, `{{bucket}}` and `{{driver}}` filled in.
    public func render(_ template: String) -> String {
        let values = ["ingestion_path": ingestionPath, "bucket": bucket, "driver": driver]
        return template.replacing(#/\{\{\s*(\w+)\s*\}\}/#) { match in
            values[String(match.1)] ?? String(match.0)
        }
    }
}

/// Writes the product, ingestion and recipe documents to a user's folder and never over what the user changed.
///
/// What was written is recorded with its SHA-256 in `.written.json`; a file that is neither that nor the new text was
/// changed by the user, and the new text is put beside it as `<file>.new`.
public struct TemplateInstaller: Sendable {
    /// What became of the documents; paths relative to the folder.
    public struct Summary: Sendable, Encodable, Equatable {
        public internal(set) var written: [String] = []
        public internal(set) var unchanged: [String] = []
        /// Changed by the user and kept; the new text lies beside each as `.new`.
        public internal(set) var kept: [String] = []

        /// Nothing done.
        public init() {}
    }

    private let templates: URL
    private let folder: URL

    /// - Parameters:
    ///   - templates: The folder with `indexing`, `ingestion` and `recipes`.
    ///   - folder: `~/.config/madmex`.
    public init(templates: URL, folder: URL) { (self.templates, self.folder) = (templates, folder) }

    public func install(_ values: TemplateValues) throws -> Summary {
        let record = folder.appending(path: ".written.json")
        var written = (try? JSONDecoder().decode([String: String].self, from: Data(contentsOf: record))) ?? [:]
        var summary = Summary()
        for kind in ["indexing", "ingestion", "recipes"] {
            try wrapping(folder.appending(path: kind)) {
                try FileManager.default.createDirectory(at: $0, withIntermediateDirectories: true)
            }
            let source = templates.appending(path: kind)
            for name in try FileManager.default.contentsOfDirectory(atPath: source.path).sorted() {
                guard name.hasSuffix(".yaml") || name.hasSuffix(".yml") else { continue }
                let path = "\(kind)/\(name)"
                let text = values.render(try String(contentsOf: source.appending(path: name), encoding: .utf8))
                try install(text, at: path, &written, &summary)
            }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(written)
        try wrapping(record) { try data.write(to: $0, options: .atomic) }
        return summary
    }

    private func install(
        _ text: String,
        at path: String,
        _ written: inout [String: String],
        _ summary: inout Summary
    ) throws {
        let target = folder.appending(path: path)
        let data = Data(text.utf8)
        let current = try? Data(contentsOf: target)
        if current == data {
            written[path] = data.sha256
            summary.unchanged.append(path)
        } else if let current, written[path] != current.sha256 {
            try wrapping(target.appendingPathExtension("new")) { try data.write(to: $0, options: .atomic) }
            summary.kept.append(path)
        } else {
            try wrapping(target) { try data.write(to: $0, options: .atomic) }
            written[path] = data.sha256
            summary.written.append(path)
        }
    }

    private func wrapping(_ target: URL, _ body: (URL) throws -> Void) throws {
        do {
            try body(target)
        } catch {
            throw InitError(
                .unwritable,
                target.path,
                error.localizedDescription,
                hint: "Check the permissions and the free space, or leave this out by --no-conf-setup."
            )
        }
    }
}
