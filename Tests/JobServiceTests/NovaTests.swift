import Foundation
import Jobs
import TestSupport
import Testing

/// The interface of nova.astrometry.net with its clients.
@Suite struct NovaTests {
    /// A service whose submissions become jobs of a script that writes a header of FITS and a copy of what was sent.
    static func start(_ more: String = "", lines: String = "") throws -> (TestService, TemporaryFolder) {
        let folder = try TemporaryFolder()
        let script = """
            #!/bin/sh
            printf '%-80s%-80s%-80s' 'SIMPLE  =                    T' 'CRVAL1  =                 83.8' 'END' > wcs
            [ ! -f "$ANTARES_PARAM_FILE" ] || cp "$ANTARES_PARAM_FILE" new_fits
            """
        let description = JobDescription(
            name: "solve",
            parameters: [
                ParameterDescription("file", .file, isRequired: true), ParameterDescription("scale_units"),
            ],
            results: [
                ResultDescription("wcs", contentType: "application/fits"),
                ResultDescription("new_fits", contentType: "application/fits"),
            ],
            script: script
        )
        let document = String(decoding: try JSONEncoder().encode(description), as: UTF8.self)
        _ = try folder.write(document, to: "descriptions/solve.json")
        let file = """
            folder: \(folder.path)
            limits: {submissions: 1, jobs: 2}
            submission: {type: solve, parameter: file\(more)}
            \(lines)
            """
        return (try TestService(file: file), folder)
    }

    static func token(_ service: TestService, _ name: String) throws -> String {
        let made = try service.antares(["users", "tokens", "add", name])
        return made.output.trimmingCharacters(in: .newlines)
    }

    /// Sends words as the form field of these clients.
    private func call(_ service: TestService, _ path: String, _ words: [String: Any]) async throws -> [String: Any] {
        let json = String(decoding: try JSONSerialization.data(withJSONObject: words), as: UTF8.self)
        let answer = try await service.post("/api/" + path, form: [("request-json", json)])
        #expect(answer["Content-Type"]?.hasPrefix("text/plain") == true)
        #expect(answer.status == 200 || answer.status == 404, "\(answer.text)")
        return try answer.object()
    }

