import Foundation
import TestSupport
import Testing

/// astrometry.net's own client.py, with what it can be asked that has a meaning here.
struct AstrometryClientTests {
    private static let program = Checkout.folder(of: "astrometry.net").map { $0 + "/net/client/client.py" }

    /// Runs client.py in a folder.
    private static func client(_ service: TestService, _ key: String, _ words: [String]) throws -> ShellResult {
        let start = [try #require(program), "--server", service.address + "/api/", "--apikey", key]
        return try run("python3", ["-W", "ignore"] + start + words, directory: service.program.home.url)
    }

    @Test(.enabled(if: program != nil)) func `client.py submits, waits, fetches and lists`() throws {
        let (service, folder) = try NovaTests.start(", public_results: true", lines: "allow_private_addresses: true")
        defer { service.close() }
        _ = try service.addUser("ana")
        let key = try NovaTests.token(service, "ana")
        let image = try folder.write("an image", to: "files/image.fits")
        let (header, copy, notes) = (folder.path("wcs"), folder.path("copy"), folder.path("notes"))
        let sent = try Self.client(
            service,
            key,
            [
                "--upload", image, "--scale-units", "degwidth", "--scale-lower", "0.1", "--scale-upper", "180",
                "--parity", "1", "--album", "mine", "--wcs", header, "--newfits", copy, "--annotate", notes,
            ]
        )
        #expect(sent.status == 0, "\(sent.output)\(sent.errors)")
        #expect(try String(contentsOfFile: header, encoding: .utf8).hasPrefix("SIMPLE  ="))
        #expect(try String(contentsOfFile: copy, encoding: .utf8) == "an image")
        #expect(try String(contentsOfFile: notes, encoding: .utf8) == #"{"annotations": []}"#)

        let web = try WebServer(serving: folder)
        defer { web.close() }
        let fetched = try Self.client(service, key, ["--urlupload", web.address + "/files/image.fits", "--wait"])
        #expect(fetched.status == 0, "\(fetched.output)\(fetched.errors)")

        for (words, last) in [
            (["--substatus", "2"], "success"), (["--jobstatus", "1"], "success"), (["--jobs"], "[1, 2]"),
            (["--jobsbytag", "m 42"], "{'job_ids': [], 'status': 'success'}"),
            (["--jobsbyexacttag", "m42"], "{'job_ids': [], 'status': 'success'}"),
            (["--jobid", "2", "--newfits", folder.path("again")], "Wrote to \(folder.path("again"))"),
        ] {
            let asked = try Self.client(service, key, words)
            #expect(asked.status == 0 && asked.output.hasSuffix("\(last)\n"), "\(asked.output)\(asked.errors)")
        }
        #expect(try String(contentsOfFile: folder.path("again"), encoding: .utf8) == "an image")
        let refused = try Self.client(service, "wrong", ["--jobs"])
        #expect(refused.status != 0 && refused.errors.contains("server error message: bad apikey"))
        // It asks for files without its session: what is private stays so.
        let hidden = try Self.client(service, key, ["--upload", image, "--private", "--wcs", folder.path("hidden")])
        #expect(hidden.status != 0 && hidden.errors.contains("HTTP Error 40"), "\(hidden.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("hidden")))
    }
}
