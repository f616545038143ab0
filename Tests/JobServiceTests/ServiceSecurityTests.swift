import Foundation
import TestSupport
import Testing

/// Attacks on a running service.
@Suite struct ServiceSecurityTests {
    @Test func `nobody gets at another's job, or out of the service by a path or a statement`() async throws {
        let service = try TestService()
        defer { service.close() }
        let (ana, bob) = (try service.addUser("ana"), try service.addUser("bob"))
        let made = try await service.post(
            "/rest/composite",
            as: ana,
            parts: [
                TestPart("RUNID", Data("a\r\nX-Evil: 1\r\n\r\n<script>".utf8)),
                TestPart("product", fileName: "../../../evil\r\nX-Evil: 1", Data("x".utf8)),
            ]
        )
        #expect(made.status == 303 && made["X-Evil"] == nil)
        let job = try #require(made["Location"])
        let id = try #require(job.split(separator: "/").last.map(String.init))
        for part in [
            "", "/phase", "/executionduration", "/destruction", "/quote", "/owner", "/error", "/parameters",
            "/parameters/product", "/results", "/results/result", "/stdout", "/stderr", "?WAIT=1",
        ] {
            #expect(try await service.get(job + part, as: bob).status == 403, "\(part)")
            let answer = try await service.get(job + part, as: ana)
            #expect(answer["X-Evil"] == nil && answer.status < 500, "\(part)")
        }
        for (path, name, value) in [
            ("", "RUNID", "x"), ("", "ACTION", "DELETE"), ("/phase", "PHASE", "RUN"), ("/phase", "PHASE", "ABORT"),
            ("/destruction", "DESTRUCTION", "2027-01-01"), ("/executionduration", "EXECUTIONDURATION", "1"),
            ("/parameters", "product", "x"), ("/parameters/product", "VALUE", "x"),
        ] {
            #expect(
                try await service.post(job + path, as: bob, form: [(name, value)]).status == 403,
                "\(path) \(value)"
            )
        }
        #expect(try await service.send("DELETE", job, as: bob).status == 403)
        #expect(try await service.send("PUT", job + "/parameters/product", as: bob, body: Data("x".utf8)).status == 403)
        #expect(try await service.get("/sync/composite/\(id)", as: bob).status == 403)
        // What was uploaded is below the job's folder, and is all that came of it.
        let evil = service.program.home.files().filter { $0.contains("evil") }
        #expect(evil.count == 1 && evil.allSatisfy { $0.contains("/jobs/\(id)/uploads/product/") }, "\(evil)")

