import Foundation

/// Files on a shared file system: complete under their name or not there, and still there after a power cut.
///
/// NFS promises that who opens a file after its writer closed it sees all of it, and that a rename is one step; nothing
/// here needs more, no locks above all.
enum DurableFile {
    /// Writes beside `path`, syncs the file, renames it, and syncs the folder.
    ///
    /// - Throws: `ClusterError` with what the system says.
    static func write(_ data: Data, to path: String) throws {
        let temporary = "\(path).\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...UInt32.max)).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw ClusterError.system(.cannotWrite, path, errno) }
        var code: Int32 = 0
        data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count, code == 0 {
                let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count > 0 { done += count } else if errno != EINTR { code = errno }
            }
        }
        if code == 0, fsync(descriptor) != 0 { code = errno }
        if close(descriptor) != 0, code == 0 { code = errno }
        if code == 0, rename(temporary, path) != 0 { code = errno }
        guard code == 0 else {
            unlink(temporary)
            throw ClusterError.system(.cannotWrite, path, code)
        }
        try sync(folderOf: path)
    }

    /// Moves a complete file to its name; what has that name is replaced.
    static func publish(_ temporary: String, as path: String) throws {
        let descriptor = open(temporary, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ClusterError.system(.cannotRead, temporary, errno) }
        let synced = fsync(descriptor)
        let code = errno
        close(descriptor)
        guard synced == 0 else { throw ClusterError.system(.cannotWrite, temporary, code) }
        guard rename(temporary, path) == 0 else { throw ClusterError.system(.cannotWrite, path, errno) }
        try sync(folderOf: path)
    }

    private static func sync(folderOf path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ClusterError.system(.cannotWrite, folder, errno) }
        defer { close(descriptor) }
        // Some network file systems refuse to sync a folder, and then have done it with the rename.
        guard fsync(descriptor) == 0 || errno == EINVAL || errno == EBADF else {
            throw ClusterError.system(.cannotWrite, folder, errno)
        }
    }

    /// The whole file; nil where there is none.
    static func read(_ path: String) throws -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw ClusterError.system(.cannotRead, path, errno)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            return try file.readToEnd() ?? Data()
        } catch {
            throw ClusterError(.cannotRead, path, reason: "\(error)")
        }
    }

    static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw ClusterError(
                .cannotWrite,
                path,
                reason: error.localizedDescription,
                hint: "Check that the shared folder is mounted and yours to write."
            )
        }
    }

    /// The names in a folder; opening it anew makes a network file system ask its server.
    static func names(in path: String) throws -> [String] {
        guard let folder = opendir(path) else { throw ClusterError.system(.cannotRead, path, errno) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
