import Documents
import Foundation
import TestSupport
import Testing

private let programs = VirtualEnvironment.programs(of: "jdl")

struct ProvenanceTests {
    /// What the Python package `prov` reads in an answer.
    private func read(_ format: String, _ answer: TestAnswer) throws -> DocumentValue {
        guard let programs else {
            announceSkipped("provenance read by the package prov", because: "scripts/venv.sh jdl failed.")
            throw TestService.BadAnswer("no environment")
        }
        let path = try TemporaryFolder().path("provenance")
        try answer.body.write(to: URL(fileURLWithPath: path))
        let script = repository.appending(path: "Tests/Python/check_prov.py").path
        let found = try run("\(programs)/python", [script, format, path])
        try #require(found.status == 0, "\(found.errors)")
        return try JSONText.parse(found.output, origin: "check_prov.py")
    }

    private func relations(_ value: DocumentValue) -> Set<String> {
        Set(
            (value["relations"]?.array ?? []).map { relation in
                (relation.array ?? []).compactMap(\.string).joined(separator: " ")
            }
        )
    }

    @Test(.enabled(if: programs != nil)) func `the provenance of a result leads back from job to job`() async throws {
        let scripts = try ScriptService()
        defer { scripts.service.close() }
        try scripts.add(ScriptService.join)
        let (service, author) = (scripts.service, scripts.author)
        let file = TestPart("input", fileName: "scene.txt", Data("a scene\n".utf8))
        let first = try await scripts.run("join", as: author, [("text", "one <&> \"two\"")], files: [file])
        let one = first.job.split(separator: "/").last.map(String.init) ?? ""
        let second = try await scripts.run("join", as: author, [("input", "\(one).output"), ("text", "two")])
        let two = second.job.split(separator: "/").last.map(String.init) ?? ""
        // The same content, sent along, is known again.
        let copy = TestPart("input", fileName: "copy.txt", Data("a scene\none <&> \"two\"\ntwo\n".utf8))
        let third = try await scripts.run("join", as: author, [("text", "three")], files: [copy])
        let three = third.job.split(separator: "/").last.map(String.init) ?? ""

        let all = "/provsap?ID=\(three).output&DEPTH=ALL"
        for format in ["JSON", "XML"] {
            let answer = try await service.get("\(all)&RESPONSEFORMAT=PROV-\(format)", as: author)
            #expect(answer.status == 200)
            let found = try read(format.lowercased(), answer)
            let relations = relations(found)
            for expected in [
                "ProvGeneration file:\(three).output job:\(three) output",
                "ProvUsage job:\(three) file:\(two).output input",
                "ProvGeneration file:\(two).output job:\(two) output", "ProvUsage job:\(two) file:\(one).output input",
                "ProvGeneration file:\(one).output job:\(one) output", "ProvUsage job:\(one) file:\(one)_7Einput input",
                "ProvAssociation job:\(one) user:ana owner", "ProvUsage job:\(one) param:\(one).text text",
            ] {
                #expect(relations.contains(expected), "\(format): \(expected)")
            }
            let elements = try #require(found["elements"])
            #expect(elements["param:\(one).text"]?["attributes"]?["prov:value"] == "one <&> \"two\"")
            #expect(elements["param:\(one).text"]?["attributes"]?["prov:type"] == "voprov:Parameter")
            #expect(elements["job:\(two)"]?["kind"] == "ProvActivity")
            #expect(elements["job:\(two)"]?["attributes"]?["prov:startTime"] != nil)
            let size = elements["file:\(one).output"]?["attributes"]?["antares:size"]
            #expect(size == "22")
            // sha256sum of "a scene\n".
            #expect(
                elements["file:\(one)_7Einput"]?["attributes"]?["antares:sha256"]
                    == "\(try sha256("a scene\n"))".asDocumentValue
            )
        }
        let near = try read("json", try await service.get("/provsap?ID=\(three)&RESPONSEFORMAT=PROV-JSON", as: author))
        #expect(near["elements"]?["job:\(two)"] == nil)
        #expect(relations(near).contains("ProvUsage job:\(three) file:\(two).output input"))
        let forward = "/provsap?ID=\(one).output&DEPTH=ALL&DIRECTION=FORWARD&RESPONSEFORMAT=PROV-JSON"
        let ahead = relations(try read("json", try await service.get(forward, as: author)))
        #expect(ahead.contains("ProvUsage job:\(three) file:\(two).output input"))
        #expect(ahead.contains("ProvGeneration file:\(three).output job:\(three) output"))
        let plain = "/provsap?ID=\(one)&MODEL=W3C&AGENTS=0&CONFIGURATION=1&RESPONSEFORMAT=PROV-JSON"
        let w3c = try read("json", try await service.get(plain, as: author))
        #expect(w3c["elements"]?["user:ana"] == nil)
        #expect(w3c["elements"]?["job:\(one)"]?["attributes"]?["param:text"] == "one <&> \"two\"")
        // PROV-N says what the package's own writer says of the same graph, line by line.
        let own = try await service.get("\(all)&RESPONSEFORMAT=PROV-N", as: author).text
        let theirs = try read("json", try await service.get("\(all)&RESPONSEFORMAT=PROV-JSON", as: author))
        func generations(_ text: String) -> Set<String> {
            Set(
                text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
                    .filter { $0.hasPrefix("wasGeneratedBy(") }
            )
        }
        #expect(generations(own).count == 3)
        #expect(generations(own) == generations(theirs["provn"]?.string ?? ""))
        // Nobody else sees any of it.
        #expect(try await service.get(all, as: scripts.other).status == 403)
        #expect(try await service.get("/provsap?ID=\(one)&DEPTH=two", as: author).status == 400)
        #expect(try await service.get("/provsap?ID=\(one)&RESPONSEFORMAT=PDF", as: author).status == 400)
        #expect(try await service.get("/provsap", as: author).status == 400)

