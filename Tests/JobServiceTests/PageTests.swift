import Foundation
import TestSupport
import Testing

/// The pages as a browser asks for them, without one.
@Suite struct PageTests {
    /// One service for all tests: each has users of its own.
    private static let service = Result { try TestService() }

    /// A browser in which somebody has logged in.
    private struct Browser {
        let service: TestService
        let cookie: String
        let formToken: String

        init(_ service: TestService, _ user: TestService.User) async throws {
            let form = [(name: "user", value: user.name), (name: "password", value: user.password)]
            let answer = try await service.post("/login", form: form)
            try #require(answer.status == 303)
            let header = try #require(answer["Set-Cookie"])
            #expect(header.contains("HttpOnly") && header.contains("SameSite=Lax") && header.contains("Path=/"))
            let word = String(header.prefix { $0 != ";" })
            let page = try await service.send("GET", "/", headers: [("Cookie", word), ("Accept", "text/html")])
            let match = try #require(page.text.firstMatch(of: #/data-csrf="([^"]+)"/#))
            (self.service, cookie, formToken) = (service, word, String(match.1))
        }

        func get(_ path: String, accept: String = "text/html") async throws -> TestAnswer {
            try await service.send("GET", path, headers: [("Cookie", cookie), ("Accept", accept)])
        }

        func post(_ path: String, _ form: [(String, String)], token: String? = nil) async throws -> TestAnswer {
            func escaped(_ text: String) -> String {
                text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
            }
            let fields = [("csrf", token ?? formToken)] + form
            let body = fields.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
            return try await service.send(
                "POST",
                path,
                headers: [
                    ("Cookie", cookie), ("Accept", "text/html"), ("Content-Type", "application/x-www-form-urlencoded"),
                ],
                body: Data(body.utf8)
            )
        }

        /// The name of a new job of the type `composite`.
        func makeJob(_ form: [(String, String)]) async throws -> String {
            let made = try await post("/new/composite", form)
            try #require(made.status == 303, "\(made.text)")
            return try #require(made["Location"]?.split(separator: "/").last.map(String.init))
        }
    }

    private func browser(_ name: String, _ options: String...) async throws -> Browser {
        let service = try Self.service.get()
        let words = ["users", "add", name] + options
        let added = try service.antares(words)
        let password = try #require(added.output.split(separator: "\n").first?.split(separator: " ").last)
        return try await Browser(service, .init(name: name, password: String(password)))
    }

    @Test func `pages lead who has not logged in to the login and back, and nowhere else`() async throws {
        let service = try Self.service.get()
        let asked = try await service.get("/jobs?type=composite", accept: "text/html")
        #expect(asked.status == 303)
        #expect(asked["Location"] == "/login?next=%2Fjobs%3Ftype%3Dcomposite")
        let user = try service.addUser("back")
        for (next, place) in [("/jobs", "/jobs"), ("//evil.example", "/"), ("https://evil.example/", "/"), ("/\\evil", "/")] {
            let form = [("user", user.name), ("password", user.password), ("next", next)].map { (name: $0.0, value: $0.1) }
            #expect(try await service.post("/login", form: form)["Location"] == place)
        }
    }

    @Test func `a login ends the session that the browser came with`() async throws {
        let first = try await browser("fixed")
        let user = try first.service.addUser("attacker")
        let form = "user=\(user.name)&password=\(user.password)"
        let headers = [("Cookie", first.cookie), ("Content-Type", "application/x-www-form-urlencoded")]
        let answer = try await first.service.send("POST", "/login", headers: headers, body: Data(form.utf8))
        let word = try #require(answer["Set-Cookie"]?.prefix { $0 != ";" })
        #expect(String(word) != first.cookie)
        #expect(try await first.get("/jobs").status == 303, "the old session is over")
    }

    @Test func `a login from another site's page is refused`() async throws {
        let service = try Self.service.get()
        let user = try service.addUser("lured")
        let form = Data("user=\(user.name)&password=\(user.password)".utf8)
        let type = (name: "Content-Type", value: "application/x-www-form-urlencoded")
        let answer = try await service.send(
            "POST",
            "/login",
            headers: [type, ("Origin", "https://evil.example")],
            body: form
        )
        #expect(answer.status == 403)
        #expect(answer["Set-Cookie"] == nil)
    }

