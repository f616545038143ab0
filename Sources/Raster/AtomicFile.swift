public import Foundation

/// Files that appear under their name complete or not at all.
public enum AtomicFile {
    /// Lets `body` write to a temporary name beside `path`, syncs it and renames it; removes it on failure.
    ///
    /// The folder of `path` is made where it is missing. The temporary name keeps the ending of `path`.
    public static func write(
        _ path: String,
        _ body: (_ temporary: String) throws(RasterError) -> Void
    ) throws(RasterError) {
        let file = try PendingFile(path)
        do throws(RasterError) {
            try body(file.temporary)
            try file.publish()
        } catch {
            file.remove()
            throw error
        }
    }

    /// Removes a file or an object; one that is not there is no failure.
    public static func remove(_ path: String) {
        if ObjectStore.isObject(path) { ObjectStore.remove(path) } else { unlink(path) }
    }

    /// Writes text or other bytes whole.
    public static func write(_ data: Data, to path: String) throws(RasterError) {
        try write(path) { temporary throws(RasterError) in
            guard let file = fopen(temporary, "wb") else {
                throw writeFailure(.createFailed, path, [String(cString: strerror(errno))])
            }
            let written = data.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
            let code = errno
            guard fclose(file) == 0, written == data.count else {
                throw writeFailure(.writeFailed, path, [String(cString: strerror(code))])
            }
        }
    }

    /// The error for a file that could not be written, with the reason that the file system itself gives.
    ///
    /// What the libraries say of a full disk is too often something else: "HDF error", "Permission denied".
    static func writeFailure(_ code: RasterError.Code, _ path: String, _ messages: [String]) -> RasterError {
        guard let reason = refusal(of: path, bytes: 1 << 20) else {
            return RasterError(code, path, messages, hint: "Check the folder, then run the same command again.")
        }
        return failure(code, path, reason)
    }

    /// The error for a file that the file system refuses with an error number.
    static func failure(_ code: RasterError.Code, _ path: String, _ reason: Int32) -> RasterError {
        let isFull = reason == ENOSPC || reason == EDQUOT
        return RasterError(
            code,
            path,
            [String(cString: strerror(reason))],
            hint: isFull
                ? "Free space there or choose another folder, then run the same command again."
                : "Check the rights of the folder, then run the same command again."
        )
    }

    /// Why so many bytes cannot be written to the folder of `path`; nil where they can.
    static func refusal(of path: String, bytes: Int) -> Int32? {
        let folder = PendingFile.folder(of: path)
        let probe = "\(folder)/\(PendingFile.mark())probe"
        let descriptor = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno }
        defer {
            close(descriptor)
            unlink(probe)
        }
        return Room.take(bytes, behind: probe)
    }
}