    /// Waits for the jobs of a submission.
    private func jobs(_ service: TestService, _ number: Int, _ session: String) async throws -> [Int] {
        while true {
            let state = try await call(service, "submissions/\(number)", ["session": session])
            let jobs = try #require(state["jobs"] as? [Any])
            if !jobs.isEmpty, state["processing_finished"] as? String != "None" {
                return jobs.compactMap { $0 as? Int }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func end(_ service: TestService, _ job: Int, _ session: String) async throws -> String {
        while true {
            let status = try await call(service, "jobs/\(job)", ["session": session])["status"] as? String
            if let status, status == "success" || status == "failure" { return status }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    // The bytes of client.py: Python's generator of multipart messages ends its own lines by a bare line feed, the client
    // those of the heads by CR LF.
    @Test func `an upload with the bytes of the official client becomes a job`() async throws {
        let (service, _) = try Self.start(", public_results: true")
        defer { service.close() }
        _ = try service.addUser("ana")
        _ = try service.addUser("bob")
        #expect(try await call(service, "login", ["apikey": "wrong"])["errormessage"] as? String == "bad apikey")
        let key = try Self.token(service, "ana")
        let login = try await call(service, "login", ["apikey": key])
        #expect(login["status"] as? String == "success")
        let session = try #require(login["session"] as? String)
        let boundary = "===============8136412337474186321=="
        let words = """
            {"allow_commercial_use": "d", "allow_modifications": "d", "publicly_visible": "y", "scale_units": \
            "degwidth", "session": "\(session)"}
            """
        var body = Data(
            """
            --\(boundary)\nContent-Type: text/plain\r\nMIME-Version: 1.0\r\nContent-disposition: form-data; \
            name="request-json"\r\n\r\n\(words)\n--\(boundary)\nContent-Type: application/octet-stream\r\n\
            MIME-Version: 1.0\r\nContent-disposition: form-data; name="file"; filename="/home/ana/../m42.fits"\r\n\r\n
            """.utf8
        )
        let content = Data([0, 1, 10, 13, 13, 10, 45, 45, 61, 255, 10])
        body += content + Data("\n--\(boundary)--\n".utf8)
        let sent = try await service.send(
            "POST",
            "/api/upload",
            headers: [("Content-type", "multipart/form-data; boundary=\"\(boundary)\""), ("Connection", "close")],
            body: body
        )
        #expect(sent.status == 200)
        let answer = try sent.object()
        #expect(answer["status"] as? String == "success", "\(sent.text)")
        // sha256sum of these eleven bytes.
        #expect(answer["hash"] as? String == "79e9eaa7e0639fd69b75ea2793ef407f10a192697096757e29be1be392881a44")
        let number = try #require(answer["subid"] as? Int)
        let made = try await jobs(service, number, session)
        #expect(made.count == 1)
        #expect(try await end(service, made[0], session) == "success")
        let info = try await call(service, "jobs/\(made[0])/info", ["session": session])
        #expect(info["original_filename"] as? String == "m42.fits" && info["status"] as? String == "success")
        for part in ["calibration", "tags", "machine_tags", "objects_in_field", "annotations"] {
            #expect(try await call(service, "jobs/\(made[0])/\(part)", ["session": session])["status"] == nil)
        }
        #expect(try await call(service, "myjobs/", ["session": session])["jobs"] as? [Int] == made)
        let images = try await call(service, "submission_images", ["session": session, "subid": number])
        #expect(images["image_ids"] as? [Int] == made)
        #expect(try await service.get("/wcs_file/\(made[0])").text.hasPrefix("SIMPLE  ="))
        // The job took the file as it was sent, and the settings that it knows.
        let id = try #require(info["job"] as? String)
        let root = TestService.User(name: "ana", password: key)
        let stored = try await service.get("/rest/solve/\(id)/parameters/file", as: root)
        #expect(stored.body == content)
        #expect(try await service.get("/rest/solve/\(id)/parameters/scale_units", as: root).text == "degwidth")

        // Somebody else sees nothing of it but what is public.
        let other = try #require(
            try await call(service, "login", ["apikey": try Self.token(service, "bob")])["session"] as? String
        )
        let secret: [String: Any] = ["session": session, "url": "http://127.0.0.1/x", "publicly_visible": "n"]
        let own = try #require(try await call(service, "url_upload", secret)["subid"] as? Int)
        let kept = try await jobs(service, own, session)
        for (paths, isPublic) in [
            (["submissions/\(number)", "jobs/\(made[0])", "jobs/\(made[0])/info"], true),
            (["submissions/\(own)", "jobs/\(kept[0])", "jobs/\(kept[0])/info"], false),
        ] {
            for path in paths {
                for asked in [["session": other], [:]] {
                    let isError = try await call(service, path, asked)["status"] as? String == "error"
                    #expect(isError != isPublic, "\(path)")
                }
            }
        }
        #expect(try await call(service, "myjobs/", ["session": other])["jobs"] as? [Int] == [])
        for path in ["submissions/99", "submissions/x'--", "jobs/99", "jobs/..%2f1", "submissions/0"] {
            #expect(try await call(service, path, ["session": session])["status"] as? String == "error")
        }
        for words in ["{", "[]", "{\"session\": 1.5}", "{\"session\": \"none\"}"] {
            let answer = try await service.post("/api/url_upload", form: [("request-json", words)])
            #expect(answer.status == 200)
            #expect(try answer.object()["status"] as? String == "error")
        }
        #expect(try await call(service, "upload", ["session": session])["status"] as? String == "error")
        #expect(try await call(service, "url_upload", ["session": session])["status"] as? String == "error")
    }

    @Test func `an address of this machine makes a failed job, unless it is allowed`() async throws {
        let files = try TemporaryFolder()
        let made = try run(
            "python3",
            [
                "-c",
                "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1], 'w')\nfor n in 'ab': z.writestr(n + '.SAFE/m', n)",
            ]
                + [files.path("scenes.zip")]
        )
        #expect(made.status == 0)
        let web = try WebServer(serving: files)
        defer { web.close() }
        let (strict, _) = try Self.start()
        defer { strict.close() }
        _ = try strict.addUser("ana")
        let key = try Self.token(strict, "ana")
        let session = try #require(try await call(strict, "login", ["apikey": key])["session"] as? String)
        let sent = try await call(strict, "url_upload", ["session": session, "url": web.address + "/scenes.zip?sig=x"])
        let number = try #require(sent["subid"] as? Int)
        let failed = try await jobs(strict, number, session)
        #expect(failed.count == 1)
        #expect(try await end(strict, failed[0], session) == "failure")
        let state = try await call(strict, "submissions/\(number)", ["session": session])
        let reason = try #require(state["error_message"] as? String)
        #expect(reason.contains("not a public one") && !reason.contains("sig=x"))
        #expect(
            try await call(strict, "jobs/\(failed[0])/info", ["session": session])["error"] as? String == reason
        )
        #expect(
            try await call(strict, "url_upload", ["session": session, "url": "file:///etc/passwd"])["status"] as? String
                == "error"
        )

        let (open, folder) = try Self.start(lines: "allow_private_addresses: true")
        defer { open.close() }
        _ = try open.addUser("ana")
        let login = try await call(open, "login", ["apikey": try Self.token(open, "ana")])
        let other = try #require(login["session"] as? String)
        let again = try await call(open, "url_upload", ["session": other, "url": web.address + "/scenes.zip"])
        let both = try await jobs(open, try #require(again["subid"] as? Int), other)
        // One job a scene.
        #expect(both.count == 2 && Set(both).count == 2)
        for job in both { #expect(try await end(open, job, other) == "success") }
        #expect(!FileManager.default.fileExists(atPath: folder.path("submissions/1")))
    }

    private static let script = """
        import sys
        from astroquery.astrometry_net import AstrometryNetClass, conf
        server, key, path = sys.argv[1:]
        conf.api_key = key
        net = AstrometryNetClass()
        net.URL, net.API_URL = server, server + "/api"
        header, number = net.solve_from_image(path, force_image_upload=True, return_submission_id=True, verbose=False,
            scale_units="degwidth", scale_type="ul", scale_lower=0.1, scale_upper=180.0)
        print(number, header["CRVAL1"])
        """

    @Test(.enabled(if: ServiceAPIPython.path != nil)) func `astroquery solves an image`() throws {
        let (service, folder) = try Self.start()
        defer { service.close() }
        _ = try service.addUser("ana")
        let image = try folder.write("an image", to: "image.fits")
        let ran = try run(
            ServiceAPIPython.path ?? "",
            ["-W", "ignore", "-c", Self.script, service.address, try Self.token(service, "ana"), image],
            environment: ["HOME": folder.path]
        )
        #expect(ran.output == "1 83.8\n", "\(ran.errors)")
    }

    private static let astrometry: String? = {
        guard let programs = VirtualEnvironment.programs(of: "astrometry") else {
            announceSkipped("astrometry-net-client", because: "The environment astrometry cannot be made.")
            return nil
        }
        return programs + "/python"
    }()

    // The package has the addresses of nova.astrometry.net in its classes.
    private static let submitter = """
        import sys
        server, key, path = sys.argv[1:]
        from astrometry_net_client import Session, FileUpload
        from astrometry_net_client.statusables import Job, Submission
        Session.url, FileUpload.url = server + "/api/login", server + "/api/upload"
        Submission.url = server + "/api/submissions/{submission.id}"
        Job.url, Job.wcs_file_url = server + "/api/jobs/{job.id}", server + "/wcs_file/{job.id}"
        session = Session(api_key=key)
        session.login()
        session.key = "one that is over"
        submission = FileUpload(path, session=session, settings={"publicly_visible": "y"}).submit()
        submission.until_done(start=1)
        job = submission.jobs[0]
        job.until_done(start=1)
        print(job.success(), job.info()["original_filename"], job.wcs_file()["CRVAL1"])
        """

    @Test(.enabled(if: astrometry != nil)) func `astrometry-net-client logs in anew, submits and fetches`() throws {
        let (service, folder) = try Self.start(", public_results: true")
        defer { service.close() }
        _ = try service.addUser("ana")
        let image = try folder.write("an image", to: "image.fits")
        let words = ["-W", "ignore", "-c", Self.submitter, service.address, try Self.token(service, "ana"), image]
        let ran = try run(Self.astrometry ?? "", words)
        #expect(ran.output == "True image.fits 83.8\n", "\(ran.errors)")
    }
}
