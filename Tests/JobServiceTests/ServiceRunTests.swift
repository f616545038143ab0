import Foundation
import TestSupport
import Testing

/// A service that is stopped, killed, loaded and encrypted.
struct ServiceRunTests {
    /// Asks the program that reads a service file to end, as systemd does, and waits until it has.
    private func terminate(_ file: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
        let own = names.filter { name in
            let words = FileManager.default.contents(atPath: "/proc/\(name)/cmdline") ?? Data()
            let program = FileManager.default.contents(atPath: "/proc/\(name)/comm") ?? Data()
            return String(decoding: program, as: UTF8.self) == "antares\n"
                && String(decoding: words, as: UTF8.self).contains(file)
        }
        #expect(own.count == 1)
        for pid in own.compactMap({ pid_t($0) }) {
            kill(pid, SIGTERM)
            while kill(pid, 0) == 0, FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")?.isEmpty == false {
                usleep(20_000)
            }
        }
    }

    /// - Throws: `BadAnswer` for a job that ends before.
    private func waitUntilRunning(_ job: String, _ service: TestService, _ user: TestService.User) async throws {
        while true {
            let phase = try await service.get(job + "/phase", as: user).text
            if phase == "EXECUTING" { return }
            guard phase == "QUEUED" else { throw TestService.BadAnswer("job \(job) is \(phase)") }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    @Test func `a stop answers who waits and leaves jobs running, and the next start finds them`() async throws {
        let (service, ann, folder) = try ConformanceTests.service()
        defer { service.close() }
        let form = [(name: "until", value: folder.path("go")), (name: "PHASE", value: "RUN")]
        let job = try #require(try await service.post("/rest/sleep", as: ann, form: form)["Location"])
        try await waitUntilRunning(job, service, ann)
        async let waiting = service.get(job + "?WAIT=60&PHASE=EXECUTING", as: ann)
        try await Task.sleep(for: .milliseconds(300))
        try terminate("\(service.program.home.path)/service.yaml")
        #expect(try await waiting.text.contains("<uws:phase>EXECUTING</uws:phase>"))
        try service.restart()
        _ = try folder.write("", to: "go")
        #expect(try await service.end(of: job, as: ann) == "COMPLETED")
        let output = try await service.get(job + "/results/stdout", as: ann).text
        // Once: nothing was begun anew.
        #expect(output == "starting\n", "\(folder.path)")
    }

    @Test func `jobs whose programs and whose service are killed are taken up again`() async throws {
        let (service, ann, folder) = try ConformanceTests.service()
        defer { service.close() }
        let form = [(name: "until", value: folder.path("go")), (name: "PHASE", value: "RUN")]
        let job = try #require(try await service.post("/rest/sleep", as: ann, form: form)["Location"])
        let waiting = try #require(try await service.post("/rest/sleep", as: ann, form: form)["Location"])
        let id = String(job.split(separator: "/").last ?? "")
        try await waitUntilRunning(job, service, ann)
        _ = try run("/usr/bin/pkill", ["-KILL", "-f", "jobs start \(id)"])
        try service.restart()
        _ = try folder.write("", to: "go")
        #expect(try await service.end(of: job, as: ann) == "COMPLETED")
        #expect(try await service.end(of: waiting, as: ann) == "COMPLETED")
    }

    @Test func `no more jobs run at a time than may, and nobody's many jobs keep others waiting`() async throws {
        let (service, ann, folder) = try ConformanceTests.service(limits: "jobs: 2, jobs_per_user: 1")
        defer { service.close() }
        let bob = try service.addUser("bob")
        let form = [(name: "until", value: folder.path("go")), (name: "PHASE", value: "RUN")]
        var jobs: [String] = []
        for _ in 0..<3 {
            jobs.append(try #require(try await service.post("/rest/sleep", as: ann, form: form)["Location"]))
        }
        let own = try #require(try await service.post("/rest/sleep", as: bob, form: [("PHASE", "RUN")])["Location"])
        #expect(try await service.end(of: own, as: bob) == "COMPLETED")
        let phases = try await service.get("/rest/sleep?PHASE=QUEUED&PHASE=EXECUTING", as: ann).text
        #expect(phases.matches(of: #/<uws:phase>EXECUTING</#).count <= 1)
        #expect(phases.matches(of: #/<uws:jobref /#).count == 3)
        _ = try folder.write("", to: "go")
        for job in jobs { #expect(try await service.end(of: job, as: ann) == "COMPLETED") }
    }

    @Test(.enabled(if: TestUWS.isAvailable))
    func `what random clients are told has an order, though the service is killed`() async throws {
        let (service, ann, _) = try ConformanceTests.service()
        defer { service.close() }
        let clients = Task.detached { [address = service.address] in
            try TestUWS.run("service_history.py", ["\(address)/rest/sleep", ann.name, ann.password, "15", "8"])
        }
        for _ in 0..<3 {
            try await Task.sleep(for: .seconds(4))
            try service.restart()
        }
        let result = try await clients.value
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains(" 0 problems"))
    }

    @Test(.enabled(if: TestUWS.isAvailable)) func `many clients wait for one job`() throws {
        let (service, ann, _) = try ConformanceTests.service()
        defer { service.close() }
        #expect(try service.antares(["users", "set", "ann", "--limit", "100000"]).status == 0)
        let result = try TestUWS.run(
            "service_load.py",
            ["\(service.address)/rest/sleep", ann.name, ann.password, "200", "500"]
        )
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("\"waiting\": 500"))
    }

    @Test func `it speaks TLS with the certificate of its file`() throws {
        let folder = try TemporaryFolder()
        let (key, certificate) = (folder.path("key.pem"), folder.path("cert.pem"))
        let made = try run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
            ]
        )
        #expect(made.status == 0, "\(made.errors)")
        let (service, _, _) = try ConformanceTests.service("tls: {certificate: \(certificate), key: \(key)}")
        defer { service.close() }
        let address = service.address.replacing("http:", with: "https:") + "/health"
        let answer = try run("/usr/bin/curl", ["-sSi", "--cacert", certificate, address])
        #expect(answer.output.contains("{\"status\":\"ok\"}"), "\(answer.errors)")
        #expect(answer.output.lowercased().contains("strict-transport-security: max-age="))
        let unknown = try run("/usr/bin/curl", ["-sS", address])
        #expect(unknown.status == 60)
    }
}
