import Foundation

/// Looking for files below a scene's folder.
struct SceneFolder: Sendable {
    let path: String

    init(_ path: String) { self.path = path }

    /// The names in a folder below this one, sorted; empty where there is no such folder.
    ///
    /// Hidden names are left out.
    func names(in subfolder: String = "") -> [String] {
        let folder = subfolder.isEmpty ? path : "\(path)/\(subfolder)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

    /// The text of a file, or an error that says which one is missing.
    func text(_ name: String, hint: String) throws -> String {
        let file = "\(path)/\(name)"
        guard has(name) else { throw SceneError(file, "is missing", hint: hint) }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw SceneError(file, "cannot be read", hint: "Check the rights of the file.")
        }
        guard let text = String(data: data, encoding: .utf8) ?? String(data: data, encoding: .isoLatin1) else {
            throw SceneError(file, "is no text", hint: hint)
        }
        return text
    }
}

/// The absolute path without `.`, `..` and doubled slashes.
func absolutePath(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