        let svg = try await service.get("\(all)&RESPONSEFORMAT=PROV-SVG", as: author)
        #expect(svg["Content-Type"] == "image/svg+xml")
        let shape = try run("xmllint", ["--xpath", "count(//*[local-name()='rect'])", "-"], input: svg.body)
        // Three jobs, four files, an agent, four parameters, and the ground.
        #expect(shape == "13")
        for (name, type) in [("provjson", "application/json"), ("provxml", "text/xml"), ("provsvg", "image/svg+xml")] {
            let result = try await service.get("\(first.job)/\(name)", as: author)
            #expect(result["Content-Type"]?.hasPrefix(type) == true)
            #expect(try await service.get("\(first.job)/results/\(name)", as: author).body == result.body)
            #expect(try await service.get("/store?ID=\(one).\(name)", as: author).body == result.body)
        }
        if isInstalled("dot") {
            let png = try await service.get("\(all)&RESPONSEFORMAT=PROV-PNG", as: author)
            #expect(png.body.starts(with: [0x89, 0x50, 0x4E, 0x47]))
        }
        // What is known of a job goes with it, and nobody trips over that.
        #expect(try await service.send("DELETE", second.job, as: author).status == 303)
        let rest = try read("json", try await service.get("\(all)&RESPONSEFORMAT=PROV-JSON", as: author))
        #expect(rest["elements"]?["job:\(two)"] == nil)
        #expect(relations(rest).contains("ProvUsage job:\(three) file:\(three)_7Einput input"))
    }

    private func sha256(_ text: String) throws -> String {
        let path = try TemporaryFolder().write(text, to: "file")
        return String(try TestSupport.run("sha256sum", [path]).output.prefix(64))
    }

    private func run(_ program: String, _ words: [String], input: Data? = nil) throws -> String {
        let path = try TemporaryFolder().path("input")
        try (input ?? Data()).write(to: URL(fileURLWithPath: path))
        return try run(program, words.map { $0 == "-" ? path : $0 }).output.trimmingCharacters(
            in: .whitespacesAndNewlines
        )
    }

    private func run(_ program: String, _ words: [String]) throws -> ShellResult {
        try TestSupport.run(program, words)
    }
}

extension String {
    fileprivate var asDocumentValue: DocumentValue { .string(self) }
}
