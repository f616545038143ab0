import Foundation
import TestSupport
import Testing

/// A running service under programs that others have made for UWS 1.1.
struct ConformanceTests {
    /// A service with the sleeping job type; requests come often, and short waits are enough.
    static func service(
        _ more: String = "",
        limits: String = "jobs: 2",
        wait: Int = 5
    ) throws -> (TestService, TestService.User, TemporaryFolder) {
        let folder = try TemporaryFolder()
        _ = try folder.write(sleepingJobType, to: "descriptions/sleep.json")
        let file = """
            folder: \(folder.path)
            trusted_proxies: [127.0.0.1/32]
            limits: {requests_at_once: 100000, requests_per_second: 100000, wait_seconds: \(wait), \(limits)}
            \(more)
            """
        let service = try TestService(file: file)
        return (service, try service.addUser("ann"), folder)
    }

    @Test(.enabled(if: TestUWS.isAvailable && TestUWS.schema != nil))
    func `the rules of UWS hold, in every document and for every client's habits`() throws {
        let (service, user, _) = try Self.service()
        defer { service.close() }
        let other = try service.addUser("eve")
        let result = try TestUWS.run(
            "uws_rules.py",
            [
                "\(service.address)/rest/sleep", user.name, user.password, TestUWS.schema ?? "", other.name,
                other.password,
            ]
        )
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains(#/[34]\d\d rules hold, 0 are broken/#))
    }

    @Test(.enabled(if: TestUWS.isAvailable)) func `pyvo and uws-client work with it`() throws {
        let (service, user, _) = try Self.service()
        defer { service.close() }
        let result = try TestUWS.run(
            "uws_clients.py",
            ["\(service.address)/rest/sleep", user.name, user.password]
        )
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.split(separator: "\n").count { $0.hasPrefix("ok: ") } == 26)
    }

    /// The checkout of uws-validator and the Python to run it with.
    private static let validator: (folder: String, python: String)? = {
        guard let folder = Checkout.folder(of: "uws-validator") else { return nil }
        guard let programs = VirtualEnvironment.programs(of: "behave") else {
            announceSkipped("uws-validator's scenarios", because: "The environment behave cannot be made.")
            return nil
        }
        return (folder, programs + "/python")
    }()

    @Test(.enabled(if: validator != nil)) func `every scenario of uws-validator passes`() throws {
        // Its longest wait is of ten seconds.
        let (service, user, _) = try Self.service(limits: "jobs: 2", wait: 11)
        defer { service.close() }
        let validator = try #require(Self.validator)
        let script = repository.appending(path: "Tests/Python/uws_validator.py").path
        let words = [script, validator.folder, service.address, "rest/sleep", user.name, user.password]
        let result = try run(validator.python, ["-W", "ignore"] + words)
        #expect(result.status == 0, "\(result.output)\(result.errors)")
        #expect(result.output.contains("73 scenarios passed, 0 failed, 0 skipped"))
    }

    @Test(.enabled(if: TestUWS.schemathesis != nil)) func `it answers as its OpenAPI document says`() throws {
        let (service, user, _) = try Self.service()
        defer { service.close() }
        let root = try service.addUser("root", "--administrator")
        // Wrong passwords keep their sender waiting, and are tried last; accounts are for administrators.
        let passwords = "^/api/(v1/)?(login|password)"
        let accounts = "^/(api/v1/(users|groups)|scim)"
        // Names that answers hold are not used there: it would take its own account away.
        let phases = ["examples", "coverage", "fuzzing"].map {
            "[phases.\($0).extra-data-sources]\nresponses = false\n"
        }
        let alone = try TemporaryFolder()
        let configuration = try alone.write(phases.joined(), to: "schemathesis.toml")
        var (selected, totals): (Int, Set<Int>) = (0, [])
        for (user, words) in [
            (user, ["--exclude-path-regex", "\(passwords)|\(accounts)"]), (root, ["--include-path-regex", accounts]),
            (user, ["--include-path-regex", passwords]),
        ] {
            let result = try run(
                try #require(TestUWS.schemathesis),
                (words[1] == accounts ? ["--config-file", configuration] : []) + [
                    "run", "\(service.address)/openapi.json", "--url", service.address, "--auth",
                    "\(user.name):\(user.password)", "--max-examples", "10", "--seed", "7", "--phases",
                    "examples,coverage,fuzzing", "--checks",
                    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
                ] + words
            )
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let counts = try #require(result.output.firstMatch(of: #/(\d+) selected \/ (\d+) total/#))
            totals.insert(Int(counts.2) ?? 0)
            selected += Int(counts.1) ?? 0
            guard words[1] != passwords else { continue }
            // Nobody was turned away at the door.
            let metrics = try run("curl", ["-s", service.address + "/metrics"]).output
            #expect(metrics.contains(#/status="200"/#) && !metrics.contains(#/status="429"/#), "\(metrics)")
        }
        // Each operation of the document once, but for the document's own address.
        #expect(totals == [102] && selected == 102)
    }

    @Test(.enabled(if: TestUWS.hasTaplint)) func `the UWS stage of taplint finds no error, through a proxy`() throws {
        let (service, user, _) = try Self.service()
        defer { service.close() }
        let port = service.address.split(separator: ":").last.map(String.init) ?? ""
        let script = repository.appending(path: "Tests/Python/tap_proxy.py").path
        let proxy = try WebServer(python: "python3", [script, port, "sleep", user.name, user.password])
        defer { proxy.close() }
        let base = proxy.address
        let result = try run(
            "/usr/bin/stilts",
            [
                "taplint", "stages=UWS", "interface=tap1.1", "capabilitiesurl=\(base)/capabilities",
                "asyncurl=\(base)/rest/sleep", "syncurl=\(base)/sync/sleep", "tapurl=\(base)/rest",
            ]
        )
        #expect(result.output.contains("Totals: Errors: 0; Warnings: 0"), "\(result.output)\(result.errors)")
        #expect(result.output.contains("Created new job \(base)/rest/sleep/"))
    }
}
