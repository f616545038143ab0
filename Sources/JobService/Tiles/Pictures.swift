import Checksums
import Foundation
import HTTPTypes
import Hummingbird

/// Draws pictures, a few at a time, and keeps those that were asked for last.
actor Pictures {
    private struct Kept { let data: Data?, use: Int }

    private var kept: [String: Kept] = [:]
    private var keptBytes = 0
    private var clock = 0
    private var drawing = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var pending: [String: Task<Data?, any Error>] = [:]
    /// Bytes of pictures that are kept, drawings at a time, and drawings that wait.
    private static let byteLimit = 64 << 20
    private static let drawLimit = max(1, ProcessInfo.processInfo.activeProcessorCount / 2)
    private static let waitLimit = 500

    /// The picture of a key, drawn where it is not kept; who asks for the same at the same time gets the same.
    ///
    /// - Throws: `ServiceError` (unavailable) where too many wait; what `draw` throws.
    func picture(_ key: String, draw: @escaping @Sendable () async throws -> Data?) async throws -> Data? {
        clock += 1
        if let known = kept[key] {
            kept[key] = Kept(data: known.data, use: clock)
            return known.data
        }
        if let task = pending[key] { return try await task.value }
        guard waiting.count < Self.waitLimit else {
            throw ServiceError(.unavailable, "too many pictures are asked for. Try again in a moment.")
        }
        let task = Task {
            await begin()
            defer { end() }
            return try await draw()
        }
        pending[key] = task
        defer { pending[key] = nil }
        let data = try await task.value
        keep(data, key)
        return data
    }

    private func begin() async {
        if drawing < Self.drawLimit {
            drawing += 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func end() {
        // Who waits takes the place over.
        if waiting.isEmpty { drawing -= 1 } else { waiting.removeFirst().resume() }
    }

    private func keep(_ data: Data?, _ key: String) {
        kept[key] = Kept(data: data, use: clock)
        keptBytes += (data?.count ?? 0) + 200
        while keptBytes > Self.byteLimit, let oldest = kept.min(by: { $0.value.use < $1.value.use }) {
            kept[oldest.key] = nil
            keptBytes -= (oldest.value.data?.count ?? 0) + 200
        }
    }

    /// A picture as a response, with an entity tag of its key.
    ///
    /// - Parameters:
    ///   - key: Another one when the picture would be another.
    ///   - request: With conditions.
    ///   - empty: In place of a picture that has nothing to show; nil for 404.
    ///   - draw: Makes the PNG.
    /// - Returns: 200 or 304.
    /// - Throws: `ServiceError` (not found) where there is nothing to show; what `draw` throws.
    nonisolated func response(
        key: String,
        for request: Request,
        empty: Data? = nil,
        draw: @escaping @Sendable () async throws -> Data?
    ) async throws -> Response {
        let hash = String(key.sha256.prefix(24))
        let headers: HTTPFields = [.eTag: "\"\(hash)\"", .cacheControl: "private, max-age=60"]
        if let match = request.headers[.ifNoneMatch], match.contains(hash) {
            return Response(status: .notModified, headers: headers)
        }
        guard let data = try await picture(key, draw: draw) ?? empty else {
            throw ServiceError(.notFound, "there is nothing to show: no pixel has data.")
        }
        var response = Response(data, type: "image/png")
        for field in headers { response.headers[field.name] = field.value }
        return response
    }
}
