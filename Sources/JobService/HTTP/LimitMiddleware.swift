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
        let deadline = ContinuousClock.now + .seconds(isUpload ? seconds * 60 : seconds)
        var request = request
        request.body = RequestBody(asyncSequence: TimedBody(body: request.body, deadline: deadline))
        return try await next(request, context)
    }
}

/// A body that fails after its time.
private struct TimedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let body: RequestBody
    let deadline: ContinuousClock.Instant

    func makeAsyncIterator() -> Iterator { Iterator(base: body.makeAsyncIterator(), deadline: deadline) }

    struct Iterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        let deadline: ContinuousClock.Instant

        mutating func next() async throws -> ByteBuffer? {
            guard ContinuousClock.now < deadline else {
                throw ServiceError(.requestTimeout, "the body came too slowly.")
            }
            return try await base.next()
        }
    }
}
