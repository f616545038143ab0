import Hummingbird
import NIOCore

/// Refuses the requests of an address that sends too many.
struct RateMiddleware: RouterMiddleware {
    typealias Context = ServiceContext
    let limit: RateLimit

    func handle(
        _ request: Request,
        context: ServiceContext,
        next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        guard limit.take(context.clientAddress) else {
            throw ServiceError(.tooMany, "too many requests from \(context.clientAddress). Wait a moment.")
        }
        return try await next(request, context)
    }
}

/// Gives up on a body that comes too slowly as a whole; where it stops coming, the connection's own limit ends it.
struct BodyTimeMiddleware: RouterMiddleware {
    typealias Context = ServiceContext
    let seconds: Int

    func handle(
        _ request: Request,
        context: ServiceContext,
        next: (Request, ServiceContext) async throws -> Response
    ) async throws -> Response {
        let isUpload = request.headers[.contentType]?.lowercased().hasPrefix("multipart/") ?? false
        var request = request
        request.body = RequestBody(asyncSequence: TimedBody(body: request.body, seconds: seconds, isUpload: isUpload))
        return try await next(request, context)
    }
}

/// A body that fails after its time; one with files has a second more for each 64 KiB that have come.
private struct TimedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let body: RequestBody
    let seconds: Int
    let isUpload: Bool

    func makeAsyncIterator() -> Iterator {
        Iterator(base: body.makeAsyncIterator(), deadline: .now + .seconds(seconds), isUpload: isUpload)
    }

    struct Iterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        var deadline: ContinuousClock.Instant
        let isUpload: Bool

        mutating func next() async throws -> ByteBuffer? {
            guard ContinuousClock.now < deadline else {
                throw ServiceError(.requestTimeout, "the body came too slowly.")
            }
            do {
                let bytes = try await base.next()
                if isUpload { deadline += .seconds(1) * (bytes?.readableBytes ?? 0) / 65536 }
                return bytes
            } catch let error as CancellationError {
                throw error
            } catch {
                // What is no HTTP, or ends too early.
                throw ServiceError(.badRequest, "the body cannot be read: \(error)")
            }
        }
    }
}
