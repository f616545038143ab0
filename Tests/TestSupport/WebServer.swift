/// A server by HTTP on this machine's loopback, run by Python until the value is closed.
public final class WebServer: Sendable {
    private let server: ServerProcess

    /// The files of a folder.
    public convenience init(serving folder: TemporaryFolder) throws {
        try self.init(
            python: "python3",
            ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.path]
        )
    }

    /// Starts Python with arguments and waits until it has told its port: `port N` and a blank.
    ///
    /// - `environment`: Further variables.
    public init(python: String, _ words: [String], environment: [String: String] = [:]) throws {
        server = try ServerProcess(
            ["/usr/bin/env", python] + words,
            variables: environment,
            port: #/port (\d+) /#
        )
    }

    /// Where it answers, without a slash at the end.
    public var address: String { server.address }

    /// Ends it.
    public func close() { server.close() }
}
