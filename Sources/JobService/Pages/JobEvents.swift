import ClusterExec
import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import ServiceLifecycle

/// Tells browsers what happens to the jobs that they show; one question to the store each second serves all of them.
actor JobEvents: Service {
    private struct Listener {
        /// The jobs, with what was last told of each.
        var known: [String: String]
        /// Whose jobs alone; nil for an administrator, who sees all.
        let owner: String??
        let continuation: AsyncStream<String>.Continuation
    }

    private let store: any JobStore
    private var listeners: [Int: Listener] = [:]
    private var nextNumber = 0
    private var isClosed = false
    /// Jobs of one listener, and listeners at a time.
    static let jobLimit = 200
    private static let listenerLimit = 2000

    init(_ store: any JobStore) { self.store = store }

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - jobs: Names with the phases that the page shows.
    ///   - owner: Whose jobs alone; nil for all, inner nil for those of nobody.
    /// - Returns: One JSON text for each change; it ends with the service. Nil where too many listen.
    func listen(to jobs: [String: String], owner: String??) -> AsyncStream<String>? {
        guard !isClosed, listeners.count < Self.listenerLimit else { return nil }
        let number = nextNumber
        nextNumber += 1
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1000))
        continuation.onTermination = { _ in Task { await self.forget(number) } }
        listeners[number] = Listener(known: jobs, owner: owner, continuation: continuation)
        return stream
    }

    private func forget(_ number: Int) { listeners[number] = nil }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                // What the store cannot say now it says the next time.
                try? await self.look()
                try await Task.sleep(for: .seconds(1))
            }
        }
        close()
    }

    /// Ends every stream, and begins no other.
    func close() {
        isClosed = true
        for listener in listeners.values { listener.continuation.finish() }
        listeners = [:]
    }

    private func look() async throws {
        let watched = listeners
        guard !watched.isEmpty else { return }
        let ids = Set(watched.values.flatMap { $0.known.keys })
        let phases = try await store.phases(of: Array(ids))
        var views: [String: (job: Job, text: String)] = [:]
        for (id, phase) in phases {
            // Counts change while it runs alone; of the others only another phase is news.
            let isNews = watched.values.contains { listener in
                listener.known[id].map { $0 != phase.rawValue } ?? false
            }
            guard phase == .executing || isNews, let job = try await store.job(id) else { continue }
            views[id] = (job, String(decoding: try JSONEncoder().encode(JobView(job)), as: UTF8.self))
        }
        for (number, listener) in watched {
            for id in listener.known.keys {
                if let (job, text) = views[id] {
                    let isVisible = listener.owner.map { $0 == job.ownerID } ?? true
                    let told = listener.known[id]
                    guard isVisible, told != text, told != job.phase.rawValue || job.phase == .executing else {
                        continue
                    }
                    listeners[number]?.known[id] = job.phase == .executing ? text : job.phase.rawValue
                    listener.continuation.yield("event: job\ndata: \(text)\n\n")
                } else if phases[id] == nil {
                    listeners[number]?.known[id] = nil
                    listener.continuation.yield("event: gone\ndata: {\"id\":\"\(id)\"}\n\n")
                }
            }
        }
    }
}

/// The changes of shown jobs as server-sent events: `/events/jobs?jobs=ID:PHASE,ID:PHASE`.
struct JobEventRoutes: Sendable {
    let parts: ServiceParts
    let events: JobEvents
    /// Seconds between signs of life, which keep proxies from ending the connection.
    private static let heartbeat = 5

    func add(to router: Router<ServiceContext>) { router.get("events/jobs", use: listen) }

    @Sendable private func listen(_ request: Request, _ context: ServiceContext) async throws -> Response {
        if context.identity.name == nil, !parts.options.allowsAnonymous {
            throw ServiceError(.unauthenticated, "log in to see jobs.")
        }
        let text = FormBody.pairs(request.uri.query ?? "").first { $0.name == "jobs" }?.value ?? ""
        let pairs = try text.split(separator: ",").prefix(JobEvents.jobLimit).map { pair in
            guard let match = pair.wholeMatch(of: #/([A-Za-z0-9_.-]+):([A-Z]+)/#) else {
                throw ServiceError(.badRequest, "'\(pair)' in 'jobs' is not of the form NAME:PHASE.")
            }
            return (String(match.1), String(match.2))
        }
        let known = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        let owner: String?? = context.identity.isAdministrator ? .none : .some(context.identity.name)
        guard let stream = await events.listen(to: known, owner: owner) else {
            throw ServiceError(.unavailable, "too many pages listen, or the service ends.")
        }
        let body = ResponseBody { writer in
            try await writer.write(ByteBuffer(string: "retry: 3000\n\n"))
            for await text in Self.merged(stream) { try await writer.write(ByteBuffer(string: text)) }
            try await writer.finish(nil)
        }
        let headers: HTTPFields = [
            .contentType: "text/event-stream", .cacheControl: "no-store", .proxyBuffering: "no",
        ]
        return Response(status: .ok, headers: headers, body: body)
    }

    /// The events with signs of life between them; ends with the events.
    private static func merged(_ events: AsyncStream<String>) -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1000))
        let news = Task {
            for await text in events { continuation.yield(text) }
            continuation.finish()
        }
        let beat = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(heartbeat))
                continuation.yield(": still here\n\n")
            }
        }
        continuation.onTermination = { _ in
            news.cancel()
            beat.cancel()
        }
        return stream
    }
}

extension HTTPField.Name {
    /// Asks nginx to hand events on at once.
    static let proxyBuffering = HTTPField.Name("X-Accel-Buffering")!
}
