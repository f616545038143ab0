import Foundation
import Jobs
import TestSupport
import Testing

/// A service with a user who may write scripts, one who may not, and an administrator.
struct ScriptService {
    let service: TestService
    let admin: TestService.User
    let author: TestService.User
    let other: TestService.User

    init(file: String? = nil) throws {
        service = try TestService(file: file)
        admin = try service.addUser("root", "--administrator")
        author = try service.addUser("ana", "--roles", "scripts", "join", "copy")
        other = try service.addUser("bob", "--roles", "composite", "join")
    }

    /// Makes a job type from the command line.
    func add(_ description: JobDescription) throws {
        let path = try service.program.home.write(description.json, to: "\(description.name).json")
        let added = try service.antares(["job-types", "add", path])
        guard added.status == 0 else { throw TestService.BadAnswer(added.errors) }
    }

    /// Makes a job, waits for its end, and gives back its path and its last phase.
    func run(
        _ kind: String,
        as user: TestService.User,
        _ form: [(name: String, value: String)],
        files: [TestPart] = []
    ) async throws -> (job: String, phase: String) {
        let fields = form + [("PHASE", "RUN")]
        let made =
            files.isEmpty
            ? try await service.post("/rest/\(kind)", as: user, form: fields)
            : try await service.post(
                "/rest/\(kind)",
                as: user,
                parts: fields.map { TestPart($0.name, Data($0.value.utf8)) } + files
            )
        guard made.status == 303, let job = made["Location"] else { throw TestService.BadAnswer(made.text) }
        return (job, try await service.end(of: job, as: user))
    }

    /// Joins a text to a file, as an example of OPUS does.
    static let join = JobDescription(
        name: "join",
        annotation: "Joins a text to a file",
        parameters: [
            ParameterDescription("text", defaultValue: "!"),
            ParameterDescription("count", .int, minimum: 1, maximum: 3),
        ],
        inputs: [InputDescription("input", multiplicity: "0..1")],
        results: [
            ResultDescription("output", contentType: "text/plain", pattern: "output.txt"),
            ResultDescription("parts", multiplicity: "*", pattern: "part-*.csv"),
        ],
        script: """
            test -n "$input" && cat "$input" > "$output"
            echo "$text" >> "$output"
            for i in 1 2; do echo $i > part-$i.csv; done
            echo "said to stdout"; echo "said to stderr" >&2
            """
    )
}

