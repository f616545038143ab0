import CArchive
import Foundation

/// Packs files into a stream.
struct TarWriter: ~Copyable {
    private let archive: OpaquePointer

    init(descriptor: Int32) throws {
        guard let archive = archive_write_new() else { throw ClusterError(.cannotStart, "libarchive") }
        archive_write_set_format_pax_restricted(archive)
        archive_write_set_bytes_per_block(archive, 1 << 16)
        archive_write_set_bytes_in_last_block(archive, 1)
        guard archive_write_open_fd(archive, descriptor) == ARCHIVE_OK else {
            archive_write_free(archive)
            throw ClusterError(.cannotWrite, "tar stream", reason: "it cannot be opened")
        }
        self.archive = archive
    }

    deinit { archive_write_free(archive) }

    func add(_ data: Data, as name: String) throws {
        try header(name, size: data.count)
        try data.withUnsafeBytes { try add(UnsafeRawBufferPointer($0)) }
    }

    func add(file path: String, as name: String) throws {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw ClusterError.system(.cannotRead, path, errno) }
        defer { close(file) }
        var information = stat()
        guard fstat(file, &information) == 0, information.st_mode & S_IFMT == S_IFREG else {
            throw ClusterError(.cannotRead, path, reason: "it is no regular file")
        }
        var rest = Int(information.st_size)
        try header(name, size: rest)
        var buffer = [UInt8](repeating: 0, count: 1 << 17)
        while rest > 0 {
            let count = read(file, &buffer, min(rest, buffer.count))
            guard count > 0 else { throw ClusterError(.cannotRead, path, reason: "it became shorter meanwhile") }
            try buffer.withUnsafeBytes { try add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            rest -= count
        }
    }

    /// Every regular file below a folder.
    func add(folder path: String, as name: String) throws {
        for file in (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []).sorted() {
            var information = stat()
            guard lstat("\(path)/\(file)", &information) == 0, information.st_mode & S_IFMT == S_IFREG else { continue }
            try add(file: "\(path)/\(file)", as: "\(name)/\(file)")
        }
    }

    /// Ends the stream; what is still kept back is written first.
    consuming func finish() throws {
        guard archive_write_close(archive) == ARCHIVE_OK else { throw failure() }
    }

    private borrowing func header(_ name: String, size: Int) throws {
        guard let entry = archive_entry_new() else { throw ClusterError(.cannotStart, "libarchive") }
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, name)
        archive_entry_set_size(entry, la_int64_t(size))
        archive_entry_set_filetype(entry, 0o100000)
        archive_entry_set_perm(entry, 0o644)
        guard archive_write_header(archive, entry) == ARCHIVE_OK else { throw failure() }
    }

    private borrowing func add(_ bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count > 0 else { return }
        guard archive_write_data(archive, bytes.baseAddress, bytes.count) == bytes.count else { throw failure() }
    }

    private borrowing func failure() -> ClusterError {
        let text = archive_error_string(archive).map { String(cString: $0) }
        return ClusterError(.cannotWrite, "tar stream", reason: text ?? "the other side has gone")
    }
}
