import Foundation
import TestSupport
import Testing

@Suite struct JobAPITests {
    @Test func `jobs are made, listed by pages and filters, shown and removed`() async throws {
        let service = try TestService(file: "limits: {jobs: 1}\n")
        defer { service.close() }
        let (root, ana, bob) = (
            try service.addUser("root", "--administrator"), try service.addUser("ana"), try service.addUser("bob")
        )
        var ids: [String] = []
        for number in 0..<7 {
            let kind = number < 5 ? "export" : "composite"
            let made = try await service.send(
                "POST",
                "/api/v1/jobs",
                as: ana,
                json: "{\"kind\": \"\(kind)\", \"runId\": \"run \(number)\", \"run\": false}"
            )
            #expect(made.status == 201)
            let id = try #require(try made.object()["jobId"] as? String)
            #expect(made["Location"] == "\(service.address)/rest/\(kind)/\(id)")
            ids.append(id)
        }
        func list(_ query: String, as user: TestService.User) async throws -> (ids: [String], next: String?) {
            let object = try await service.get("/api/v1/jobs?\(query)", as: user).object()
            let jobs = try #require(object["jobs"] as? [[String: Any]])
            return (jobs.compactMap { $0["jobId"] as? String }, object["next"] as? String)
        }
        #expect(try await list("", as: ana).ids == Array(ids.reversed()))
        #expect(try await list("", as: bob).ids.isEmpty)
        #expect(try await list("owner=ana", as: root).ids.count == 7)
        #expect(try await list("owner=bob", as: root).ids.isEmpty)
        #expect(try await list("kind=composite", as: ana).ids == [ids[6], ids[5]])
        #expect(try await list("phase=QUEUED", as: ana).ids.isEmpty)
        #expect(try await service.get("/api/v1/jobs?owner=ana", as: bob).status == 403)
        // Pages of three: each job once, the last page says that it is one.
        var (pages, next): ([String], String?) = ([], "")
        var count = 0
        while let cursor = next {
            let page = try await list("limit=3" + (cursor.isEmpty ? "" : "&before=\(cursor)"), as: ana)
            pages += page.ids
            (next, count) = (page.next, count + 1)
        }
        #expect(pages == Array(ids.reversed()) && count == 3)
        for query in ["limit=0", "limit=x", "before=x", "phase=NONE", "after=x", "sort=id"] {
            let answer = try await service.get("/api/v1/jobs?\(query)", as: ana)
            #expect(answer.status == 400, "\(query): \(answer.text)")
        }
        let shown = try await service.get("/api/v1/jobs/\(ids[0])", as: ana).object()
        #expect(shown["phase"] as? String == "PENDING" && shown["runId"] as? String == "run 0")
        #expect(try await service.get("/api/v1/jobs/\(ids[0])", as: bob).status == 403)
        #expect(try await service.send("DELETE", "/api/v1/jobs/\(ids[0])", as: bob).status == 403)
        #expect(try await service.send("DELETE", "/api/v1/jobs/\(ids[0])", as: ana).status == 204)
        #expect(try await service.get("/api/v1/jobs/\(ids[0])", as: ana).status == 404)

        let types = try await service.get("/api/v1/job-types", as: ana).object()["jobTypes"] as? [[String: Any]]
        #expect(types?.contains { $0["name"] as? String == "ingest" } == true)
        #expect(try await service.get("/api/v1/job-types/ingest", as: ana).object()["name"] as? String == "ingest")
        #expect(try await service.get("/api/v1/job-types/none", as: ana).status == 404)
        #expect(try await service.get("/api/v1/job-types").status == 401)
    }