        let elements = [
            "..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "..%5c..%5cetc", "%00", "a%00b", "%ff%fe",
            "'%20OR%20'1'='1", "'%3B%20DROP%20TABLE%20job%3B--", "\"%20OR%201=1--", "*", "%25", "%0d%0aX-Evil:%201",
        ]
        let places = [
            "/rest/@", "/rest/@/\(id)", "/rest/composite/@", "/rest/composite/\(id)/@",
            "/rest/composite/\(id)/parameters/@",
            "/rest/composite/\(id)/results/@", "/sync/composite/@", "/api/v1/jobs/@", "/api/v1/runs/@",
            "/api/v1/schedules/@",
            "/api/v1/job-types/@", "/api/v1/users/@", "/api/submissions/@", "/api/jobs/@", "/api/jobs/@/info",
            "/wcs_file/@", "/@",
        ]
        for place in places {
            for element in elements {
                let answer = try await service.get(place.replacing("@", with: element), as: ana)
                #expect(answer.status < 500 && !answer.text.contains("root:"), "\(place) \(element): \(answer.status)")
                #expect(answer["X-Evil"] == nil)
            }
        }
        for query in [
            "/rest/composite?PHASE=", "/rest/composite?AFTER=", "/rest/composite?LAST=", "/rest?RUNID=",
            "/api/v1/jobs?kind=",
            "/api/v1/jobs?phase=", "/api/v1/jobs?after=", "/api/v1/jobs?before=1_", "/api/v1/jobs?owner=",
            "/api/v1/jobs?limit=", "/api/v1/runs?project=", "/rest/composite/\(id)?WAIT=0&PHASE=",
        ] {
            for element in elements {
                let answer = try await service.get(query + element, as: bob)
                #expect(answer.status < 500, "\(query) \(element): \(answer.status)")
                #expect(!answer.text.contains(id) || query.contains(id), "\(query) \(element)")
            }
        }
        for name in ["ana' --", "' OR '1'='1", "ana\u{0}", "*"] {
            let user = TestService.User(name: name, password: "' OR '1'='1")
            #expect(try await service.get("/rest", as: user).status == 401, "\(name)")
        }
        #expect(try await service.get("/rest", as: ana).text.contains(id))
    }

    @Test func `a browser's session changes nothing without its own word`() async throws {
        let service = try TestService()
        defer { service.close() }
        let ana = try service.addUser("ana", "--administrator")
        let job = try #require(try await service.post("/rest/composite", as: ana, form: [])["Location"])
        let id = try #require(job.split(separator: "/").last.map(String.init))
        let cookie = try await service.logIn(ana).cookie
        let form = (name: "Content-Type", value: "application/x-www-form-urlencoded")
        for (method, path, body) in [
            ("POST", "/rest/composite", "RUNID=x"), ("POST", "/rest/composite/\(id)", "ACTION=DELETE"),
            ("POST", "/rest/composite/\(id)/phase", "PHASE=RUN"), ("DELETE", "/rest/composite/\(id)", ""),
            ("POST", "/rest/composite/\(id)/parameters", "product=x"), ("POST", "/sync/composite", "product=x"),
            ("GET", "/sync/composite?product=x", ""), ("POST", "/api/v1/jobs", "{}"),
            ("DELETE", "/api/v1/jobs/\(id)", ""),
            ("POST", "/api/v1/new-run", "{}"), ("POST", "/api/v1/tokens", "{}"), ("DELETE", "/api/v1/tokens/x", ""),
            ("POST", "/api/v1/password", "{\"old\": \"\", \"new\": \"\"}"), ("POST", "/api/v1/users", "{}"),
            ("PATCH", "/api/v1/users/ana", "{}"), ("DELETE", "/api/v1/users/ana", ""),
            ("PUT", "/api/v1/groups/g", "{}"), ("DELETE", "/api/v1/groups/g", ""), ("POST", "/api/v1/schedules", "{}"),
            ("POST", "/api/v1/logout", ""),
        ] {
            let headers = path.hasPrefix("/api") ? [cookie] : [cookie, form]
            let answer = try await service.send(method, path, headers: headers, body: Data(body.utf8))
            #expect(answer.status == 403, "\(method) \(path): \(answer.status) \(answer.text)")
        }
        // nova's clients bring their session along; a cookie alone sends nothing.
        let sent = try await service.send("POST", "/api/url_upload", headers: [cookie, form], body: Data("x=1".utf8))
        #expect(try sent.object()["status"] as? String == "error")
        #expect(try await service.get(job + "/phase", as: ana).text == "PENDING")
    }

    private static let slow = """
        import socket, sys, time
        port, head, count = int(sys.argv[1]), sys.argv[2], 0
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.sendall(head.encode().decode("unicode_escape").encode())
        connection.settimeout(0.25)
        answer, start = b"", time.time()
        while time.time() - start < 50:
            try:
                part = connection.recv(4096)
                if not part: break
                answer += part
                if b"\\r\\n\\r\\n" in answer: break
            except socket.timeout: pass
            try: connection.sendall(b"x")
            except OSError: break
        print(answer.decode().split("\\r\\n")[0] if answer else "closed")
        """

    @Test func `bodies too large, too slow or too deep come to an end`() async throws {
        let service = try TestService(file: "limits: {body_bytes: 20000, upload_bytes: 50000, body_seconds: 2}\n")
        defer { service.close() }
        let ana = try service.addUser("ana")
        let large = Data(repeating: UInt8(ascii: "a"), count: 60_000)
        let form = (name: "Content-Type", value: "application/x-www-form-urlencoded")
        #expect(try await service.send("POST", "/rest/composite", as: ana, headers: [form], body: large).status == 413)
        #expect(try await service.send("POST", "/api/v1/jobs", as: ana, body: large).status == 413)
        #expect(try await service.send("POST", "/api/v1/login", body: large).status == 413)
        #expect(try await service.send("POST", "/api/login", headers: [form], body: large).status == 413)
        let part = [TestPart("product", fileName: "x", large)]
        #expect(try await service.post("/rest/composite", as: ana, parts: part).status == 413)
        #expect(try await service.post("/api/upload", parts: part).status == 413)
        let bomb = String(repeating: "{\"a\":", count: 3000)
        #expect(try await service.send("POST", "/api/v1/jobs", as: ana, json: bomb).status == 400)
        let many = (0..<1200).map { TestPart("p\($0)", Data("x".utf8)) }
        #expect(try await service.post("/rest/composite", as: ana, parts: many).status == 413)

        // A byte each quarter of a second, with a length that it never reaches; and one without any length.
        let port = try #require(service.address.split(separator: ":").last.map(String.init))
        let files = "Content-Type: multipart/form-data; boundary=b\\r\\nContent-Length: 20000"
        for (path, fields) in [
            ("/api/v1/login", "Content-Type: application/json\\r\\nContent-Length: 5000"),
            ("/api/v1/login", "Content-Type: application/json\\r\\nTransfer-Encoding: chunked"), ("/api/upload", files),
        ] {
            let head = "POST \(path) HTTP/1.1\\r\\nHost: x\\r\\n\(fields)\\r\\n\\r\\n"
            let ended = try run("python3", ["-c", Self.slow, port, head]).output
            #expect(ended.contains(" 408 ") || ended.contains(" 400 ") || ended == "closed\n", "\(ended)")
        }
        #expect(try await service.get("/health").status == 200)
    }

    /// Sends on, however often it is answered, and says how it was answered and how the connection ended.
    private static let stubborn = """
        import socket, sys, time
        port, head, pause = int(sys.argv[1]), sys.argv[2], float(sys.argv[3])
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.sendall(head.encode().decode("unicode_escape").encode())
        connection.settimeout(pause)
        answer, end, start = b"", "held", time.time()
        while time.time() - start < 60:
            try:
                part = connection.recv(4096)
                if not part: end = "closed"; break
                answer += part
            except socket.timeout: pass
            except OSError: end = "closed"; break
            try: connection.sendall(b"x")
            except OSError: end = "closed"; break
        lines = answer.decode().lower().split("\\r\\n")
        print(lines[0].split(" ")[1] if answer else "-", "connection: close" in lines, end)
        """

    @Test func `who is refused gets the answer, and holds no connection by sending on`() async throws {
        let service = try TestService(file: "limits: {body_seconds: 2}\n")
        defer { service.close() }
        let port = try #require(service.address.split(separator: ":").last.map(String.init))
        let files = "Content-Type: multipart/form-data; boundary=b\\r\\nContent-Length: 9000000"
        for (path, fields, status) in [
            // Who may not, before the body; who is slow, after its time; who sends without a length.
            ("/rest/composite", files, "401"), ("/api/v1/login", "Content-Length: 5000", "408"),
            ("/api/v1/login", "Transfer-Encoding: chunked\\r\\n\\r\\n4000000\\r\\n", "408"), ("/none", files, "404"),
        ] {
            let head = "POST \(path) HTTP/1.1\\r\\nHost: x\\r\\n\(fields)\\r\\n\\r\\n"
            let ended = try run("python3", ["-c", Self.stubborn, port, head, "0.1"]).output
            #expect(ended == "\(status) True closed\n", "\(path) \(fields)")
        }
        // One that is heard to its end goes on, refused or not.
        let two =
            "GET /rest HTTP/1.1\\r\\nHost: x\\r\\n\\r\\nGET /health HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n"
        let script = """
            import socket, sys
            connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
            connection.sendall(sys.argv[2].encode().decode("unicode_escape").encode())
            answer = b""
            while part := connection.recv(4096): answer += part
            print(answer.decode().count("HTTP/1.1 "), answer.decode().split(" ")[1])
            """
        #expect(try run("python3", ["-c", script, port, two]).output == "2 401\n")
    }

    @Test func `passwords and tokens are in no log, and guessing them is slowed down`() async throws {
        let folder = try TemporaryFolder()
        let log = folder.path("service.log")
        let service = try TestService(options: ["--log-file", log, "-vvv"])
        defer { service.close() }
        let ana = try service.addUser("ana")
        let added = try service.antares(["users", "tokens", "add", "ana", "--log-file", log, "-vvv"])
        let token = added.output.trimmingCharacters(in: .newlines)
        let bearer = [(name: "Authorization", value: "Bearer \(token)")]
        _ = try await service.logIn(ana)
        let login = try await service.post("/api/login", form: [("request-json", "{\"apikey\": \"\(token)\"}")])
        let session = try #require(try login.object()["session"] as? String)
        _ = try await service.send("GET", "/api/v1/me?token=\(token)&password=\(ana.password)", headers: bearer)
        _ = try await service.get("/rest", as: ana)
        _ = try await service.post(
            "/api/url_upload",
            form: [("request-json", "{\"session\": \"\(session)\", \"url\": \"http://127.0.0.1/x?sig=top-secret\"}")]
        )
        _ = try await service.send(
            "POST",
            "/api/v1/login",
            json: "{\"name\": \"ana\", \"password\": \"\(ana.password)\",,}"
        )
        _ = try await service.send("GET", "/api/v1/none?x=\(token)", headers: bearer)
        _ = try await service.get("/rest", as: .init(name: "ana", password: "wrong-guess"))
        // The submission has failed by now, and said so.
        while try String(contentsOfFile: log, encoding: .utf8).contains("submission 1 failed") == false {
            try await Task.sleep(for: .milliseconds(100))
        }
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains("path=/api/v1/me"))
        for secret in [ana.password, token, session, "top-secret", "wrong-guess"] { #expect(!text.contains(secret)) }

        var statuses: [Int] = []
        for number in 0..<12 {
            statuses.append(try await service.get("/rest", as: .init(name: "ana", password: "guess \(number)")).status)
        }
        #expect(statuses.first == 401 && statuses.last == 429)
        #expect(
            try await service.send("POST", "/api/v1/login", json: "{\"name\": \"a\", \"password\": \"b\"}").status
                == 429
        )
        let nova = try await service.post("/api/login", form: [("request-json", "{\"apikey\": \"guess\"}")])
        #expect(nova.status == 429)
    }
}