    @Test func `a form without the session's own word changes nothing`() async throws {
        let ana = try await browser("csrf")
        let id = try await ana.makeJob([("product", "p"), ("output", "o.tif")])
        for (path, form) in [
            ("/jobs/\(id)", [("action", "delete")]), ("/new/composite", [("product", "p")]),
            ("/custom", [("text", "{}")]), ("/accounts", [("action", "make-token"), ("label", "x")]), ("/logout", []),
        ] {
            #expect(try await ana.post(path, form, token: "wrong").status == 403, "\(path)")
        }
        #expect(try await ana.get("/jobs/\(id)").status == 200)
    }

    @Test func `what users write is text on every page, and no scripts run that are not ours`() async throws {
        let ana = try await browser("script")
        let evil = "\"><script>alert(1)</script>"
        let id = try await ana.makeJob([("product", evil), ("output", "o.tif"), ("RUNID", evil)])
        for path in ["/", "/jobs", "/jobs/\(id)", "/new/composite?from=\(id)", "/new/composite?product=%22%3E%3Cscript%3Ealert(1)"] {
            let page = try await ana.get(path)
            #expect(page.status == 200, "\(path)")
            #expect(!page.text.contains("<script>alert"), "\(path)")
            let policy = try #require(page["Content-Security-Policy"])
            #expect(policy.contains("default-src 'self'") && !policy.contains("unsafe-inline"))
            #expect(page.text.matches(of: #/<script(?![^>]*(src=|type="application/json"))/#).isEmpty)
            #expect(page.text.matches(of: #/ style="| on[a-z]+="/#).isEmpty, "no styles or scripts in attributes")
        }
    }

    @Test func `nobody but an administrator sees another's job`() async throws {
        let (ana, bo) = (try await browser("owner"), try await browser("other"))
        let id = try await ana.makeJob([("product", "p"), ("output", "o.tif")])
        for path in ["/jobs/\(id)", "/jobs/\(id)/tiles", "/jobs/\(id)/log?name=command.log", "/new/composite?from=\(id)"] {
            #expect(try await bo.get(path).status == 403, "\(path)")
        }
        #expect(try await bo.post("/jobs/\(id)", [("action", "delete")]).status == 403)
        #expect(!(try await bo.get("/jobs?owner=all").text.contains(id)))
        let root = try await browser("chief", "--administrator")
        #expect(try await root.get("/jobs?owner=all").text.contains(id))
        #expect(!(try await root.get("/jobs").text.contains(id)))
    }

    @Test func `a form that is wrong says so beside its field and keeps the rest`() async throws {
        let ana = try await browser("wrong")
        let page = try await ana.post("/new/composite", [("product", "kept"), ("output", ""), ("PHASE", "RUN")])
        #expect(page.status == 422)
        #expect(page.text.contains("value=\"kept\""))
        #expect(page.text.contains("<p class=\"error\" id=\"field-output-error\">A value is needed.</p>"))
        #expect(try await ana.get("/jobs").text.contains("There are no jobs yet."))
    }

    @Test func `a job that is not started can be changed and started by its page`() async throws {
        let ana = try await browser("edit")
        let id = try await ana.makeJob([("product", "first"), ("output", "o.tif")])
        #expect(try await ana.get("/jobs/\(id)").text.contains("value=\"first\""))
        let saved = try await ana.post("/jobs/\(id)", [("action", "save"), ("product", "second"), ("output", "")])
        #expect(saved.status == 303)
        let path = "/rest/composite/\(id)/parameters/product"
        #expect(try await ana.get(path, accept: "text/plain").text == "second")
        #expect(try await ana.get("/rest/composite/\(id)/parameters/output", accept: "text/plain").status == 404)
        #expect(try await ana.post("/jobs/\(id)", [("action", "save-start"), ("product", "x")]).status == 422)
        #expect(try await ana.post("/jobs/\(id)", [("action", "abort")]).status == 303)
        #expect(try await ana.post("/jobs/\(id)", [("action", "start")]).status == 403)
        #expect(try await ana.post("/jobs/\(id)", [("action", "delete")])["Location"] == "/jobs")
        #expect(try await ana.get("/jobs/\(id)").status == 404)
    }

    @Test func `browsers are led from the addresses of UWS to the pages, programs are not`() async throws {
        let ana = try await browser("led")
        let id = try await ana.makeJob([("product", "p"), ("output", "o.tif")])
        #expect(try await ana.get("/rest/composite/\(id)")["Location"] == "/jobs/\(id)")
        #expect(try await ana.get("/rest/composite")["Location"] == "/jobs?type=composite")
        #expect(try await ana.get("/rest/composite/\(id)", accept: "*/*").text.contains("<uws:jobId>\(id)"))
        #expect(try await ana.get("/rest/composite/\(id)", accept: "application/json").status == 200)
    }