    @Test func `what is wrong in a document is named with its field, line and column`() async throws {
        let service = try TestService()
        defer { service.close() }
        let ana = try service.addUser("ana")
        func error(_ json: String) async throws -> (status: Int, document: [String: Any]) {
            let answer = try await service.send("POST", "/api/v1/jobs", as: ana, json: json)
            return (answer.status, try answer.object())
        }
        let syntax = try await error("{\n  \"kind\": \"export\",\n  \"né\": 1 2\n}")
        #expect(syntax.status == 400)
        #expect(syntax.document["line"] as? Int == 3 && syntax.document["column"] as? Int == 11)
        #expect(syntax.document["status"] as? Int == 400)
        #expect((syntax.document["error"] as? String)?.contains("line 3, column 11: needs ',' or '}' here") == true)
        let unknown = try await error("{\"kind\": \"export\",\n \"parameters\": {\n  \"prodct\": \"x\"}}")
        #expect(unknown.status == 400 && unknown.document["field"] as? String == "parameters.prodct")
        #expect(unknown.document["line"] as? Int == 3)
        #expect((unknown.document["error"] as? String)?.contains("Did you mean 'product'?") == true)
        let missing = try await error("{\"parameters\": {}}")
        #expect(missing.status == 400 && (missing.document["error"] as? String)?.contains("'kind'") == true)
        let type = try await error("{\"kind\": 7.5}")
        #expect(type.status == 400 && type.document["field"] as? String == "kind")
        #expect(try await error("{\"kind\": \"none\"}").status == 404)
        for body in ["", "[]", "1", "{", "\u{0}", String(repeating: "[", count: 5000)] {
            #expect(try await error(body).status == 400, "\(body.prefix(10))")
        }
        let broken = try await service.send("POST", "/api/v1/jobs", as: ana, body: Data([0x7B, 0xFF, 0xFE]))
        #expect(broken.status == 400)
    }

    /// The curl line of Jetstream Centro's manual, with its fields.
    @Test func `a run of Jetstream Centro's curl line becomes a job`() async throws {
        let service = try TestService()
        defer { service.close() }
        let (ana, bob) = (try service.addUser("ana"), try service.addUser("bob"))
        let run = """
            {"project": "maps-2026", "pipeline": "export@latest", "email": "ana@example.org, bob@example.org",
             "hpcAccount": "gis-7", "isilonPath": "/scratch/maps", "product": "none", "time": ["2017-01-01", "2017-12-31"]}
            """
        let file = try service.program.home.write(run, to: "run.json")
        func curl(_ file: String) throws -> (status: String, body: [String: Any]) {
            let answer = try TestSupport.run(
                "curl",
                [
                    "--silent", "--user", "\(ana.name):\(ana.password)", "--header", "Content-type: application/json",
                    "--request", "POST", "--data", "@\(file)", "--write-out", "\\n%{http_code}",
                    "\(service.address)/api/v1/new-run/",
                ]
            )
            let lines = answer.output.split(separator: "\n")
            let object = try JSONSerialization.jsonObject(with: Data((lines.first ?? "").utf8)) as? [String: Any]
            return (String(lines.last ?? ""), object ?? [:])
        }
        let made = try curl(file)
        #expect(made.status == "201", "\(made.body)")
        let id = try #require(made.body["id"] as? String)
        #expect(made.body["email"] as? [String] == ["ana@example.org", "bob@example.org"])
        #expect((made.body["pipeline"] as? String)?.hasPrefix("export@") == true)
        let shown = try await service.get("/api/v1/runs/\(id)", as: ana).object()
        #expect(shown["project"] as? String == "maps-2026" && shown["hpcAccount"] as? String == "gis-7")
        // There is no such product: the run fails, and its page says why.
        #expect(try await service.end(of: try #require(shown["href"] as? String), as: ana) == "ERROR")
        let ended = try await service.get("/api/v1/runs/\(id)", as: ana).object()
        #expect(ended["state"] as? String == "ERROR")
        #expect((ended["error"] as? String)?.isEmpty == false && (ended["log"] as? String)?.isEmpty == false)
        #expect(try await service.get("/api/v1/runs/\(id)", as: bob).status == 403)
        #expect(try await service.get("/api/v1/runs", as: bob).text == "{\"runs\":[]}")
        #expect(try await service.get("/api/v1/runs?project=maps-2026", as: ana).text.contains(id))

        for (change, field) in [
            ("\"project\": \"maps-2026\", ", "project"), ("\"hpcAccount\": \"gis-7\", ", "hpcAccount"),
            ("\"isilonPath\": \"/scratch/maps\", ", "isilonPath"), ("\"pipeline\": \"export@latest\", ", "pipeline"),
        ] {
            let text = run.replacing(change, with: "")
            let answer = try curl(try service.program.home.write(text, to: "wrong.json"))
            #expect(answer.status == "400" && (answer.body["error"] as? String)?.contains(field) == true, "\(field)")
        }
        for (old, new, field) in [
            ("export@latest", "export@0.0.1", "pipeline"), ("export@latest", "none@latest", "pipeline"),
            ("bob@example.org", "bob\\r\\nBcc: x@example.org", "email"), ("\"product\"", "\"prodct\"", "prodct"),
            ("maps-2026", "", "project"),
        ] {
            let text = run.replacing(old, with: new)
            let answer = try curl(try service.program.home.write(text, to: "wrong.json"))
            #expect(answer.status == "400" && answer.body["field"] as? String == field, "\(new): \(answer.body)")
        }
        let half = try curl(try service.program.home.write(String(run.prefix(60)), to: "wrong.json"))
        #expect(half.status == "400" && half.body["line"] as? Int == 1)
        #expect(try await service.send("POST", "/api/v1/new-run/", json: run).status == 401)
    }

