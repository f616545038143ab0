import Foundation
import Jobs
import TestSupport
import Testing

/// What those who run a service see of it, set and put before it.
@Suite struct OperationTests {
    private typealias Header = (name: String, value: String)

    @Test func `a trusted proxy says address, scheme and client, and nobody else does`() async throws {
        let told: [Header] = [
            ("X-Forwarded-Host", "maps.example.org"), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-For", "203.0.113.9, 198.51.100.7"),
        ]
        for isTrusted in [true, false] {
            let folder = try TemporaryFolder()
            let log = folder.path("service.log")
            let service = try TestService(
                file: isTrusted ? "trusted_proxies: [127.0.0.1/32]\n" : "port: 0\n",
                options: ["-v", "--log-file", log]
            )
            defer { service.close() }
            let ana = try service.addUser("ana")
            let base = isTrusted ? "https://maps.example.org" : service.address
            let made = try await service.send("POST", "/rest/composite", as: ana, headers: told)
            let job = try #require(made["Location"])
            #expect(job.hasPrefix(base + "/rest/composite/"))
            #expect((made["Strict-Transport-Security"] != nil) == isTrusted)
            let path = "/rest/composite/" + (job.split(separator: "/").last ?? "")
            let document = try await service.send("GET", "/rest/composite", as: ana, headers: told).text
            #expect(document.contains("xlink:href=\"\(base)\(path)\""), "\(document)")
            let json = "{\"name\": \"ana\", \"password\": \"\(ana.password)\"}"
            let login = try await service.send("POST", "/api/v1/login", headers: told, json: json)
            #expect(login["Set-Cookie"]?.contains("Secure") == isTrusted)
            // A client may write what it likes before the proxy's own word.
            let said = try String(contentsOfFile: log, encoding: .utf8)
            #expect(said.contains("client=\(isTrusted ? "198.51.100.7" : "127.0.0.1")"), "\(said)")
            #expect(!said.contains("client=203.0.113.9"))
            // A host that is no host goes into no address.
            let evil: [Header] = [
                ("X-Forwarded-Host", "evil.example/x?\"><script>"), ("X-Forwarded-Proto", "javascript"),
            ]
            let other = try await service.send("POST", "/rest/composite", as: ana, headers: evil)
            #expect(other["Location"]?.hasPrefix("http://127.0.0.1:") == true, "\(other["Location"] ?? "")")
        }
    }

