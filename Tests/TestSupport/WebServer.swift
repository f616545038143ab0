/// The files of a folder by HTTP on this machine's loopback, served by Python until the value is closed.
public final class WebServer: Sendable {
    private let server: ServerProcess

    /// Starts it and waits until it has told its port.
    public init(serving folder: TemporaryFolder) throws {
        server = try ServerProcess(
            [
                "/usr/bin/env", "python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory",
                folder.path,
            ],
            port: #/port (\d+) /#
        )
    }

    /// Where the folder is, without a slash at the end.
    public var address: String { server.address }

    /// Ends it.
    public func close() { server.close() }
}
