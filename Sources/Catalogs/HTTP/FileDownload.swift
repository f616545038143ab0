import Checksums
import Foundation

/// One file to fetch: where from, where to, and what is known of it.
public struct FileDownload: Sendable {
    public var request: WebRequest
    /// The path under which it appears once it is whole.
    public var destination: String
    /// Bytes, nil where nobody says.
    public var size: Int?
    public var checksum: Multihash?

    public init(_ request: WebRequest, to destination: String, size: Int? = nil, checksum: Multihash? = nil) {
        (self.request, self.destination) = (request, destination)
        (self.size, self.checksum) = (size, checksum)
    }

    /// What became of it.
    public enum Outcome: Sendable, Equatable {
        /// Fetched; `resumed` is where an earlier attempt had ended.
        case fetched(bytes: Int, resumed: Int)
        /// It was there already, and is what it should be.
        case present
    }

    /// Fetches the file: goes on where an earlier attempt, of this process or another, ended; checks size and checksum;
    /// and gives it its name only then.
    ///
    /// Until then it is called `.NAME.TAG.part`, where the tag stands for the version that the server has: another
    /// version is fetched from the start.
    /// - Parameters:
    ///   - client: What sends the requests; its schedule of retries counts anew whenever bytes came.
    ///   - overwrites: Fetches it even where it is there.
    /// - Returns: Whether it was fetched, or was there.
    /// - Throws: `CatalogError`, `CancellationError`.
    public func fetch(with client: WebClient, overwrites: Bool = false) async throws -> Outcome {
        let folder = URL(fileURLWithPath: destination).deletingLastPathComponent()
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        } catch {
            throw CatalogError(.cannotWrite, folder.path, error.localizedDescription)
        }
        if !overwrites, try isComplete(destination) { return .present }
        let part = try PartFile(of: destination)
        defer { part.release() }
        while true {
            do {
                try await client.retrying(request.url, progress: { part.length }) { try await transfer(part, client) }
                let bytes = part.length
                try verify(part.path, bytes: bytes)
                try part.publish()
                return .fetched(bytes: bytes, resumed: part.inherited)
            } catch let error as CatalogError where error.code == .mismatch && part.inherited > 0 {
                // What an earlier attempt left may have been of another version.
                try part.restart()
            } catch let error as CatalogError where error.code == .mismatch {
                part.discard()
                throw error
            }
        }
    }

    /// True where the file is there and is what it should be.
    private func isComplete(_ path: String) throws(CatalogError) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let attributes, attributes[.type] as? FileAttributeType == .typeRegular else { return false }
        if let size, attributes[.size] as? Int != size { return false }
        guard let checksum else { return true }
        return try Multihash.of(file: path, checksum.algorithm) == checksum
    }

    private func verify(_ path: String, bytes: Int) throws(CatalogError) {
        if let size, size != bytes {
            throw CatalogError(
                .mismatch,
                shown,
                "it has \(bytes) bytes, its item says \(size)",
                hint: "Fetch it again, or ask the catalogue."
            )
        }
        guard let checksum else { return }
        guard try Multihash.of(file: path, checksum.algorithm) == checksum else {
            throw CatalogError(
                .mismatch,
                shown,
                "its \(checksum.algorithm) is not the item's file:checksum",
                hint: "Fetch it again, or ask the catalogue."
            )
        }
    }

    private var shown: String { WebAddress.shown(request.url.absoluteString) }

    private func transfer(_ part: PartFile, _ client: WebClient) async throws {
        var request = request
        let start = part.length
        if start > 0 { request.headers.append((name: "Range", value: "bytes=\(start)-")) }
        var total: Int?
        var isAnew = false
        try await client.stream(request, accepting: [416]) { status, headers in
            let tag = Self.tag(headers)
            let range = ContentRange(headers["content-range"])
            switch status {
            case 206 where start > 0 && range?.start == start && part.accepts(tag):
                total = range?.total
            case 416 where range?.total == start && part.accepts(tag):
                total = start
                return false
            case 206, 416:
                // Another version than what is here, or a part that was not asked for.
                isAnew = true
                return false
            default:
                total = headers["content-length"].flatMap { Int($0) }
                if start > 0 { try part.restart() }
            }
            part.tag = tag
            return true
        } receive: { bytes in
            try part.append(bytes)
        }
        if isAnew {
            guard start > 0 else {
                throw CatalogError(.failed, shown, "it sends a part of the file that nobody asked for")
            }
            try part.restart()
            return try await transfer(part, client)
        }
        if let total, part.length != total {
            let error = CatalogError(.failed, shown, "the connection ended after \(part.length) of \(total) bytes")
            if part.length > total { try part.restart() }
            throw PassingFailure(error: error, retryAfter: nil)
        }
    }

    /// What stands for the version of a file: its entity tag, else its time; with its size.
    static func tag(_ headers: [String: String]) -> String {
        let total = ContentRange(headers["content-range"])?.total ?? headers["content-length"].flatMap { Int($0) }
        let text = "\(headers["etag"] ?? headers["last-modified"] ?? "")|\(total ?? -1)"
        return String(text.sha256.prefix(12))
    }
}

/// `Content-Range: bytes 100-999/1000`, or `bytes */1000`.
struct ContentRange: Equatable {
    /// Nil in an answer that no range can be had.
    let start: Int?
    let total: Int?

    init?(_ header: String?) {
        guard let match = header?.wholeMatch(of: #/bytes\s+(?:(\d{1,18})-\d{1,18}|\*)\/(\d{1,18}|\*)/#.ignoresCase())
        else {
            return nil
        }
        (start, total) = (match.1.flatMap { Int($0) }, Int(match.2))
    }
}