    @Test func `schedules are made by JSON and by commands, and asked to run`() async throws {
        let service = try TestService()
        defer { service.close() }
        let (ana, bob) = (try service.addUser("ana"), try service.addUser("bob"))
        let made = try await service.send(
            "POST",
            "/api/v1/schedules",
            as: ana,
            json: """
                {"name": "nightly", "kind": "export", "parameters": {"product": "none"}, "cron": "30 4 * * mon-fri",
                 "zone": "America/Mexico_City"}
                """
        )
        #expect(made.status == 201, "\(made.text)")
        let id = try #require(try made.object()["id"] as? String)
        #expect((try made.object()["next"] as? String)?.hasSuffix("T10:30:00.000Z") == true)
        for (json, field) in [
            ("{\"kind\": \"export\", \"parameters\": {\"product\": \"x\"}, \"cron\": \"61 * * * *\"}", "cron"),
            (
                "{\"kind\": \"export\", \"parameters\": {\"product\": \"x\"}, \"cron\": \"@daily\", \"zone\": \"Mars\"}",
                "zone"
            ),
        ] {
            let answer = try await service.send("POST", "/api/v1/schedules", as: ana, json: json)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(try answer.object()["field"] as? String == field)
        }
        #expect(try await service.get("/api/v1/schedules", as: bob).text == "{\"schedules\":[]}")
        for (method, path) in [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/run")] {
            let answer = try await service.send(method, "/api/v1/schedules/\(id)\(path)", as: bob, json: "{}")
            #expect(answer.status == 403, "\(method)")
        }
        let paused = try await service.send("PATCH", "/api/v1/schedules/\(id)", as: ana, json: "{\"paused\": true}")
        #expect(try paused.object()["next"] as? String == nil && paused.status == 200)
        #expect(try await service.send("POST", "/api/v1/schedules/\(id)/run", as: ana).status == 202)
        var job: String?
        while job == nil {
            job = try await service.get("/api/v1/schedules/\(id)", as: ana).object()["lastJob"] as? String
            if job == nil { try await Task.sleep(for: .milliseconds(100)) }
        }
        let shown = try await service.get("/api/v1/jobs/\(try #require(job))", as: ana).object()
        #expect(shown["runId"] as? String == "nightly" && shown["ownerId"] as? String == "ana")
        #expect(try await service.send("DELETE", "/api/v1/schedules/\(id)", as: ana).status == 204)

        func line(_ words: String...) throws -> ShellResult { try service.antares(["schedules"] + words) }
        let added = try line(
            "add",
            "weekly",
            "--user",
            "ana",
            "--kind",
            "export",
            "--cron",
            "@weekly",
            "product=none"
        )
        #expect(added.status == 0, "\(added.errors)")
        let name = added.output.trimmingCharacters(in: .newlines)
        #expect(try line("list").output.contains("\(name)  ana  export  @weekly  UTC  next "))
        #expect(try await service.get("/api/v1/schedules/\(name)", as: ana).status == 200)
        #expect(try line("pause", name).output == "paused\n")
        #expect(try line("pause", name, "--resume").output.hasPrefix("next "))
        #expect(try line("run", name).status == 0)
        #expect(try line("remove", name).status == 0)
        #expect(try line("remove", name).status == 66)
        #expect(try line("add", "x", "--user", "nobody", "--kind", "export", "--cron", "@daily").status == 66)
        #expect(try line("add", "x", "--user", "ana", "--kind", "none", "--cron", "@daily").status == 66)
        #expect(
            try line("add", "x", "--user", "ana", "--kind", "export", "--cron", "daily", "product=x").status == 64
        )
    }
}
