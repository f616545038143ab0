/// An authority of its own that signs the certificate of `localhost`, made by openssl.
public struct TLSAuthority: Sendable {
    private let folder: TemporaryFolder

    /// Makes the authority, and a server's key and certificate.
    public init() throws {
        folder = try TemporaryFolder()
        let extensions = try folder.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n", to: "extensions")
        let script = """
            new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            openssl req -x509 $new -keyout ca.key -out ca.pem -days 2 -subj "/CN=An authority" \\
                -addext keyUsage=keyCertSign
            openssl req $new -keyout server.key -out server.csr -subj /CN=localhost
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem \\
                -extfile "\(extensions)"
            """
        let made = try run("/bin/sh", ["-e", "-c", script], directory: folder.url)
        guard made.status == 0 else { throw ServerProcess.Failure(program: "openssl", said: made.errors) }
    }

    /// What a client has to trust.
    public var certificate: String { folder.path("ca.pem") }

    /// The server's certificate and key.
    var serverFiles: [String] { [folder.path("server.pem"), folder.path("server.key")] }
}