    @Test func `the address of the service file is the one of every document`() async throws {
        let service = try TestService(file: "base_url: https://maps.example.org/uws/\n")
        defer { service.close() }
        let ana = try service.addUser("ana")
        let made = try await service.post("/rest/composite", as: ana, form: [])
        #expect(made["Location"]?.hasPrefix("https://maps.example.org/uws/rest/composite/") == true)
        let capabilities = try await service.get("/capabilities").text
        #expect(
            capabilities.contains("<accessURL use=\"base\">https://maps.example.org/uws/rest/composite</accessURL>")
        )
    }

    @Test func `too many requests of one address are refused for a while, and those of others are not`() async throws {
        let service = try TestService(
            file: "trusted_proxies: [127.0.0.1/32]\nlimits: {requests_at_once: 5, requests_per_second: 0.001}\n"
        )
        defer { service.close() }
        let mine: [Header] = [("X-Forwarded-For", "203.0.113.9")]
        var answers: [TestAnswer] = []
        for _ in 0..<7 { answers.append(try await service.send("GET", "/availability", headers: mine)) }
        #expect(answers.map(\.status) == [200, 200, 200, 200, 200, 429, 429])
        #expect(answers.last?["Retry-After"] == "5")
        let others: [Header] = [("X-Forwarded-For", "203.0.113.10")]
        #expect(try await service.send("GET", "/availability", headers: others).status == 200)
    }

    @Test func `a request has an id that the client may choose, in the answer and in the log`() async throws {
        let folder = try TemporaryFolder()
        let log = folder.path("service.log")
        let service = try TestService(options: ["-v", "--log-file", log])
        defer { service.close() }
        let chosen = try await service.send("GET", "/health?token=secret", headers: [("X-Request-ID", "run-7.a_b")])
        #expect(chosen["X-Request-ID"] == "run-7.a_b")
        let forged = try await service.send("GET", "/health", headers: [("X-Request-ID", "a b\" status=200 x=\"")])
        let own = try #require(forged["X-Request-ID"])
        #expect(own.wholeMatch(of: #/[A-Za-z0-9._-]{1,64}/#) != nil)
        let said = try String(contentsOfFile: log, encoding: .utf8)
        let lines = said.split(separator: "\n").filter { $0.contains("path=/health") }
        #expect(lines.count == 2 && !said.contains("secret") && !said.contains("a b"), "\(said)")
        for (line, id) in zip(lines, ["run-7.a_b", own]) {
            #expect(
                line.contains("request=\(id)") && line.contains("method=GET") && line.contains("status=200"),
                "\(line)"
            )
            #expect(line.contains("milliseconds="))
        }
    }

    @Test func `the counts for Prometheus are those of what was asked and made, in its format`() async throws {
        let (service, ann, _) = try ConformanceTests.service()
        defer { service.close() }
        for _ in 0..<3 { _ = try await service.get("/rest/none", as: ann) }
        let job = try #require(try await service.post("/rest/sleep", as: ann, form: [("PHASE", "RUN")])["Location"])
        #expect(try await service.end(of: job, as: ann) == "COMPLETED")
        _ = try await service.post("/rest/sleep", as: ann, form: [])
        let answer = try await service.get("/metrics")
        #expect(answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        let lines = answer.text.split(separator: "\n").map(String.init)
        var (types, samples): ([String: String], [String: Double]) = ([:], [:])
        for line in lines where !line.hasPrefix("# HELP ") {
            if let match = line.wholeMatch(of: #/# TYPE (\w+) (counter|gauge|histogram)/#) {
                types[String(match.1)] = String(match.2)
                continue
            }
            let match = try #require(
                line.wholeMatch(of: #/((\w+?)(_bucket|_sum|_count)?(\{.*\})?) ([0-9.e+-]+)/#),
                "\(line)"
            )
            #expect(types[String(match.2)] != nil || types[String(match.1.prefix { $0 != "{" })] != nil, "\(line)")
            #expect(samples.updateValue(try #require(Double(match.5)), forKey: String(match.1)) == nil, "\(line)")
        }
        #expect(samples["antares_http_requests_total{method=\"GET\",status=\"404\"}"] == 3)
        #expect(samples["antares_http_requests_total{method=\"POST\",status=\"303\"}"] == 2)
        #expect(samples["antares_jobs{phase=\"COMPLETED\"}"] == 1 && samples["antares_jobs{phase=\"PENDING\"}"] == 1)
        #expect(samples["antares_job_programs"] == 0 && samples["antares_waiting_requests"] == 0)
        // Buckets hold what the ones before them hold.
        let name = "antares_http_request_duration_seconds"
        let buckets = lines.filter { $0.hasPrefix(name + "_bucket") }.compactMap {
            samples["\($0.split(separator: " ")[0])"]
        }
        #expect(buckets == buckets.sorted() && buckets.last == samples[name + "_count"])
        let requests = samples.filter { $0.key.hasPrefix("antares_http_requests_total") }.values.reduce(0, +)
        #expect(requests == samples[name + "_count"])
    }

    @Test func `a store that does not answer is said to be so`() async throws {
        let service = try TestService()
        defer { service.close() }
        #expect(try await service.get("/health").text == "{\"status\":\"ok\"}")
        #expect(try await service.get("/availability").text.contains("<vosi:available>true</vosi:available>"))
        for name in service.program.home.files() where name.contains("jobs.sqlite") {
            let path = service.program.home.path(name)
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            let handle = try #require(FileHandle(forWritingAtPath: path))
            try handle.write(contentsOf: Data(repeating: 0x5A, count: size))
            try handle.close()
        }
        let health = try await service.get("/health")
        #expect(health.status == 503 && health.text.contains("does not answer"), "\(health.text)")
        #expect(try await service.get("/availability").text.contains("<vosi:available>false</vosi:available>"))
    }

    @Test func `the limits of the service file hold for durations and destructions`() async throws {
        let service = try TestService(
            file: """
                limits:
                  execution_seconds: 60
                  execution_most: 100
                  destruction_seconds: 1000
                  destruction_most: 5000
                """
        )
        defer { service.close() }
        let ana = try service.addUser("ana")
        func job(_ form: [(name: String, value: String)]) async throws -> (duration: String, left: Double) {
            let job = try #require(try await service.post("/rest/composite", as: ana, form: form)["Location"])
            let end = try await service.get(job + "/destruction", as: ana).text
            let left = try #require(Instant(end)).seconds(since: .now)
            return (try await service.get(job + "/executionduration", as: ana).text, left)
        }
        let usual = try await job([])
        #expect(usual.duration == "60" && (900...1000).contains(usual.left))
        let asked = try await job([("EXECUTIONDURATION", "90"), ("DESTRUCTION", "2999-01-01T00:00:00Z")])
        #expect(asked.duration == "90" && (4900...5000).contains(asked.left))
        // Zero is as long as it takes, which is more than the most.
        #expect(try await job([("EXECUTIONDURATION", "0")]).duration == "100")
        #expect(try await job([("EXECUTIONDURATION", "101")]).duration == "100")
    }

    @Test func `without an account nothing is made or seen, unless the service file says so, and then no scripts`()
        async throws
    {
        for isOpen in [false, true] {
            let folder = try TemporaryFolder()
            _ = try folder.write(sleepingJobType, to: "descriptions/sleep.json")
            let service = try TestService(file: "folder: \(folder.path)\nallow_anonymous: \(isOpen)\n")
            defer { service.close() }
            let ana = try service.addUser("ana")
            let hers = try #require(try await service.post("/rest/composite", as: ana, form: [])["Location"])
            let made = try await service.post("/rest/composite", form: [])
            #expect(made.status == (isOpen ? 303 : 401))
            #expect(try await service.post("/rest/sleep", form: []).status == 401)
            for path in ["/rest", "/rest/composite", "/api/v1/jobs", "/jdl", "/events/jobs"]
            where !isOpen || path == "/rest" {
                let expected = isOpen || path == "/jdl" ? 200 : 401
                #expect(try await service.get(path).status == expected, "\(path)")
            }
            #expect(try await service.get(hers).status == (isOpen ? 403 : 401))
            guard let job = made["Location"] else { continue }
            #expect(try await service.get(job).status == 200)
            #expect(try await service.get(job, as: ana).status == 403)
            #expect(try await service.get("/rest/composite").text.matches(of: #/<uws:jobref /#).count == 1)
        }
    }

    @Test func `every command about accounts has a document for programs`() throws {
        let service = try TestService()
        defer { service.close() }
        func object(_ words: String...) throws -> Any {
            let result = try service.antares(["users"] + words + ["--json"])
            #expect(result.status == 0, "\(words): \(result.errors)")
            return try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        }
        func value(_ object: Any, _ key: String) -> String { "\((object as? [String: Any])?[key] ?? "-")" }
        let added = try object("add", "ana", "--roles", "export")
        #expect(value(added, "name") == "ana" && value(added, "password").count > 12)
        #expect(value(try object("set", "ana", "--limit", "3"), "jobLimit") == "3")
        #expect(value(try object("groups", "set", "gis", "--roles", "ingest"), "name") == "gis")
        #expect("\(try object("groups", "list"))".contains("ingest"))
        #expect(value(try object("password", "ana"), "password") != value(added, "password"))
        let token = try object("tokens", "add", "ana", "--label", "laptop", "--expires", "2d")
        #expect(value(token, "label") == "laptop" && value(token, "token").count > 20)
        #expect(!"\(try object("tokens", "list", "ana"))".contains(value(token, "token")))
        #expect("\(try object("tokens", "revoke", "ana", value(token, "id")))".contains(value(token, "id")))
        #expect(value(try object("groups", "remove", "gis"), "removed") == "gis")
        #expect("\(try object("list"))".contains("ana"))
        #expect(value(try object("remove", "ana"), "removed") == "ana")
        // A failure is a document too.
        let failed = try service.antares(["users", "remove", "ana", "--json"])
        let error = try JSONSerialization.jsonObject(with: Data(failed.errors.utf8))
        #expect(
            failed.status == 66 && failed.output.isEmpty && value(error, "error").contains("ana"),
            "\(failed.errors)"
        )
    }

    @Test(.enabled(if: isInstalled("systemd-analyze")))
    func `systemd takes the unit of the documentation, and the program the command line in it`() throws {
        let text = try String(contentsOf: repository.appending(path: "docs/service.md"), encoding: .utf8)
        let block = try #require(text.firstMatch(of: #/```ini\n((?s).*?)```/#)).1
        let folder = try TemporaryFolder()
        let program = try BuiltProgram()
        let command = try #require(block.firstMatch(of: #/ExecStart=\S*\/antares (.*)/#)).1
        let unit = block.replacing("/usr/local/bin/antares", with: "/bin/true").replacing(
            "User=antares",
            with: "User=root"
        )
        let path = try folder.write(String(unit), to: "antares.service")
        let verified = try run("systemd-analyze", ["verify", "--man=no", path])
        #expect(verified.status == 0 && !verified.errors.contains("antares.service:"), "\(verified.errors)")
        // The files that it names are missing, which is found after the words are understood.
        let started = try program.run(command.split(separator: " ").map(String.init))
        #expect(started.status != 64 && started.errors.contains("/etc/antares/service.yaml"), "\(started.errors)")
    }
}
