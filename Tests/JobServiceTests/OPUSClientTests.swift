import Foundation
import Jobs
import TestSupport
import Testing

/// The requests of OPUS's pages as its JavaScript (uws_client.js, uwsLib.js, job_definition.js, server_accounts.js of
/// version 4487bcb and around) and its Flask proxy send them, and what they read in the answers.
struct OPUSClientTests {
    @Test func `the pages of jobs find what they read`() async throws {
        let scripts = try ScriptService()
        defer { scripts.service.close() }
        try scripts.add(ScriptService.join)
        let (service, author) = (scripts.service, scripts.author)
        // $.ajax asks with this Accept for dataType xml, and the proxy keeps it.
        let accept = "application/xml, text/xml, */*; q=0.01"
        let jdl = try await service.get(
            "/jdl/join/json",
            as: author,
            accept: "application/json, text/javascript, */*; q=0.01"
        )
        .object()
        #expect(jdl["parameters_keys"] as? [String] == ["text", "count"])
        #expect(jdl["used_keys"] as? [String] == ["input"])
        #expect(jdl["generated_keys"] as? [String] == ["output", "parts"])
        #expect((jdl["control_parameters_keys"] as? [String])?.contains("runId") == true)
        #expect(jdl["control_parameters"] is [String: String])
        // The form of the page sends every field, empty ones too, by FormData.
        let fields = [
            ("runId", "join"), ("text", "hello"), ("count", ""), ("control_parameters", ""), ("PHASE", "RUN"),
        ]
        let parts =
            fields.map { TestPart($0.0, Data($0.1.utf8)) }
            + [TestPart("input", fileName: "", type: "application/octet-stream", Data())]
        let made = try await service.post("/rest/join", as: author, parts: parts)
        #expect(made.status == 303)
        // The proxy follows the redirect, and the page reads the job in its answer.
        let job = try #require(made["Location"])
        let shown = try await service.get(job, as: author, accept: accept)
        #expect(shown["Content-Type"]?.hasPrefix("text/xml") == true)
        for element in [
            "jobId", "runId", "ownerId", "phase", "creationTime", "startTime", "endTime", "executionDuration",
            "destruction", "quote", "parameters", "results",
        ] {
            #expect(shown.text.contains("<uws:\(element)"), "\(element)")
        }
        let list = try await service.get("/rest/join?LAST=10", as: author, accept: accept).text
        #expect(list.contains(#/<uws:jobref id="[^"]+"/#))
        // It asks for the phase again and again.
        #expect(try await service.end(of: job, as: author) == "COMPLETED")
        #expect(try await service.get("/rest/join?PHASE=COMPLETED&PHASE=ERROR", as: author).text.contains("jobref"))
        let done = try await service.get(job, as: author, accept: accept).text
        // displayResultsOk takes what is behind the question mark to /store/?…, through the proxy.
        let href = try #require(done.firstMatch(of: #/id="output"[^>]* xlink:href="[^"]*\?([^"]+)"/#)).1
        let stored = try await service.get("/store/?\(href)", as: author)
        #expect(stored.text == "hello\n")
        for name in ["stdout", "stderr", "provjson", "provxml", "provsvg"] {
            #expect(done.contains("id=\"\(name)\""), "\(name)")
            #expect(try await service.get("\(job)/\(name)", as: author).status == 200, "\(name)")
        }
        let id = job.split(separator: "/").last ?? ""
        let graph = try await service.get("/provsap?ID=\(id)&DEPTH=ALL&RESPONSEFORMAT=PROV-SVG", as: author)
        #expect(graph.text.contains("<svg"))
        let deleted = try await service.post(job, as: author, form: [("ACTION", "DELETE")])
        #expect(deleted.status == 303)
        #expect(try await service.get(try #require(deleted["Location"]), as: author, accept: accept).status == 200)
        #expect(try await service.get(job, as: author).status == 404)
    }

    @Test func `a parameter is changed and a job started by the buttons of the pages`() async throws {
        let scripts = try ScriptService()
        defer { scripts.service.close() }
        try scripts.add(ScriptService.join)
        let (service, author) = (scripts.service, scripts.author)
        let made = try await service.post("/rest/join", as: author, form: [("text", "before")])
        let job = try #require(made["Location"])
        #expect(try await service.post("\(job)/parameters/text", as: author, form: [("VALUE", "after")]).status == 303)
        #expect(try await service.post("\(job)/phase", as: author, form: [("PHASE", "RUN")]).status == 303)
        #expect(try await service.end(of: job, as: author) == "COMPLETED")
        #expect(try await service.get("\(job)/results/output", as: author).text == "after\n")
    }

    @Test func `the page of accounts lists, adds, changes and removes users`() async throws {
        let scripts = try ScriptService()
        defer { scripts.service.close() }
        let (service, admin) = (scripts.service, scripts.admin)
        #expect(try await service.get("/scim/v2/Users", as: scripts.author).status == 403)
        #expect(try await service.get("/scim/v2/Users").status == 401)
        let form = [
            (name: "name", value: "eva"), (name: "roles", value: "composite,export"), (name: "token", value: ""),
        ]
        let added = try await service.post("/scim/v2/Users/", as: admin, form: form)
        #expect(added.status == 201)
        let token = try #require(try added.object()["token"] as? String)
        let eva = TestService.User(name: "eva", password: token)
        #expect(try await service.get("/rest/composite", as: eva).status == 200)
        #expect(try await service.get("/rest/ingest", as: eva).status == 403)
        let roles = [(name: "roles", value: "ingest"), (name: "user_token", value: "")]
        let changed = try await service.post("/scim/v2/Users/eva", as: admin, form: roles)
        #expect(try changed.object()["roles"] as? String == "ingest")
        #expect(try await service.get("/rest/ingest", as: eva).status == 200)
        let users = try await service.get("/scim/v2/Users", as: admin).object()
        let found = (users["Resources"] as? [[String: Any]])?.first { $0["userName"] as? String == "eva" }
        // The page splits roles and shows the token, which is not kept.
        #expect(found?["roles"] as? String == "ingest")
        #expect(found?["token"] as? String == "")
        #expect((found?["meta"] as? [String: Any])?["created"] is String)
        #expect(try await service.send("DELETE", "/scim/v2/Users/eva?token=", as: admin).status == 204)
        #expect(try await service.get("/rest/ingest", as: eva).status == 401)
        #expect(try await service.get("/scim/v2/ServiceProviderConfig").status == 200)
    }
}
