import CHDF5
import CNetCDF
import Foundation

/// Room on disk set aside for a netCDF file while it is written.
///
/// HDF5 does not survive a full disk: a close that cannot write crashes, at once or with a later file. So blocks of the
/// file system are taken in advance, and a disk without room is found before HDF5 is asked to write.
struct Room {
    private let path: String
    /// What the file needs beside pixels.
    private let fixed: Int
    /// Bytes at most that each variable holds back in its chunk cache.
    private let caches: [Int32: Int]
    private var written: [Int32: Int] = [:]

    /// `file` is the open netCDF file at `path`.
    init(path: String, file: Int32, variables: some Sequence<Int32>, fixed: Int) {
        (self.path, self.fixed) = (path, fixed)
        caches = variables.reduce(into: [:]) { caches, variable in
            var (size, elements, preemption) = (0, 0, Float(0))
            let status = nc_get_var_chunk_cache(file, variable, &size, &elements, &preemption)
            caches[variable] = status == NC_NOERR ? size : 64 << 20
        }
    }

    /// Sets aside what all that is not on disk yet may take, with `bytes` more of a variable.
    ///
    /// - Returns: The error number of the file system where there is no room.
    mutating func take(_ bytes: Int, of variable: Int32) -> Int32? {
        written[variable, default: 0] += bytes
        let cached = written.reduce(0) { $0 + min($1.value, caches[$1.key] ?? 0) }
        return Self.take(fixed + cached + bytes, behind: path)
    }

    /// Gives back what was set aside beyond the end of the finished file.
    func giveBack() {
        guard let size = Self.size(of: path) else { return }
        truncate(path, off_t(size))
    }

    /// Takes blocks for a file up to `bytes` beyond its end; its size stays.
    ///
    /// - Returns: The error number where there is no room.
    static func take(_ bytes: Int, behind path: String) -> Int32? {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0, let size = size(of: path) else { return errno }
        defer { close(descriptor) }
        guard antares_reserve(descriptor, off_t(size + bytes)) != 0 else { return nil }
        let code = errno
        guard code == EOPNOTSUPP || code == ENOSYS else { return code }
        // Some network file systems cannot set blocks aside: then at least they have to be there now.
        var facts = statvfs()
        guard fstatvfs(descriptor, &facts) == 0 else { return nil }
        return UInt64(facts.f_bavail) * UInt64(facts.f_frsize) < UInt64(bytes) ? ENOSPC : nil
    }

    private static func size(of path: String) -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let end = lseek(descriptor, 0, SEEK_END)
        return end < 0 ? nil : Int(end)
    }
}
