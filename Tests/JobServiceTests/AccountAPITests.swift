import Foundation
import TestSupport
import Testing

extension TestService {
    /// Sends a JSON document.
    func send(
        _ method: String,
        _ path: String,
        as user: User? = nil,
        headers: [(name: String, value: String)] = [],
        json: String
    ) async throws -> TestAnswer {
        let type = (name: "Content-Type", value: "application/json")
        return try await send(method, path, as: user, headers: [type] + headers, body: Data(json.utf8))
    }

    /// A browser after it has logged in: its cookie, and what forms bring along.
    func logIn(_ user: User) async throws -> (cookie: (name: String, value: String), csrf: String) {
        let answer = try await send(
            "POST",
            "/api/v1/login",
            json: "{\"name\": \"\(user.name)\", \"password\": \"\(user.password)\"}"
        )
        guard let cookie = answer["Set-Cookie"]?.prefix(while: { $0 != ";" }),
            let csrf = try answer.object()["csrf"] as? String
        else { throw BadAnswer("\(answer.status) \(answer.text)") }
        return (("Cookie", String(cookie)), csrf)
    }
}

@Suite struct AccountAPITests {
    @Test func `browsers log in by a cookie that scripts cannot read, a new one each time`() async throws {
        let service = try TestService()
        defer { service.close() }
        let ana = try service.addUser("ana")
        let login = "{\"name\": \"ana\", \"password\": \"\(ana.password)\"}"
        let answer = try await service.send("POST", "/api/v1/login", json: login)
        #expect(answer.status == 200)
        let cookie = try #require(answer["Set-Cookie"])
        for word in ["HttpOnly", "SameSite=Strict", "Path=/", "antares_session="] { #expect(cookie.contains(word)) }
        #expect(!cookie.contains("Secure") && answer["Cache-Control"] == "no-store")
        #expect(try answer.object()["name"] as? String == "ana")

        // Fixation: a browser that comes with a session's word gets another one, and the old one is over.
        let first = (name: "Cookie", value: String(cookie.prefix { $0 != ";" }))
        let again = try await service.send("POST", "/api/v1/login", headers: [first], json: login)
        let second = (name: "Cookie", value: String(try #require(again["Set-Cookie"]).prefix { $0 != ";" }))
        #expect(second.value != first.value)
        #expect(try await service.send("GET", "/api/v1/me", headers: [first]).status == 401)
        let forged = (name: "Cookie", value: "antares_session=chosen-by-somebody-else")
        let third = try await service.send("POST", "/api/v1/login", headers: [forged], json: login)
        #expect(third["Set-Cookie"]?.contains("chosen") == false)
        #expect(try await service.send("GET", "/api/v1/me", headers: [forged]).status == 401)

        let me = try await service.send("GET", "/api/v1/me", headers: [second]).object()
        #expect(me["means"] as? String == "session" && me["administrator"] as? Bool == false)
        let csrf = (name: "X-CSRF-Token", value: try #require(me["csrf"] as? String))

        // Changes of a session need its own word, of the header or the form.
        let token = "{\"label\": \"x\", \"days\": 3}"
        #expect(try await service.send("POST", "/api/v1/tokens", headers: [second], json: token).status == 403)
        let wrong = (name: "X-CSRF-Token", value: "x")
        #expect(try await service.send("POST", "/api/v1/tokens", headers: [second, wrong], json: token).status == 403)
        let made = try await service.send("POST", "/api/v1/tokens", headers: [second, csrf], json: token)
        #expect(made.status == 201)
        #expect(try await service.send("POST", "/api/v1/logout", headers: [second]).status == 403)
        #expect(try await service.send("POST", "/api/v1/logout", headers: [second, csrf]).status == 204)
        #expect(try await service.send("GET", "/api/v1/me", headers: [second]).status == 401)

        // A token is no password for a session: it may have fewer rights.
        let word = try #require(try made.object()["token"] as? String)
        let byToken = "{\"name\": \"ana\", \"password\": \"\(word)\"}"
        #expect(try await service.send("POST", "/api/v1/login", json: byToken).status == 401)
        #expect(try await service.get("/api/v1/me", as: .init(name: "ana", password: word)).status == 200)
        // Another site's page cannot log a browser in.
        let site = (name: "Sec-Fetch-Site", value: "cross-site")
        #expect(try await service.send("POST", "/api/v1/login", headers: [site], json: login).status == 403)
        let form = (name: "Content-Type", value: "application/x-www-form-urlencoded")
        let body = Data("name=ana&password=\(ana.password)".utf8)
        #expect(try await service.send("POST", "/api/v1/login", headers: [form], body: body).status == 200)
    }

    @Test func `administrators manage accounts by JSON, others only themselves`() async throws {
        let service = try TestService()
        defer { service.close() }
        let (root, ana) = (try service.addUser("root", "--administrator"), try service.addUser("ana"))
        for (method, path) in [
            ("GET", "/api/v1/users"), ("POST", "/api/v1/users"), ("GET", "/api/v1/users/root"),
            ("PATCH", "/api/v1/users/ana"), ("DELETE", "/api/v1/users/root"), ("GET", "/api/v1/groups"),
            ("PUT", "/api/v1/groups/g"), ("DELETE", "/api/v1/groups/g"),
        ] {
            let answer = try await service.send(method, path, as: ana, json: "{\"administrator\": true}")
            #expect(answer.status == 403, "\(method) \(path)")
            #expect(try await service.send(method, path, json: "{}").status == 401, "\(method) \(path)")
        }
        #expect(
            try await service.send("PUT", "/api/v1/groups/gis", as: root, json: "{\"roles\": [\"export\"]}").status
                == 200
        )
        let made = try await service.send(
            "POST",
            "/api/v1/users",
            as: root,
            json: "{\"name\": \"bob\", \"roles\": [], \"groups\": [\"gis\"], \"jobLimit\": 1}"
        )
        #expect(made.status == 201)
        let bob = TestService.User(name: "bob", password: try #require(try made.object()["password"] as? String))
        #expect(try await service.get("/api/v1/me", as: bob).object()["roles"] as? [String] == ["export"])
        #expect(try await service.get("/api/v1/users", as: root).text.contains(bob.password) == false)
        #expect(try await service.send("POST", "/api/v1/users", as: root, json: "{\"name\": \"bob\"}").status == 409)
        let typo = try await service.send("POST", "/api/v1/users", as: root, json: "{\"name\": \"c\",\n \"rolls\": []}")
        let error = try typo.object()
        #expect(typo.status == 400 && error["line"] as? Int == 2 && error["field"] as? String == "rolls")

        // Quotas: one job may wait or run, a second one may not.
        let job = "{\"kind\": \"export\", \"parameters\": {\"product\": \"none\"}}"
        let narrow = try await service.send("POST", "/api/v1/jobs", as: bob, json: "{\"kind\": \"ingest\"}")
        #expect(narrow.status == 403)
        _ = try await service.send("PATCH", "/api/v1/users/bob", as: root, json: "{\"jobLimit\": 0}")
        #expect(try await service.send("POST", "/api/v1/jobs", as: bob, json: job).status == 429)

        #expect(
            try await service.send("PATCH", "/api/v1/users/bob", as: root, json: "{\"active\": false}").status == 200
        )
        #expect(try await service.get("/api/v1/me", as: bob).status == 401)
        #expect(try await service.send("DELETE", "/api/v1/users/bob", as: root).status == 204)
        #expect(try await service.send("DELETE", "/api/v1/users/bob", as: root).status == 404)

        let wrong = try await service.send(
            "POST",
            "/api/v1/password",
            as: ana,
            json: "{\"old\": \"not this\", \"new\": \"a longer one\"}"
        )
        #expect(wrong.status == 403)
        let changed = try await service.send(
            "POST",
            "/api/v1/password",
            as: ana,
            json: "{\"old\": \"\(ana.password)\", \"new\": \"a longer one\"}"
        )
        #expect(changed.status == 204)
        #expect(try await service.get("/api/v1/me", as: ana).status == 401)
        #expect(try await service.get("/api/v1/me", as: .init(name: "ana", password: "a longer one")).status == 200)
    }

    @Test func `accounts are managed by commands, whose words hold no secret`() async throws {
        let service = try TestService()
        defer { service.close() }
        let ana = try service.addUser("ana", "--roles", "export")
        func line(_ words: String...) throws -> ShellResult { try service.antares(["users"] + words) }
        #expect(try line("groups", "set", "gis", "--roles", "ingest").status == 0)
        let set = try line("set", "ana", "--groups", "gis", "--limit", "3", "--email", "ana@example.org", "--json")
        #expect(set.status == 0)
        let shown = try #require(try JSONSerialization.jsonObject(with: Data(set.output.utf8)) as? [String: Any])
        #expect(shown["roles"] as? [String] == ["export"] && shown["groups"] as? [String] == ["gis"])
        #expect(shown["jobLimit"] as? Int == 3 && shown["email"] as? String == "ana@example.org")
        #expect(try line("groups", "list").output == "gis  ingest\n")
        #expect(try line("list").output == "ana  user  active  export  gis  ana@example.org\n")

        let token = try line("tokens", "add", "ana", "--label", "laptop", "--expires", "30d", "--roles", "ingest")
        let word = token.output.trimmingCharacters(in: .newlines)
        let bearer = [(name: "Authorization", value: "Bearer \(word)")]
        #expect(
            try await service.send("GET", "/api/v1/me", headers: bearer).object()["roles"] as? [String] == ["ingest"]
        )
        let list = try line("tokens", "list", "ana")
        #expect(list.output.contains("laptop") && !list.output.contains(word))
        let id = try #require(list.output.split(separator: " ").first)
        #expect(try line("tokens", "revoke", "ana", String(id)).status == 0)
        #expect(try await service.send("GET", "/api/v1/me", headers: bearer).status == 401)
        #expect(try line("tokens", "add", "ana", "--expires", "soon").status == 64)
        #expect(try line("tokens", "add", "nobody").status == 66)

        let other = try line("password", "ana").output.split(separator: " ").last
        #expect(try await service.get("/api/v1/me", as: ana).status == 401)
        let now = TestService.User(name: "ana", password: try #require(other).trimmingCharacters(in: .newlines))
        #expect(try await service.get("/api/v1/me", as: now).status == 200)
        #expect(try line("set", "ana", "--no-active").status == 0)
        #expect(try await service.get("/api/v1/me", as: now).status == 401)
        #expect(try line("set", "ana", "--groups", "none").status == 64)
        #expect(try line("remove", "ana", "--json").output.contains("\"removed\" : \"ana\""))
        #expect(try line("remove", "ana").status == 66)
        #expect(try line("groups", "remove", "gis").status == 0)
        #expect(try line("groups", "remove", "gis").status == 66)
    }
}
