import Foundation

/// A file being written under a temporary name until it is complete: beside its own, or where it is to become an object
/// (`s3://…`) in the folder for temporary files.
public final class PendingFile: Sendable {
    /// The name it shall have.
    public let path: String
    /// The name to write to; it keeps the ending of `path`.
    public let temporary: String

    /// Makes the folder of `path` where it is missing; the file itself is up to the caller.
    public init(_ path: String) throws(RasterError) {
        let url = URL(fileURLWithPath: path)
        let folder = URL(fileURLWithPath: Self.folder(of: path))
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw RasterError(
                .createFailed,
                folder.path,
                [reason(error)],
                hint: "Check the rights of the folder above."
            )
        }
        let mark = "\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...UInt32.max))"
        self.path = path
        temporary = folder.appendingPathComponent(".partial-\(mark)-\(url.lastPathComponent)").path
    }

    /// Where the bytes of a file lie while it is written.
    static func folder(of path: String) -> String {
        ObjectStore.isObject(path)
            ? FileManager.default.temporaryDirectory.path
            : URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// Syncs the file and gives it its name; of an object, sends it and removes the file.
    public func publish() throws(RasterError) {
        guard !ObjectStore.isObject(path) else {
            try ObjectStore.upload(temporary, to: path)
            remove()
            return
        }
        let descriptor = open(temporary, O_RDONLY)
        guard descriptor >= 0 else { throw failure() }
        let synced = fsync(descriptor)
        close(descriptor)
        guard synced == 0, rename(temporary, path) == 0 else { throw failure() }
        unlink(temporary + ".aux.xml")
    }

    /// Removes the temporary file and what GDAL leaves beside it.
    ///
    /// A library that failed to close the file may hold it open: emptied, it takes no room all the same.
    public func remove() {
        truncate(temporary, 0)
        for leftover in [temporary, temporary + ".aux.xml"] { unlink(leftover) }
    }

    private func failure() -> RasterError {
        AtomicFile.writeFailure(.closeFailed, path, [String(cString: strerror(errno))])
    }
}

private func reason(_ error: any Error) -> String {
    guard let posix = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error else {
        return error.localizedDescription
    }
    return (posix as NSError).localizedDescription
}
