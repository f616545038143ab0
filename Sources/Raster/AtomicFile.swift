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

    /// Writes text or other bytes whole.
    public static func write(_ data: Data, to path: String) throws(RasterError) {
        try write(path) { temporary throws(RasterError) in
            guard let file = fopen(temporary, "wb") else {
                throw RasterError(.createFailed, path, [String(cString: strerror(errno))])
            }
            let written = data.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
            let code = errno
            guard fclose(file) == 0, written == data.count else {
                throw RasterError(.writeFailed, path, [String(cString: strerror(code))], hint: spaceHint(for: path))
            }
        }
    }

    /// How much room is left where `path` lies, as a sentence for messages.
    static func spaceHint(for path: String) -> String {
        var facts = statvfs()
        guard statvfs(URL(fileURLWithPath: path).deletingLastPathComponent().path, &facts) == 0 else {
            return "Check the folder and its free space."
        }
        let megabytes = UInt64(facts.f_bavail) * UInt64(facts.f_frsize) / 1_000_000
        return "\(megabytes) MB are free there: free space or choose another folder, then run the same command again."
    }
}
