import Foundation
import Hummingbird
import NIOCore

/// What is known of a request beside its head and body.
struct ServiceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who sends it.
    var identity = Identity.nobody
    /// The address it comes from: of the peer, or of the client that a trusted proxy names.
    var clientAddress: String
    /// The address the browser sees: `https://maps.example.org`, without a slash at its end.
    var baseURL = ""
    /// Of the request, for pages.
    var path = ""

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        clientAddress = source.channel.remoteAddress?.ipAddress ?? ""
    }

    /// An element of the path that the route names.
    func parameter(_ name: String) -> String {
        parameters.get(name).flatMap { $0.removingPercentEncoding } ?? ""
    }
}