struct JobTypeTests {
    @Test func `a draft becomes a job type when an administrator has validated it`() async throws {
        let scripts = try ScriptService()
        defer { scripts.service.close() }
        let (service, admin, author, other) = (scripts.service, scripts.admin, scripts.author, scripts.other)
        let form = [
            ("name", "copy"), ("annotation", "Copies"), ("version", "1"), ("script", "cp \"$input\" copy.txt\r\n"),
            ("executionDuration", "20"), ("param_name_1", "size"), ("param_datatype_1", "xs:int"),
            ("param_default_1", "3"), ("param_required_1", "on"), ("param_attributes_1", "min=1 max=9 unit=m"),
            ("param_name_2", "mode"), ("param_options_2", "fast,slow"), ("used_name_1", "input"),
            ("used_isfile_1", "File"), ("generated_name_1", "copied"), ("generated_contenttype_1", "text/plain"),
            ("generated_default_1", "copy.txt"),
        ].map { (name: $0.0, value: $0.1) }
        #expect(try await service.post("/jdl", as: other, form: form).status == 403)
        #expect(try await service.post("/jdl", form: form).status == 401)
        let saved = try await service.post("/jdl", as: author, form: form)
        #expect(saved.status == 200)
        #expect(try saved.object()["jobname"] as? String == "tmp/copy")
        // A draft runs nothing.
        #expect(try await service.post("/rest/copy", as: author, form: []).status == 404)
        let draft = try await service.get("/jdl/tmp/copy/json", as: author)
        let found = try JobDescription(reading: Data(draft.text.utf8), origin: "draft")
        #expect(found.script == "cp \"$input\" copy.txt\n")
        #expect(
            found.parameters == [
                ParameterDescription(
                    "size",
                    .int,
                    isRequired: true,
                    defaultValue: "3",
                    unit: "m",
                    minimum: 1,
                    maximum: 9
                ),
                ParameterDescription("mode", options: ["fast", "slow"]),
            ]
        )
        #expect(found.contactName == "ana")
        #expect(try await service.get("/jdl/tmp/copy/json", as: other).status == 403)
        #expect(try await service.post("/jdl/tmp/copy/validation_request", as: author, form: []).status == 200)
        let drafts = try await service.get("/jdl", as: admin).object()["drafts"] as? [String: [String: Any]]
        #expect(drafts?["copy"]?["validation_requested"] as? Bool == true)
        #expect(try await service.post("/jdl/tmp/copy/validate", as: author, form: []).status == 403)
        #expect(try await service.post("/jdl/tmp/copy/validate", as: admin, form: []).status == 200)
        #expect(try await service.post("/jdl/tmp/copy/validate", as: admin, form: []).status == 404)
        // It is in the list of those alone who may use it.
        let names = try await service.get("/jdl", as: author).object()["jobnames"] as? [String]
        #expect(names?.contains("copy") == true)
        #expect((try await service.get("/jdl", as: other).object()["jobnames"] as? [String])?.contains("copy") == false)
        #expect(try await service.post("/rest/copy", as: other, form: []).status == 403)
        #expect(try await service.get("/jdl/copy/script", as: author).text == "cp \"$input\" copy.txt\n")
        let file = try await service.get("/jdl/copy", as: author)
        #expect(file["Content-Disposition"] == "attachment; filename=\"copy_vot.xml\"")
        #expect(try JobDescription(reading: file.body, origin: "copy").name == "copy")
        for format in DescriptionFormat.allCases {
            let converted = try await service.get("/jdl/copy/convert?format=\(format.rawValue)", as: author)
            #expect(try JobDescription(reading: converted.body, origin: "copy") == found)
        }
        #expect(try await service.get("/jdl/copy/convert?format=pdf", as: author).status == 400)
        // A second version keeps the first, and a removal the second.
        var second = found
        second.version = "2"
        let part = TestPart("jdl_file", fileName: "copy_vot.xml", second.voTable)
        #expect(try await service.post("/jdl/import_jdl", as: author, parts: [part]).status == 200)
        #expect(try await service.post("/jdl/tmp/copy/validate", as: admin, form: []).status == 200)
        #expect(try await service.send("DELETE", "/jdl/copy", as: author).status == 403)
        #expect(try await service.send("DELETE", "/jdl/copy", as: admin).status == 200)
        #expect(try await service.get("/jdl/copy/json", as: admin).status == 404)
        let kept = service.program.home.files().filter { $0.contains("/descriptions/saved/copy_v") }
        #expect(kept.count == 2)
        #expect(kept.contains { $0.contains("copy_v1_") && $0.hasSuffix("Z.json") })
        #expect(kept.contains { $0.contains("copy_v2_") && $0.hasSuffix("_DELETED.json") })
    }

    @Test func `a wrong description is refused with its place`() async throws {
        let scripts = try ScriptService()
        defer { scripts.service.close() }
        let text = "<VOTABLE>\n<RESOURCE name='x'>\n<PARAM name='quote' value='soon'/></RESOURCE></VOTABLE>"
        let part = TestPart("jdl_file", fileName: "x_vot.xml", Data(text.utf8))
        let answer = try await scripts.service.post("/jdl/import_jdl", as: scripts.author, parts: [part])
        #expect(answer.status == 400)
        #expect(answer.text.contains("x_vot.xml:3: 'PARAM[quote]' has 'soon' where value is a number"))
        let form = [(name: "name", value: "composite"), (name: "script", value: "true")]
        let taken = try await scripts.service.post("/jdl", as: scripts.author, form: form)
        #expect(taken.status == 409)
        #expect(taken.text.contains("'composite' is a name of antares itself"))
    }

    @Test func `the command line lists, shows, checks, adds and removes job types`() throws {
        let program = try BuiltProgram()
        let path = try program.home.write(ScriptService.join.json, to: "join.json")
        #expect(try program.run(["job-types", "check", path]).output == "\(path): join is right\n")
        let wrong = try program.home.write("{\"name\": \"x\",\n \"versoin\": \"2\"}", to: "wrong.json")
        let failed = try program.run(["job-types", "check", wrong])
        #expect(failed.status == 78)
        #expect(failed.errors.contains("wrong.json:2: 'versoin' is an unknown key. Did you mean 'version'?"))
        #expect(try program.run(["job-types", "add", path]).output == "added join 1\n")
        let shown = try program.run(["job-types", "show", "join", "--format", "votable"])
        #expect(try JobDescription(reading: Data(shown.output.utf8), origin: "shown") == ScriptService.join)
        let list = try program.run(["job-types", "list"]).output
        #expect(list.contains(#/join +1 +script +Joins a text to a file/#))
        #expect(list.contains(#/ingest +\S+ +antares/#))
        #expect(try program.run(["job-types", "remove", "join"]).status == 0)
        #expect(try program.run(["job-types", "remove", "ingest"]).errors.contains("a job type of antares itself"))
        #expect(try program.run(["job-types", "show", "join"]).status == 66)
    }
}

