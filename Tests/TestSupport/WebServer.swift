/// A server by HTTP, HTTPS or FTP on this machine's loopback, run by Python until the value is closed.
public final class WebServer: Sendable {
    private let server: ServerProcess
    private let scheme: String

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
            scheme: "https"
        )
    }

    /// The files of a folder, by FTP, for anybody; nil where the server cannot be installed, which the log says in capitals.
    public static func servingByFTP(_ folder: TemporaryFolder) throws -> WebServer? {
        guard let programs = VirtualEnvironment.programs(of: "ftp") else {
            announceSkipped("documents by FTP", because: "pyftpdlib cannot be installed (scripts/venv.sh ftp).")
            return nil
        }
        return try WebServer(python: "\(programs)/python", [pythonFile("ftp_server.py"), folder.path], scheme: "ftp")
    }

    /// Starts Python with arguments and waits until it has told its port: `port N` and a blank.
    ///
    /// - `environment`: Further variables.
    /// - `scheme`: What it talks: `http`, `https` (with a certificate for `localhost`) or `ftp`.
    public init(
        python: String,
        _ words: [String],
        environment: [String: String] = [:],
        scheme: String = "http"
    ) throws {
        self.scheme = scheme
        server = try ServerProcess(
            ["/usr/bin/env", python] + words,
            variables: environment,
            port: #/port (\d+) /#
        )
    }

    /// Where it answers, without a slash at the end.
    public var address: String {
        let host = scheme == "https" ? "localhost" : "127.0.0.1"
        return server.address.replacing("http://127.0.0.1", with: "\(scheme)://\(host)")
    }

    /// Ends it.
    public func close() { server.close() }
}
