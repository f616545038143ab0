/// A server by HTTP or HTTPS on this machine's loopback, run by Python until the value is closed.
public final class WebServer: Sendable {
    private let server: ServerProcess
    private let isSecure: Bool

    /// The files of a folder.
    public convenience init(serving folder: TemporaryFolder) throws {
        try self.init(
            python: "python3",
            ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder.path]
        )
    }

    /// The files of a folder, by HTTPS with a certificate for `localhost`.
    public convenience init(serving folder: TemporaryFolder, signedBy authority: TLSAuthority) throws {
        try self.init(
            python: "python3",
            ["-u", pythonFile("tls_server.py"), folder.path] + authority.serverFiles,
            isSecure: true
        )
    }

    /// Starts Python with arguments and waits until it has told its port: `port N` and a blank.
    ///
    /// - `environment`: Further variables.
    /// - `isSecure`: Whether it talks HTTPS.
    public init(
        python: String,
        _ words: [String],
        environment: [String: String] = [:],
        isSecure: Bool = false
    ) throws {
        self.isSecure = isSecure
        server = try ServerProcess(
            ["/usr/bin/env", python] + words,
            variables: environment,
            port: #/port (\d+) /#
        )
    }

    /// Where it answers, without a slash at the end.
    public var address: String {
        isSecure ? server.address.replacing("http://127.0.0.1", with: "https://localhost") : server.address
    }

    /// Ends it.
    public func close() { server.close() }
}
