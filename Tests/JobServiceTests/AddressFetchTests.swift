import Documents
import Foundation
import TestSupport
import Testing

@testable import JobService

@Suite struct AddressFetchTests {
    /// Answers by what is asked for; `/port/N` on another port of this machine.
    private static let script = """
        import http.server, sys, time, urllib.parse
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = self.path.split("?")[0]
                if path.startswith("/to/"):
                    self.send_response(302)
                    self.send_header("Location", urllib.parse.unquote(self.path.split("?", 1)[1]))
                    self.end_headers()
                elif path == "/missing":
                    self.send_error(404)
                elif path == "/host":
                    self.answer(self.headers["Host"].encode())
                elif path == "/slow":
                    self.send_response(200)
                    self.send_header("Content-Length", "5")
                    self.end_headers()
                    time.sleep(30)
                elif path == "/endless":
                    self.send_response(200)
                    self.end_headers()
                    try:
                        while True: self.wfile.write(b"x" * 65536)
                    except OSError: pass
                else:
                    self.answer(b"a scene")
            def answer(self, body):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *words): pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print("port", server.server_port, "", flush=True)
        server.serve_forever()
        """

    /// Names resolve as a test says; all of 127.0.0.1 is allowed, so that there is something to talk to, and no more.
    private func fetch(names: [String: [String]] = [:]) -> AddressFetch {
        var options = ServiceOptions()
        options.uploadLimit = 100_000
        var fetch = AddressFetch(options)
        fetch.refused = AddressRange.notPublic.filter { $0.description != "127.0.0.0/8" }
        fetch.refused += ["127.0.0.2/31", "127.0.0.4/30"].compactMap(AddressRange.init)
        fetch.resolve = { host in names[host] ?? [] }
        return fetch
    }

    private func failure(_ fetch: AddressFetch, _ address: String) async throws -> String {
        let folder = try TemporaryFolder()
        do {
            return "fetched '\(try await fetch.fetch(address, into: folder.path))'"
        } catch let error as ServiceError {
            return error.message
        }
    }

    @Test(arguments: [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://localhost/", "http://LOCALHOST/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::]/",
        "http://0.0.0.0/", "http://10.1.2.3/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.1.1/",
        "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://224.0.0.1/", "http://255.255.255.255/", "http://[2002:7f00:1::]/",
    ]) func `addresses of this machine and of private networks are refused, however they are written`(
        address: String
    ) async throws {
        let message = try await failure(AddressFetch(ServiceOptions()), address)
        #expect(message.contains("which is not a public one"), "\(message)")
    }

    @Test(arguments: [
        "file:///etc/passwd", "ftp://example.org/x", "gopher://example.org/", "http+unix://%2Fvar%2Frun%2Fx.sock/",
        "http://", "//example.org/x", "javascript:alert(1)", "http://user:word@example.org/", "http://a b/",
        "http://exa%6dple.org/", "http://[fe80::1%25eth0]/", "http://127.0.0.1%00.example.org/",
    ]) func `what is no plain address of the web is refused`(address: String) async throws {
        let message = try await failure(fetch(names: [:]), address)
        #expect(!message.hasPrefix("fetched"), "\(message)")
    }

    @Test func `a name is resolved once, and the connection goes to the address that was checked`() async throws {
        let server = try WebServer(python: "python3", ["-u", "-c", Self.script])
        defer { server.close() }
        let port = try #require(server.address.split(separator: ":").last)
        let folder = try TemporaryFolder()
        // No resolver but the test's knows this name.
        let own = fetch(names: ["scenes.invalid": ["127.0.0.1"]])
        let name = try await own.fetch("http://scenes.invalid:\(port)/host?token=x", into: folder.path)
        #expect(name == "host")
        #expect(try String(contentsOfFile: folder.path("host"), encoding: .utf8) == "scenes.invalid:\(port)")
    }

    @Test func `a name with one private address among public ones is refused`() async throws {
        let message = try await failure(
            fetch(names: ["mixed.invalid": ["127.0.0.1", "10.0.0.1"]]),
            "http://mixed.invalid/"
        )
        #expect(message.contains("10.0.0.1, which is not a public one"))
        #expect(try await failure(fetch(), "http://nowhere.invalid/").contains("there is no host"))
    }

    @Test func `every redirect is checked`() async throws {
        let server = try WebServer(python: "python3", ["-u", "-c", Self.script])
        defer { server.close() }
        let port = try #require(server.address.split(separator: ":").last)
        let own = fetch(names: ["inner.invalid": ["127.0.0.2"], "outer.invalid": ["127.0.0.1"]])
        let root = "http://127.0.0.1:\(port)"
        for target in ["http://127.0.0.2:\(port)/", "http://inner.invalid/", "http://[::1]:\(port)/"] {
            let message = try await failure(own, "\(root)/to/?\(target)")
            #expect(message.contains("which is not a public one"), "\(target): \(message)")
        }
        #expect(try await failure(own, "\(root)/to/?file:///etc/passwd").contains("no http or https address"))
        #expect(try await failure(own, "\(root)/to/?\(root)/to/?\(root)/scene.tar") == "fetched 'scene.tar'")
        #expect(try await failure(own, "\(root)/to/?/scene.zip") == "fetched 'scene.zip'")
        // A server that sends its clients round and round: each answer leads to itself.
        let circle = fetch(names: ["outer.invalid": ["127.0.0.1"]])
        var address = "\(root)/end"
        for _ in 0..<7 { address = "\(root)/to/?\(address)" }
        #expect(try await failure(circle, address).contains("redirects too often"))
    }

    @Test func `size and silence have an end, and other answers are named without the query`() async throws {
        let server = try WebServer(python: "python3", ["-u", "-c", Self.script])
        defer { server.close() }
        let endless = try await failure(fetch(), "\(server.address)/endless")
        #expect(endless.contains("more than 100000 bytes"), "\(endless)")
        var silent = fetch()
        silent.silentSeconds = 1
        let slow = try await failure(silent, "\(server.address)/slow")
        #expect(slow.hasPrefix("cannot fetch"), "\(slow)")
        let missing = try await failure(fetch(), "\(server.address)/missing?signature=secret")
        #expect(missing == "cannot fetch '\(server.address)/missing': the server answers 404.")
    }

    @Test(arguments: [
        ("/a/../../etc/passwd", "passwd"), ("/x/..", "file"), ("", "file"), ("/a%2F..%2Fb", "a_2F.._2Fb"),
        ("C:\\scenes\\a b.zip", "a_b.zip"), ("/sc\u{E8}ne.tar\r\nX: y", "sc_ne.tar__X__y"),
    ]) func `file names are only names`(path: String, name: String) {
        #expect(SafeName.ofUpload(path) == name)
    }
}
