import Foundation
import Jobs
import TestSupport
import Testing

/// Every document against the schema of UWS 1.1, by xmllint.
@Suite(.enabled(if: UWSSchema.isAvailable, "SKIPPED: THE SCHEMA OF UWS 1.1 OR XMLLINT IS NOT THERE"))
struct JobDocumentTests {
    private let addresses = JobAddresses(list: "https://maps.example.org/rest/ingest")

    private func plainJob() throws -> Job {
        Job(id: "j1", kind: "ingest", creationTime: try #require(Instant("2024-05-06T07:08:09.123Z")))
    }

    private func fullJob() throws -> Job {
        let made = try #require(Instant("2024-05-06T07:08:09.123Z"))
        var job = Job(
            id: "j 2/ä",
            kind: "ingest",
            runID: "my <run> & more",
            ownerID: "ann",
            creationTime: made,
            executionDuration: 3600,
            destruction: made + 86400,
            parameters: [
                JobParameter("note", "a < b & \"c\" \u{1} é"), JobParameter("scene", "/tmp/x", isByReference: true),
            ]
        )
        try job.move(to: .executing, by: .run, at: made + 1)
        job.quote = made + 100
        job.results = [JobResult("tile 1", href: "results/1.tif", contentType: "image/tiff", size: 1234)]
        try job.fail(ErrorSummary("tile (1, 2): no <space>", hasDetail: true), at: made + 2)
        return job
    }

    @Test func `jobs with few and with many parts are valid`() throws {
        try UWSSchema.check(JobXML.job(try plainJob(), at: addresses))
        try UWSSchema.check(JobXML.job(try fullJob(), at: addresses))
    }

    @Test func `lists, parameters and results are valid`() throws {
        let jobs = [try plainJob(), try fullJob()]
        try UWSSchema.check(JobXML.list([], at: addresses))
        try UWSSchema.check(JobXML.list(jobs, at: addresses))
        for job in jobs {
            try UWSSchema.check(JobXML.parameters(of: job, at: addresses))
            try UWSSchema.check(JobXML.results(of: job, at: addresses))
        }
    }

    /// What xmllint's XPath finds in the document.
    @Test(arguments: [
        ("string(//*[local-name()='runId'])", "my <run> & more"),
        ("string(//*[local-name()='parameter'][@id='note'])", "a < b & \"c\"  é"),
        (
            "string(//*[local-name()='parameter'][@byReference='true'])",
            "https://maps.example.org/rest/ingest/j%202%2F%C3%A4/parameters/scene"
        ),
        (
            "string(//*[local-name()='result']/@*[local-name()='href'])",
            "https://maps.example.org/rest/ingest/j%202%2F%C3%A4/results/tile%201?ID=j%202%2F%C3%A4.tile%201"
        ),
        ("string(//*[local-name()='startTime'])", "2024-05-06T07:08:10.123Z"),
        ("string(/*/@version)", "1.1"), ("string(//*[local-name()='message'])", "tile (1, 2): no <space>"),
        ("count(//*[local-name()='ownerId'][@*])", "0"),
    ])
    func `values come through`(path: String, expected: String) throws {
        let file = try UWSSchema.write(JobXML.job(try fullJob(), at: addresses))
        let result = try run("xmllint", ["--nonet", "--xpath", path, file.path("document.xml")])
        #expect(result.output.trimmingCharacters(in: .newlines) == expected)
    }

    @Test func `what is not known is nil`() throws {
        let text = String(decoding: JobXML.job(try plainJob(), at: addresses), as: UTF8.self)
        for name in ["ownerId", "quote", "startTime", "endTime", "destruction"] {
            #expect(text.contains("<uws:\(name) xsi:nil=\"true\""), "\(text)")
        }
    }

    @Test func `the JSON says the same`() throws {
        let json = try JSONSerialization.jsonObject(with: JobJSON.job(try fullJob(), at: addresses))
        let job = try #require((json as? [String: Any])?["job"] as? [String: Any])
        #expect(job["phase"] as? String == "ERROR" && job["startTime"] as? String == "2024-05-06T07:08:10.123Z")
        let results = try #require(job["results"] as? [[String: Any]])
        #expect(results.first?["size"] as? Int == 1234)
        let stored = try JSONDecoder().decode(Job.self, from: JSONEncoder().encode(try fullJob()))
        #expect(try stored == fullJob())
    }
}

private enum UWSSchema {
    static var isAvailable: Bool { TestUWS.schema != nil && (try? run("xmllint", ["--version"]).status) == 0 }

    static func write(_ document: Data) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try document.write(to: URL(fileURLWithPath: folder.path("document.xml")))
        return folder
    }

    static func check(_ document: Data) throws {
        let file = try write(document)
        let arguments = [
            "--nonet", "--noout", "--schema", "\(TestUWS.schema ?? "")/UWS.xsd", file.path("document.xml"),
        ]
        let result = try run("xmllint", arguments)
        #expect(result.status == 0, "\(result.errors)\n\(String(decoding: document, as: UTF8.self))")
    }
}
