import Foundation
import Jobs
import TestSupport
import Testing

/// What scripts of users get to see of the service, and what wrong descriptions of theirs do to it.
@Suite struct ScriptEnvironmentTests {
    @Test func `a script gets a short environment of its own, and nothing of the service's`() async throws {
        let service = try TestService(
            environment: [
                "AWS_SECRET_ACCESS_KEY": "the-secret", "DB_X_PASSWORD": "the-secret", "MY_TOKEN": "the-secret",
            ]
        )
        defer { service.close() }
        let root = try service.addUser("root", "--administrator")
        let show = JobDescription(
            name: "show",
            parameters: [ParameterDescription("text", defaultValue: "a")],
            results: [ResultDescription("list", contentType: "text/plain", pattern: "list.txt")],
            script:
                "#!/usr/bin/env -S env -u PWD sh\nenv > list.txt\ncat /proc/$PPID/environ > /dev/null 2>&1 || true\npwd\n"
        )
        let path = try service.program.home.write(show.json, to: "show.json")
        #expect(try service.antares(["job-types", "add", path]).status == 0)
        let form = [(name: "text", value: "é b"), (name: "PHASE", value: "RUN")]
        let job = try #require(try await service.post("/rest/show", as: root, form: form)["Location"])
        #expect(try await service.end(of: job, as: root) == "COMPLETED")
        let listed = try await service.get(job + "/results/list", as: root).text
        #expect(!listed.contains("the-secret"))
        let variables = Dictionary(
            listed.split(separator: "\n").map { line in
                let halves = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return (halves[0], halves.count > 1 ? halves[1] : "")
            },
            uniquingKeysWith: { first, _ in first }
        )
        #expect(
            Set(variables.keys).subtracting(["PWD", "OLDPWD", "SHLVL", "_"]) == [
                "PATH", "HOME", "LANG", "TZ", "text", "list", "ANTARES_JOB", "ANTARES_TASK", "ANTARES_ATTEMPT",
                "ANTARES_RESULTS", "ANTARES_TILES", "ANTARES_PARAM_TEXT", "ANTARES_PARAMETERS", "ANTARES_EVENT_SECRET",
            ],
            "\(variables.keys.sorted())"
        )
        #expect(variables["text"] == "é b" && variables["TZ"] == "UTC" && variables["LANG"] == "C.UTF-8")
        // HOME is the working folder.
        let place = try await service.get(job + "/results/stdout", as: root).text
        #expect(variables["HOME"].map { "\($0)\n" } == place)
    }

    @Test func `a wrong description is named with its line, and the others are served`() async throws {
        let folder = try TemporaryFolder()
        _ = try folder.write(sleepingJobType, to: "descriptions/sleep.json")
        _ = try folder.write("{\n \"name\": \"broken\",\n \"parameters\": 7\n}\n", to: "descriptions/broken.json")
        _ = try folder.write("{\n \"name\": \"cut\",\n", to: "descriptions/cut.json")
        _ = try folder.write("{\"name\": \"other\", \"script\": \"true\"}", to: "descriptions/misnamed.json")
        let file = "folder: \(folder.path)\n"
        let log = folder.path("service.log")
        let service = try TestService(file: file, options: ["--log-file", log])
        defer { service.close() }
        let root = try service.addUser("root", "--administrator")
        #expect(try await service.get("/rest/sleep", as: root).status == 200)
        #expect(try await service.get("/rest/broken", as: root).status == 404)
        let said = try String(contentsOfFile: log, encoding: .utf8)
        let page = try await service.get("/job-types", as: root, accept: "text/html").text
        let path = try service.program.home.write(file, to: "again.yaml")
        let listed = try service.antares(["job-types", "list", "--service", path])
        #expect(listed.status == 0 && listed.output.contains("sleep"))
        for text in [said, page, listed.output] {
            #expect(
                text.contains("broken.json") && text.contains("cut.json") && text.contains("misnamed.json"),
                "\(text)"
            )
            #expect(text.contains("broken.json:3") && text.contains("cut.json:3"), "\(text)")
            #expect(text.contains("describes &#39;other&#39;") || text.contains("describes 'other'"), "\(text)")
        }
        // Mended, it is offered without a new start.
        _ = try folder.write("{\"name\": \"broken\", \"script\": \"true\"}", to: "descriptions/broken.json")
        while try await service.get("/rest/broken", as: root).status == 404 {
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
