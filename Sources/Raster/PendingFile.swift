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
        self.path = path
        temporary = folder.appendingPathComponent(Self.mark() + url.lastPathComponent).path
    }

    /// How the temporary names of this process begin: `.partial-HOST-PROCESS-NUMBER-`.
    static func mark() -> String {
        ".partial-\(host)-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0...UInt32.max))-"
    }

    /// The name that a file would have had which somebody began under a temporary one; nil for other names.
    public static func target(ofTemporary name: String) -> String? {
        name.wholeMatch(of: #/\.partial-[^-]+-[0-9]+-[0-9]+-(.+)/#).map { String($0.1) }
    }

    /// The name of this machine, its first 32 letters and digits; nobody is asked for it but the kernel.
    private static let host: String = {
        var bytes = [CChar](repeating: 0, count: 256)
        gethostname(&bytes, bytes.count - 1)
        let name = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard !name.isEmpty else { return "unknown" }
        return String(name.prefix(32).map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
    }()

    /// Removes temporary files whose process is gone: those of this host by its number, others that nobody has touched for
    /// a day.
    public static func removeAbandoned(in folder: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where name.hasPrefix(".partial-") {
            let path = "\(folder)/\(name)"
            if isAbandoned(name) || isOld(path) { unlink(path) }
        }
    }

    private static func isAbandoned(_ name: String) -> Bool {
        guard let match = name.prefixMatch(of: #/\.partial-([^-]+)-(\d+)-\d+-/#), String(match.1) == host,
            let process = Int32(match.2)
        else { return false }
        return kill(process, 0) != 0 && errno == ESRCH
    }

    private static func isOld(_ path: String) -> Bool {
        let changed = (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
        return changed.map { $0.timeIntervalSinceNow < -86400 } ?? false
    }

    /// Where the bytes of a file lie while it is written.
    public static func folder(of path: String) -> String {
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
