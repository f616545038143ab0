import CGDAL
import Foundation
import Glibc

/// Folders and files by the names that GDAL gives them: plain paths, and what lies in archives and object stores.
public enum VirtualFolder {
    public enum Kind: Sendable { case file, folder }

    /// The kind of what lies at a path, nil where nothing does.
    public static func kind(_ path: String) -> Kind? {
        guard path.hasPrefix("/vsi") else {
            // Not by `stat`: which module its structure belongs to depends on how the package is built.
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return nil }
            return isFolder.boolValue ? .folder : .file
        }
        if let known = StoreListing.covering(path) { return known.kind(path) }
        _ = configureStores
        let (found, _) = withCPLMessages { antares_vsi_kind(path) }
        return found == 0 ? nil : found == 2 ? .folder : .file
    }

    /// The names in a folder, sorted, nil where it cannot be listed; names that lead out of it are left out.
    ///
    /// - `limit`: How many names at most; an archive that claims more is refused by an empty answer.
    public static func names(_ folder: String, limit: Int32 = 1_000_000) -> [String]? {
        guard folder.hasPrefix("/vsi") else {
            return stored(folder)?.sorted()
        }
        if let known = StoreListing.covering(folder) { return known.names(folder) }
        return withCPLMessages { list(folder, limit: limit) }.value
    }

    /// The names in a folder of this machine; nil where it cannot be read.
    private static func stored(_ folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The names that GDAL lists.
    static func list(_ folder: String, limit: Int32) -> [String]? {
        _ = configureStores
        guard let list = VSIReadDirEx(folder, limit) else { return nil }
        defer { CSLDestroy(list) }
        var names: [String] = []
        var place = list
        while let name = place.pointee {
            let text = String(cString: name)
            let trimmed = text.hasSuffix("/") ? String(text.dropLast()) : text
            if !trimmed.isEmpty, trimmed != ".", trimmed != "..", !trimmed.contains("/") { names.append(trimmed) }
            place += 1
        }
        return names.sorted()
    }
}

/// Bytes of a file at any place, by GDAL's virtual file systems.
public struct VirtualBytes: ~Copyable {
    private let handle: UnsafeMutablePointer<VSILFILE>
    public let size: UInt64

    /// Nil where the file cannot be opened.
    public init?(_ path: String) {
        _ = configureStores
        let (opened, _) = withCPLMessages { VSIFOpenExL(path, "rb", 1) }
        guard let opened else { return nil }
        handle = opened
        VSIFSeekL(opened, 0, SEEK_END)
        size = VSIFTellL(opened)
    }

    deinit { VSIFCloseL(handle) }

    /// As many of `count` bytes from `offset` on as there are.
    public func bytes(at offset: UInt64, count: Int) -> [UInt8] {
        guard VSIFSeekL(handle, offset, SEEK_SET) == 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        let (read, _) = withCPLMessages { VSIFReadL(&bytes, 1, count, handle) }
        return Array(bytes.prefix(read))
    }
}

/// A file at any place, read once from its beginning: packed ones (`/vsigzip/…`) are unpacked on the way.
public struct VirtualStream: ~Copyable {
    private let handle: UnsafeMutablePointer<VSILFILE>

    /// Nil where the file cannot be opened.
    public init?(_ path: String) {
        _ = configureStores
        let (opened, _) = withCPLMessages { VSIFOpenExL(path, "rb", 1) }
        guard let opened else { return nil }
        handle = opened
    }

    deinit { VSIFCloseL(handle) }

    /// The next bytes, at most `count`; empty at the end.
    public func read(_ count: Int) throws(RasterError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let (read, failures) = withCPLMessages { VSIFReadL(&bytes, 1, count, handle) }
        guard failures.isEmpty else { throw RasterError(.readFailed, "packed file", failures) }
        bytes.removeLast(count - read)
        return bytes
    }
}
