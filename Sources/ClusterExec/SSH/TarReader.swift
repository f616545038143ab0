import CArchive
import Foundation

/// Unpacks a stream of regular files into one folder; everything else in it is refused.
public struct TarReader: ~Copyable {
    private let archive: OpaquePointer
    private let skipsFolders: Bool
    private let folder: String
    private var rest: Int

    /// - Parameters:
    ///   - descriptor: Where the stream comes from.
    ///   - folder: Where it goes.
    ///   - limit: Bytes that may come in all.
    ///   - anyFormat: True for archives that people send: zip and tar, compressed or not, with entries for folders.
    /// - Throws: `ClusterError` where libarchive cannot begin.
    public init(descriptor: Int32, into folder: String, limit: Int = 1 << 40, anyFormat: Bool = false) throws {
        guard let archive = archive_read_new() else { throw ClusterError(.cannotStart, "libarchive") }
        archive_read_support_format_tar(archive)
        if anyFormat {
            archive_read_support_format_zip(archive)
            archive_read_support_filter_all(archive)
        }
        guard archive_read_open_fd(archive, descriptor, 1 << 16) == ARCHIVE_OK else {
            archive_read_free(archive)
            throw ClusterError(.badProtocol, "tar stream", reason: "it cannot be opened")
        }
        (self.archive, self.folder, rest, skipsFolders) = (archive, folder, limit, anyFormat)
    }

    deinit { archive_read_free(archive) }

    /// Unpacks the next file.
    ///
    /// - Parameter accepts: Says whether a name, which is checked already, belongs here.
    /// - Returns: Its name; nil at the end of the stream.
    /// - Throws: `ClusterError` for a name that leads out of the folder, a link, a device, too many bytes, a short
    ///   stream, or a file that cannot be written.
    public mutating func next(accepting accepts: (String) -> Bool = { _ in true }) throws -> String? {
        var entry: OpaquePointer?
        repeat {
            let answer = archive_read_next_header(archive, &entry)
            if answer == ARCHIVE_EOF { return nil }
            // A warning is about what is not read here, as owners.
            guard answer == ARCHIVE_OK || (skipsFolders && answer == ARCHIVE_WARN) else { throw failure() }
        } while skipsFolders && entry.map { archive_entry_filetype($0) == 0o040000 } ?? false
        guard let entry else { throw failure() }
        guard let text = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry) else {
            throw ClusterError(.unsafeName, "", reason: "a file without a name")
        }
        var name = String(cString: text)
        if skipsFolders { while name.hasPrefix("./") { name.removeFirst(2) } }
        try Self.check(name)
        // AE_IFREG; hard links have it too.
        guard archive_entry_filetype(entry) == 0o100000, archive_entry_hardlink(entry) == nil,
            archive_entry_symlink(entry) == nil
        else { throw ClusterError(.unsafeName, name, reason: "it is no regular file") }
        guard accepts(name) else { throw ClusterError(.unsafeName, name, reason: "it is not among what is expected") }
        let path = "\(folder)/\(name)"
        try DurableFile.makeFolder((path as NSString).deletingLastPathComponent)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw ClusterError.system(.cannotWrite, path, errno) }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        while true {
            let count = archive_read_data(archive, &buffer, buffer.count)
            if count == 0 { return name }
            guard count > 0 else { throw failure() }
            rest -= count
            guard rest >= 0 else { throw ClusterError(.unsafeName, name, reason: "the stream is too long") }
            var done = 0
            while done < count {
                let written = buffer.withUnsafeBytes { write(file, $0.baseAddress?.advanced(by: done), count - done) }
                guard written > 0 else { throw ClusterError.system(.cannotWrite, path, errno) }
                done += written
            }
        }
    }

    /// A name stays below the folder whatever the folder is.
    ///
    /// - Throws: `ClusterError` for an absolute name, an empty part, `.` and `..`, and control characters.
    static func check(_ name: String) throws {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count < 256 }
        guard isPlain, parts.count < 64, name.unicodeScalars.allSatisfy({ $0.value >= 32 && $0.value != 127 }) else {
            throw ClusterError(.unsafeName, name, reason: "the name could lead out of the folder")
        }
    }

    private borrowing func failure() -> ClusterError {
        let text = archive_error_string(archive).map { String(cString: $0) }
        return ClusterError(.badProtocol, "tar stream", reason: text ?? "it ends too early")
    }
}
