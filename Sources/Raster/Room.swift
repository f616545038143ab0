import CHDF5
import Foundation

/// Room on disk set aside for a netCDF file while it is written.
///
/// HDF5 does not survive a full disk: a close that cannot write crashes, at once or with a later file. So blocks of the
/// file system are taken in advance, and a disk without room is found before HDF5 is asked to write.
enum Room {
    /// Gives back what was set aside beyond the end of a finished file.
    static func giveBack(_ path: String) {
        guard let size = size(of: path) else { return }
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
