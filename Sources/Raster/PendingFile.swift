import Foundation

/// A file being written under a temporary name beside its own, until it is complete.
public final class PendingFile: Sendable {
    /// The name it shall have.
    public let path: String
    /// The name to write to; it keeps the ending of `path`.
    public let temporary: String

    /// Makes the folder of `path` where it is missing; the file itself is up to the caller.
    public init(_ path: String) throws(RasterError) {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent()
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

    /// The name that a file would have had which somebody began under a temporary one; nil for other names.
    public static func target(ofTemporary name: String) -> String? {
        name.wholeMatch(of: #/\.partial-[0-9]+-[0-9]+-(.+)/#).map { String($0.1) }
    }

    /// Syncs the file and gives it its name.
    public func publish() throws(RasterError) {
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
