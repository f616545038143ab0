import Foundation
import Raster

/// Looking for files below a scene's folder, which may lie in an archive (`/vsizip/…`, `/vsitar/…`).
struct SceneFolder: Sendable {
    let path: String

    init(_ path: String) { self.path = path }

    /// The names in a folder below this one, sorted; empty where there is no such folder.
    ///
    /// Hidden names are left out.
    func names(in subfolder: String = "") -> [String] {
        let folder = subfolder.isEmpty ? path : "\(path)/\(subfolder)"
        return (VirtualFolder.names(folder) ?? []).filter { !$0.hasPrefix(".") }
    }

    func has(_ name: String) -> Bool { VirtualFolder.kind("\(path)/\(name)") != nil }

    /// The path of a file whose name the scene's own metadata give, which must not lead out of the folder.
    ///
    /// - `source`: The metadata file, for the message.
    func path(of name: String, named source: String) throws -> String {
        guard !name.isEmpty, !name.contains("/"), !name.contains("\\"), name != "..", !name.contains("\0") else {
            throw SceneError(
                source,
                "names the file '\(name.prefix(80))', which is no plain name",
                hint: "Do not trust it: fetch it again from its source."
            )
        }
        return "\(path)/\(name)"
    }

    /// The text of a file, or an error that says which one is missing.
    func text(_ name: String, hint: String) throws -> String {
        let file = "\(path)/\(name)"
        guard let data = try SceneFile.contents(file, limit: XMLMetadata.longest) else {
            throw SceneError(file, has(name) ? "cannot be read" : "is missing", hint: hint)
        }
        return try SceneFile.text(data, file, hint: hint)
    }
}

/// Reading whole files of metadata.
enum SceneFile {
    /// All bytes of a file; nil where it cannot be opened.
    ///
    /// - Throws: `SceneError` where it is longer than any metadata.
    static func contents(_ path: String, limit: Int) throws -> Data? {
        let tooLong = SceneError(
            path,
            "has more than \(limit >> 20) MB, which no metadata have",
            hint: "Is it the right file? Fetch it again."
        )
        guard path.hasPrefix("/vsi") else {
            guard let file = fopen(path, "rb") else { return nil }
            defer { fclose(file) }
            // What is no plain file tells no size; folders cannot be read, and tell an endless one.
            let end = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0
            rewind(file)
            let size = (0...limit).contains(end) ? end : 0
            var data = Data(count: min(size, limit) + 1)
            var length = 0
            while true {
                let room = data.count - length
                let count = data.withUnsafeMutableBytes { fread($0.baseAddress.map { $0 + length }, 1, room, file) }
                length += count
                if length > limit { throw tooLong }
                if count < room { return data.prefix(length) }
                data.append(Data(count: min(data.count, limit + 1 - data.count)))
            }
        }
        guard VirtualFolder.kind(path) == .file else { return nil }
        do {
            return try VirtualFile.read(path, limit: limit)
        } catch {
            if ObjectStore.url(path) == nil { throw tooLong }
            throw SceneError(path, "cannot be read (\(error.messages.joined(separator: "; ")))", hint: error.hint ?? "")
        }
    }

    /// A file's bytes as text, in UTF-8, in UTF-16 with its mark, or else in Latin 1.
    static func text(_ data: Data, _ path: String, hint: String) throws -> String {
        let isWide = data.starts(with: [0xFF, 0xFE]) || data.starts(with: [0xFE, 0xFF])
        let text =
            isWide
            ? String(data: data, encoding: .utf16)
            : String(data: data, encoding: .utf8) ?? String(data: data, encoding: .isoLatin1)
        guard let text else { throw SceneError(path, "is no text", hint: hint) }
        return text
    }
}

/// The absolute path without `.`, `..` and doubled slashes; names of GDAL's file systems are left as they are.
func absolutePath(_ path: String) -> String {
    path.hasPrefix("/vsi") ? path : URL(fileURLWithPath: path).standardizedFileURL.path
}
