import Checksums
import Crypto
import Foundation
import NIOPosix

/// The folder of files that come with requests, until it is known what becomes of them.
struct Spool: Sendable {
    private let folder: String
    /// Bytes that are written at a time.
    private static let blockSize = 1 << 20

    /// Makes the folder where it is missing, and removes what a service that was killed has left in it.
    ///
    /// - Throws: `ServiceError` for a folder that cannot be made.
    init(_ folder: String) throws {
        self.folder = folder
        do {
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                Self.removeLeft("\(folder)/\(name)")
            }
        } catch {
            throw ServiceError(.internal, "cannot make the folder '\(folder)': \(error.localizedDescription)")
        }
    }

    /// A file that is written holds a lock, so that another service of the same folder is not disturbed.
    private static func removeLeft(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    }

    /// Writes a part of a body to a file.
    ///
    /// - Parameter reader: At the beginning of the part's content.
    /// - Returns: The file, which goes with the last reference to it.
    /// - Throws: `ServiceError` of the reader, and for a file that cannot be written; nothing is left of it then.
    func receive(_ reader: inout MultipartReader) async throws -> SpooledFile {
        let path = "\(folder)/\(UUID().uuidString)"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure(path) }
        flock(descriptor, LOCK_EX)
        var isKept = false
        defer {
            if !isKept {
                unlink(path)
                close(descriptor)
            }
        }
        var (hash, size) = (SHA256(), 0)
        var block: [UInt8] = []
        block.reserveCapacity(Self.blockSize)
        while let bytes = try await reader.nextBytes() {
            block += bytes
            if block.count >= Self.blockSize {
                try await Self.write(block, descriptor, path)
                hash.update(data: block)
                size += block.count
                block.removeAll(keepingCapacity: true)
            }
        }
        try await Self.write(block, descriptor, path)
        hash.update(data: block)
        isKept = true
        return SpooledFile(path, descriptor, size: size + block.count, sha256: hash.finalize().hexadecimal)
    }

    /// Disks that are slow hold up no other request.
    private static func write(_ block: [UInt8], _ descriptor: Int32, _ path: String) async throws {
        try await NIOThreadPool.singleton.runIfActive {
            var rest = block[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Self.failure(path) }
                rest = rest.dropFirst(count)
            }
        }
    }

    fileprivate static func failure(_ path: String) -> ServiceError {
        let reason = String(cString: strerror(errno))
        return ServiceError(.unavailable, "the service cannot write '\(path)' now: \(reason). Its people have to look.")
    }
}

/// A file that came with a request; it is removed with the last reference to it.
final class SpooledFile: Sendable {
    let size: Int
    /// In hexadecimal digits.
    let sha256: String
    private let path: String
    /// Holds the lock that says that the file is in use.
    private let descriptor: Int32

    fileprivate init(_ path: String, _ descriptor: Int32, size: Int, sha256: String) {
        (self.path, self.descriptor, self.size, self.sha256) = (path, descriptor, size, sha256)
    }

    deinit {
        unlink(path)
        close(descriptor)
    }

    /// Puts the content at another place, complete or not at all; it takes no time where that is on the same disk.
    ///
    /// - Parameter place: The path; its folder is made where it is missing.
    /// - Throws: `CocoaError` and `ServiceError` for a place that cannot be written.
    func keep(at place: String) async throws {
        try await NIOThreadPool.singleton.runIfActive { [path] in
            let folder = (place as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let beside = "\(folder)/.\(UUID().uuidString)"
            defer { unlink(beside) }
            if link(path, beside) != 0 { try FileManager.default.copyItem(atPath: path, toPath: beside) }
            guard rename(beside, place) == 0 else { throw Spool.failure(place) }
        }
    }

    /// The content of a file that is known to be small.
    ///
    /// - Throws: `ServiceError` for one that is not.
    func data(limit: Int) throws -> Data {
        guard size <= limit else {
            throw ServiceError(.tooLarge, "a file has \(size) bytes; at most \(limit) are taken.")
        }
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }
}
