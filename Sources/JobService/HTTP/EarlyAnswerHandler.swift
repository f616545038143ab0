import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends the connection of a request that is answered before all of it has come: who is refused holds no connection by going
/// on to send.
///
/// The client is told so, and gets some seconds to read the answer: a connection that is closed while bytes come loses what
/// was sent.
final class EarlyAnswerHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private enum State {
        /// All that was sent has come.
        case idle
        case receiving
        /// The answer is on its way, and says that the connection ends.
        case answering
        /// The answer is out; what still comes is thrown away.
        case ending
    }

    private static let patience = TimeAmount.seconds(5)
    private var state = State.idle

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head where state == .idle: state = .receiving
        case .end where state == .receiving: state = .idle
        case .end where state == .ending: context.close(promise: nil)
        default: break
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where state == .receiving && head.status.kind != .informational:
            state = .answering
            head.headerFields[.connection] = "close"
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .end where state == .answering:
            state = .ending
            context.write(data, promise: promise)
            let channel = context.channel
            context.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        default: context.write(data, promise: promise)
        }
    }
}