struct ScriptJobTests {
    @Test func `a script gets parameters as data, and what it leaves becomes results`() async throws {
        let scripts = try ScriptService()
        defer { scripts.service.close() }
        try scripts.add(ScriptService.join)
        let (service, author) = (scripts.service, scripts.author)
        let text = "$(touch /tmp/x) `id`; \"quoted\" 'text' \\ $HOME\nsecond line"
        let file = TestPart("input", fileName: "../in put.txt", type: "text/plain", Data("from the file\n".utf8))
        let (job, phase) = try await scripts.run("join", as: author, [("text", text), ("count", "")], files: [file])
        let error = try await service.get(job + "/error", as: author)
        #expect(phase == "COMPLETED", "\(error.text)")
        let output = try await service.get(job + "/results/output", as: author)
        #expect(output.text == "from the file\n" + text + "\n")
        #expect(output["Content-Type"]?.hasPrefix("text/plain") == true)
        #expect(try await service.get(job + "/results/parts-2", as: author).text == "2\n")
        #expect(try await service.get(job + "/results/stdout", as: author).text == "said to stdout\n")
        #expect(try await service.get(job + "/results/stderr", as: author).text == "said to stderr\n")
        let document = try await service.get(job, as: author).text
        #expect(document.contains(#/id="output"[^>]* size="\d+" mime-type="text/plain"/#))
        #expect(document.contains(#/id="provsvg"/#))
        let other = try await service.get(job, as: scripts.other)
        #expect(other.status == 403)
    }

    @Test func `a script that fails ends in an error with its last words`() async throws {
        let scripts = try ScriptService()
        defer { scripts.service.close() }
        try scripts.add(JobDescription(name: "copy", script: "echo 'no such scene' >&2\nexit 3\n"))
        let (job, phase) = try await scripts.run("copy", as: scripts.author, [])
        #expect(phase == "ERROR")
        let document = try await scripts.service.get(job, as: scripts.author).text
        #expect(document.contains("no such scene"))
    }

    @Test func `a file is an upload, a result or an address, and nothing else of this machine`() async throws {
        let scripts = try ScriptService()
        defer { scripts.service.close() }
        try scripts.add(ScriptService.join)
        let (service, author, other) = (scripts.service, scripts.author, scripts.other)
        let first = try await scripts.run("join", as: author, [("text", "first")])
        let id = (first.job.split(separator: "/").last.map(String.init) ?? "") + ".output"
        let form = { (input: String) in [(name: "input", value: input), (name: "PHASE", value: "RUN")] }
        let refused: [(value: String, status: Int, message: String)] = [
            ("/etc/passwd", 400, "neither a file sent along, nor the identifier of a result"),
            ("http://127.0.0.1:1/x", 403, "not a public one"), (id, 403, "somebody else's"),
        ]
        for (value, status, message) in refused {
            let answer = try await service.post("/rest/join", as: other, form: form(value))
            #expect(answer.status == status, "\(value): \(answer.text)")
            #expect(answer.text.contains(message), "\(value): \(answer.text)")
        }
        let address = "\(service.address)/store?ID=\(id)"
        for value in [id, address] {
            let second = try await scripts.run("join", as: author, [("input", value), ("text", "second")])
            #expect(second.phase == "COMPLETED")
            #expect(try await service.get(second.job + "/results/output", as: author).text == "first\nsecond\n")
        }
        let stored = try await service.get("/store?ID=\(id)", as: author)
        #expect(stored.text == "first\n")
        #expect(try await service.get("/store?ID=\(id)", as: other).status == 403)
        #expect(try await service.get("/store?ID=\(id)").status == 401)
        #expect(try await service.get("/store?ID=nothing.here", as: author).status == 404)
        #expect(try await service.get("/store/\(id)/output.txt", as: author)["Location"] == address)
    }
}
