import ClusterExec
import Foundation
import Jobs
import TestSupport
import Testing

@testable import JobService

/// Which files of the machine requests may name.
@Suite struct DataFolderTests {
    @Test func `paths outside the listed folders are seen, however they are written`() throws {
        let home = try TemporaryFolder()
        _ = try home.write("x", to: "data/scenes/a.tif")
        _ = try home.write("x", to: "secret/key")
        _ = try home.write("x", to: "jobs/1/uploads/f/x")
        _ = try home.write("x", to: "jobs/2/uploads/f/x")
        let (data, job) = (home.path("data"), home.path("jobs/1"))
        try FileManager.default.createSymbolicLink(atPath: data + "/out", withDestinationPath: home.path("secret"))
        let places = JobPlaces(reads: [data, "s3://scenes/2026"])
        func objection(_ value: String, _ name: String = "path") -> String? {
            places.objection(to: [JobParameter(name, value)], ofJobIn: job)?.word
        }
        for good in [
            data, data + "/scenes", data + "/not/there/yet", "\(data)/scenes \(data)/x", "a.tif", "sub/a.tif",
            job + "/uploads/f/x", "../uploads/f/x", "s3://scenes/2026/a.tif", "2026-01-01/2026-02-01", "EPSG:32613",
            "https://example.org/a", "(nir - red) / 2", "[\"\(data)/scenes\"]", "file://\(data)/scenes",
        ] where !good.hasPrefix("(") {
            #expect(objection(good) == nil, "\(good)")
        }
        for bad in [
            "/etc/passwd", "/", data + "/../secret/key", data + "/out/key", data + "-other",
            "\(data)/scenes /etc/passwd",
            "[\"\(data)\", \"/etc/passwd\"]", "../../2/uploads/f/x", home.path("jobs/2/uploads/f/x"), "~root/x",
            "@/etc/passwd",
            "file:///etc/passwd", "NETCDF:/etc/passwd:x", "NETCDF:\"/etc/passwd\":x", "/vsizip//etc/x.zip",
            "/vsicurl/http://x",
            "<VRTDataset><SourceFilename>/etc/x</SourceFilename></VRTDataset>", " <OGRVRTDataSource/>",
            "PG:dbname=jobs",
            "x <OGRVRTDataSource><SrcDataSource>/etc/passwd</SrcDataSource>", "MEM:::DATAPOINTER=1", "WFS:example.org",
            "s3://other/a", "s3://scenes/2026-other/a", "s3://scenes/2026/../a", "sub/../../../../x",
        ] {
            #expect(objection(bad) != nil, "\(bad)")
        }
        #expect(objection("red / nir > 2", "filter") == nil)
        #expect(objection("other", "bucket") != nil)
        #expect(JobPlaces(reads: ["/"]).objection(to: [JobParameter("p", "/etc/passwd")], ofJobIn: job) == nil)
        let fixed = JobPlaces(fixed: ["p"])
        #expect(fixed.objection(to: [JobParameter("p", "/etc/passwd")], ofJobIn: job) == nil)
        // A link to what is not there yet: whoever writes through it makes it there.
        try FileManager.default.createSymbolicLink(atPath: data + "/new", withDestinationPath: home.path("secret/new"))
        #expect(objection(data + "/new") != nil && objection(data + "/new/x") != nil)
        #expect(objection("/vsis3/scenes/2026/a.tif") == nil && objection("/vsis3/other/a.tif") != nil)
    }

