import Foundation

/// A file that is being fetched, under a hidden name beside its own.
///
/// It belongs to one task at a time; a lock on the file keeps other processes away.
final class PartFile {
    private let destination: String
    private let descriptor: Int32
    private(set) var path: String
    private(set) var length: Int
    /// How much of it an earlier attempt left.
    private(set) var inherited: Int
    /// Stands for the version of the file that the server has; empty as long as nobody knows.
    var tag: String { didSet { if tag != oldValue { followTag() } } }

    /// Opens what an earlier attempt left, else an empty file.
    init(of destination: String) throws(CatalogError) {
        self.destination = destination
        let url = URL(fileURLWithPath: destination)
        let (folder, name) = (url.deletingLastPathComponent().path, url.lastPathComponent)
        let prefix = ".\(name)."
        let found = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { $0.hasPrefix(prefix) && $0.hasSuffix(".part") }
            .first { Self.tag(of: $0, prefix) != nil }
        tag = found.flatMap { Self.tag(of: $0, prefix) } ?? ""
        path = "\(folder)/\(found ?? "\(prefix)0.part")"
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o644)
        length = descriptor < 0 ? 0 : Int(lseek(descriptor, 0, SEEK_END))
        inherited = length
        guard descriptor >= 0 else { throw CatalogError(.cannotWrite, path, String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw CatalogError(.cannotWrite, destination, "another program is fetching it")
        }
    }

    private static func tag(of name: String, _ prefix: String) -> String? {
        let middle = name.dropFirst(prefix.count).dropLast(5)
        guard middle.allSatisfy({ $0.isHexDigit }) else { return nil }
        return middle == "0" ? "" : String(middle)
    }

    /// True where what is here may be the beginning of the version that a tag stands for.
    func accepts(_ tag: String) -> Bool { self.tag == tag }

    private func followTag() {
        let url = URL(fileURLWithPath: destination)
        let folder = url.deletingLastPathComponent().path
        let renamed = "\(folder)/.\(url.lastPathComponent).\(tag.isEmpty ? "0" : tag).part"
        if rename(path, renamed) == 0 { path = renamed }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(CatalogError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = write(descriptor, part.baseAddress, part.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw CatalogError(
                    .cannotWrite,
                    destination,
                    String(cString: strerror(errno)),
                    hint: errno == ENOSPC ? "Free space, then run the same command again." : nil
                )
            }
            length += count
            rest = rest.dropFirst(count)
        }
    }

    /// Throws away what is here.
    func restart() throws(CatalogError) {
        guard ftruncate(descriptor, 0) == 0 else {
            throw CatalogError(.cannotWrite, destination, String(cString: strerror(errno)))
        }
        (length, inherited) = (0, 0)
    }

    /// Gives the file its own name, once it is safe on the disk.
    func publish() throws(CatalogError) {
        guard fsync(descriptor) == 0, rename(path, destination) == 0 else {
            throw CatalogError(.cannotWrite, destination, String(cString: strerror(errno)))
        }
    }

    func discard() { unlink(path) }

    /// Lets go of the file; to be called once, at the end.
    func release() {
        if length == 0 { unlink(path) }
        close(descriptor)
    }
}
