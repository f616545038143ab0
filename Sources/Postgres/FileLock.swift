import Foundation

/// A lock between processes, held while the value lives and given up by the system when its process ends.
struct FileLock: ~Copyable {
    private let descriptor: Int32

    /// Waits for the lock; nil when it is not free after `timeout` seconds or the file cannot be made.
    init?(path: String, timeout: Double) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        let deadline = Date().addingTimeInterval(timeout)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, Date() < deadline else {
                close(descriptor)
                return nil
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