    @Test func `a request reads what is listed alone, an administrator what is listed for administrators`() async throws
    {
        let data = try TemporaryFolder()
        _ = try data.write("x", to: "scene/a.txt")
        let service = try TestService(file: "data_folders: [\(data.path)]\nadministrator_folders: [/]\n")
        defer { service.close() }
        let (ana, root) = (try service.addUser("ana"), try service.addUser("root", "--administrator"))
        let form = { (path: String) in [(name: "path", value: path), (name: "outfile", value: "m.yaml")] }
        let refused = try await service.post("/rest/prepare_metadata", as: ana, form: form("/etc"))
        #expect(refused.status == 403)
        #expect(
            refused.text.contains("parameter 'path': '/etc' is not below a folder that requests may name")
                && refused.text.contains("\(data.path) is listed as data_folders"),
            "\(refused.text)"
        )
        let made = try await service.post("/rest/prepare_metadata", as: ana, form: form(data.path + "/scene"))
        let job = try #require(made["Location"])
        // Nor by a change, in any of the ways to make one.
        let changed = try await service.post(job + "/parameters", as: ana, form: form(data.path + "/../.."))
        #expect(changed.status == 403)
        let put = try await service.send("PUT", job + "/parameters/path", as: ana, body: Data("/etc".utf8))
        #expect(put.status == 403)
        let json =
            "{\"kind\": \"prepare_metadata\", \"run\": false, \"parameters\": {\"path\": \"/etc\", \"outfile\": \"m\"}}"
        let answer = try await service.send("POST", "/api/v1/jobs", as: ana, json: json)
        #expect(answer.status == 403 && answer.text.contains("data_folders"))
        #expect(try await service.post("/rest/prepare_metadata", as: root, form: form("/etc")).status == 303)
        // Outputs stay in the job's folder, where they are names and no paths.
        for (name, status) in [("/tmp/m.yaml", 403), ("../../m.yaml", 403), ("../m.yaml", 303)] {
            let outfile = [(name: "outfile", value: name), (name: "PHASE", value: "RUN")]
            let path = [(name: "path", value: data.path + "/scene")]
            let answer = try await service.post("/rest/prepare_metadata", as: ana, form: path + outfile)
            #expect(answer.status == status, "\(name)")
            guard let job = answer["Location"] else { continue }
            #expect(try await service.end(of: job, as: ana) == "ERROR")
            #expect(try await service.get(job + "/error", as: ana).text.contains("is no name in the job's own folder"))
        }
        // Where only this machine can reach.
        let inside = [(name: "url", value: "http://127.0.0.1:1/stac"), (name: "collection", value: "x")]
        let fetched = try await service.post("/rest/stac_index", as: ana, form: inside)
        #expect(fetched.status == 403 && fetched.text.contains("not a public one"), "\(fetched.text)")
    }

    @Test func `a document that writes elsewhere is refused, sent along or named, when the job is made or changed`()
        async throws
    {
        let data = try TemporaryFolder()
        let template = repository.appending(path: "config-templates/ingestion/s2_l2a_20m_mexico.yaml")
        let text = try String(contentsOf: template, encoding: .utf8)
            .replacing("{{driver}}", with: "NetCDF CF").replacing("{{bucket}}", with: "maps")
        func document(_ location: String) -> String { text.replacing("{{ingestion_path}}", with: location) }
        let service = try TestService(
            file: "data_folders: [\(data.path)]\nadministrator_folders: [/]\noutput_folders: [\(data.path("out"))]\n"
        )
        defer { service.close() }
        let (ana, root) = (try service.addUser("ana"), try service.addUser("root", "--administrator"))
        func part(_ location: String) -> TestPart {
            TestPart("config-file", fileName: "a.yaml", type: "application/yaml", Data(document(location).utf8))
        }
        let refused = try await service.post("/rest/ingest", as: ana, parts: [part("/srv/elsewhere")])
        #expect(refused.status == 403)
        #expect(
            refused.text.contains("parameter 'config-file': its document writes to '/srv/elsewhere/")
                && refused.text.contains("\(data.path("out"))") && refused.text.contains("output_folders"),
            "\(refused.text)"
        )
        #expect(try await service.get("/rest/ingest", as: ana).text.contains("jobref") == false)
        #expect(try await service.post("/rest/ingest", as: root, parts: [part("/srv/elsewhere")]).status == 303)
        for good in [data.path("out/tiles"), service.program.home.path(".local/share/antares/tiles")] {
            #expect(try await service.post("/rest/ingest", as: ana, parts: [part(good)]).status == 303, "\(good)")
        }
        // Nor a document that lies where it may be read, nor by a change, nor a bucket that nobody listed.
        let named = try data.write(document(data.path), to: "in/a.yaml")
        let form = [(name: "config-file", value: named)]
        #expect(try await service.post("/rest/ingest", as: ana, form: form).status == 403)
        let made = try await service.post("/rest/ingest", as: ana, parts: [part(data.path("out"))])
        let job = try #require(made["Location"])
        #expect(try await service.post(job + "/parameters", as: ana, form: form).status == 403)
        #expect(
            try await service.send("PUT", job + "/parameters/config-file", as: ana, body: Data(named.utf8)).status
                == 403
        )
        let stored = document("tiles").replacing("driver: \"NetCDF CF\"", with: "driver: s3")
        try #require(stored.contains("driver: s3"))
        let bucket = TestPart("config-file", fileName: "b.yaml", type: "application/yaml", Data(stored.utf8))
        let answer = try await service.post("/rest/ingest", as: ana, parts: [bucket])
        #expect(answer.status == 403 && answer.text.contains("'s3://maps/tiles/"), "\(answer.text)")
    }
}