    @Test func `the list shows a hundred jobs, and the older ones behind them`() async throws {
        let ana = try await browser("many")
        for number in 0..<103 { _ = try await ana.makeJob([("product", "p"), ("output", "o.tif"), ("RUNID", "n\(number).")]) }
        let first = try await ana.get("/jobs")
        #expect(first.text.matches(of: #/<tr data-job=/#).count == 100)
        #expect(first.text.contains("n102.") && !first.text.contains("n2."))
        let query = try #require(first.text.firstMatch(of: #/href="\/jobs\?([^"]*before=[^"]+)"/#)?.1)
        let second = try await ana.get("/jobs?" + query.replacing("&amp;", with: "&"))
        #expect(second.text.matches(of: #/<tr data-job=/#).count == 3)
        #expect(second.text.contains("n2.") && second.text.contains("n0."))
        let none = try await ana.get("/jobs?phase=COMPLETED")
        #expect(none.text.contains("No job is like that."))
        #expect(try await ana.get("/jobs?from=2026-13-45").text.contains("is no day such as"))
    }

    @Test func `a job in JSON is checked with line and column`() async throws {
        struct Answer: Decodable { struct Mistake: Decodable { let line: Int, column: Int, message: String }; let mistakes: [Mistake] }
        let ana = try await browser("json")
        func check(_ text: String) async throws -> [Answer.Mistake] {
            let headers = [("Cookie", ana.cookie), ("X-CSRF-Token", ana.formToken), ("Content-Type", "text/plain")]
            let answer = try await ana.service.send("POST", "/custom/check", headers: headers, body: Data(text.utf8))
            return try JSONDecoder().decode(Answer.self, from: answer.body).mistakes
        }
        let syntax = try await check("{\n  \"kind\": \"composite\",\n  \"parameters\": {\"product\": \"x\",}\n}")
        #expect(syntax.map(\.line) == [3] && syntax.map(\.column) == [33])
        let values = try await check("{\n  \"kind\": \"composite\",\n  \"parameters\": {\n    \"prodct\": \"x\",\n    \"output\": \"o\"\n  }\n}")
        #expect(values.map { "\($0.line):\($0.column)" } == ["4:5", "3:3"])
        #expect(values[0].message.contains("Did you mean 'product'?") && values[1].message.contains("'product' needs a value"))
        #expect(try await check("{\"kind\": \"nothing\"}").count == 1)
        #expect(try await check("{\"kind\": \"composite\", \"run\": false, \"parameters\": {\"product\": \"p\"}}").isEmpty)
        let text = "{\"kind\": \"composite\",\r\n \"run\": false,\r\n \"parameters\": {\"wrong\": 1}}"
        let page = try await ana.post("/custom", [("text", text)])
        #expect(page.status == 422 && page.text.contains("Line 3, column 17"))
    }

    @Test func `changes of jobs come as events, and the events end with the service`() async throws {
        let service = try TestService()
        let user = try service.addUser("live")
        let ana = try await Browser(service, user)
        let id = try await ana.makeJob([("product", "p"), ("output", "o.tif")])
        let events = Task {
            try await ana.service.send("GET", "/events/jobs?jobs=\(id):PENDING", headers: [("Cookie", ana.cookie)])
        }
        try await Task.sleep(for: .seconds(2))
        #expect(try await ana.post("/jobs/\(id)", [("action", "abort")]).status == 303)
        try await Task.sleep(for: .seconds(6))
        try service.terminate()
        let answer = try await events.value
        #expect(answer["Content-Type"] == "text/event-stream")
        #expect(answer.text.contains("event: job\ndata: {") && answer.text.contains("\"phase\":\"ABORTED\""))
        #expect(answer.text.contains(": still here"), "a sign of life")
        service.close()
    }

    @Test func `tiles and maps need an account, and say what they do not take`() async throws {
        let ana = try await browser("tiles")
        #expect(try await ana.service.get("/tiles/p/0/0/0.png").status == 401)
        #expect(try await ana.get("/tiles/p/3/8/0.png").status == 404, "there are eight columns")
        #expect(try await ana.get("/tiles/p/0/0/0.png?stretch=5,1").status == 400)
        #expect(try await ana.get("/tiles/p/0/0/0.png?bands=a,b").status == 400)
        #expect(try await ana.get("/tiles/p/0/0/0.png?time=lately").status == 400)
        #expect(try await ana.get("/assets/..%2Ftemplates%2Flayout.mustache").status == 404)
        #expect(try await ana.get("/assets/style.css")["Content-Type"] == "text/css; charset=utf-8")
    }
}
