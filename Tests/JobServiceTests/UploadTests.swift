import Foundation
import HummingbirdCore
import Jobs
import NIOCore
import TestSupport
import Testing

@testable import JobService

/// Files that come with requests: they go to the disk as they come, and nothing stays of those that are refused.
@Suite struct UploadTests {
    /// Reads a body that comes in pieces of a size: the parts' names and contents.
    private func read(_ body: String, pieces: Int, limit: Int = 1 << 20) async throws -> [(name: String, text: String)]
    {
        let bytes = Array(body.utf8)
        let buffers = stride(from: 0, to: bytes.count, by: pieces).map {
            ByteBuffer(bytes: bytes[$0..<min($0 + pieces, bytes.count)])
        }
        let stream = AsyncStream<ByteBuffer> { continuation in
            for buffer in buffers { continuation.yield(buffer) }
            continuation.finish()
        }
        let type = "multipart/form-data; boundary=\"x-y\""
        var reader = try MultipartReader(.init(asyncSequence: stream), contentType: type, limit: limit)
        var parts: [(String, String)] = []
        while let head = try await reader.nextPart() {
            var content: [UInt8] = []
            while let more = try await reader.nextBytes() { content += more }
            parts.append((head.name, String(decoding: content, as: UTF8.self)))
        }
        return parts
    }

    // Of RFC 2046: the preamble is left out, and the end of the line before a delimiter is the delimiter's.
    @Test(arguments: [1, 2, 3, 5, 7, 11, 64, 4096])
    func `the parts of a body are the same, whatever the pieces that it comes in`(pieces: Int) async throws {
        let head = "Content-Disposition: form-data; name="
        let body =
            "preamble\r\n--x-y\r\n\(head)\"a\"\r\n\r\none\r\n\r\n--x-\r\n--x-y\r\n\(head)b\r\n\r\n\r\n--x-y\n"
            + "\(head)\"c\"\n\n--x-y\r\n\(head)\"d\"\r\n\r\n\r\r\n\n--x-y--\r\nepilogue"
        let parts = try await read(body, pieces: pieces)
        #expect(parts.map(\.name) == ["a", "b", "c", "d"])
        #expect(parts.map(\.text) == ["one\r\n\r\n--x-", "", "", "\r\r\n"])
        for cut in [20, 60, body.utf8.count - 14] {
            let error = await #expect(throws: ServiceError.self) {
                _ = try await read(String(decoding: body.utf8.prefix(cut), as: UTF8.self), pieces: pieces)
            }
            #expect(error?.code == .badRequest)
        }
        let error = await #expect(throws: ServiceError.self) { _ = try await read(body, pieces: pieces, limit: 50) }
        #expect(error?.code == .tooLarge)
    }

    @Test func `what a killed service has left is removed at the start, what another one writes is not`() throws {
        let folder = try TemporaryFolder()
        let left = try folder.write("left", to: "spool/left")
        let used = try folder.write("used", to: "spool/used")
        let descriptor = open(used, O_RDONLY)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX) == 0)
        _ = try Spool(folder.path("spool"))
        #expect(!FileManager.default.fileExists(atPath: left) && FileManager.default.fileExists(atPath: used))
    }

    /// Sends random bytes as client.py does, words first, and prints the answer, their SHA-256 and the answer's status.
    private static let sender = """
        import hashlib, http.client, json, os, sys
        port, session, megabytes = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
        block = os.urandom(1 << 20)
        head = ("--b\\r\\nContent-Disposition: form-data; name=\\"request-json\\"\\r\\n\\r\\n"
            + json.dumps({"session": session}) + "\\r\\n--b\\r\\nContent-Disposition: form-data; name=\\"file\\"; "
            + "filename=\\"scene.bin\\"\\r\\n\\r\\n").encode()
        tail = b"\\r\\n--b--\\r\\n"
        def body():
            yield head
            for _ in range(megabytes): yield block
            yield tail
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
        client.request("POST", "/api/upload", body(), {"Content-Type": "multipart/form-data; boundary=b",
            "Content-Length": str(len(head) + megabytes * len(block) + len(tail))})
        answer = json.loads(client.getresponse().read())
        digest = hashlib.sha256()
        for _ in range(megabytes): digest.update(block)
        assert answer.get("hash") == digest.hexdigest(), answer
        print(answer["subid"])
        """

    // Takes about 10 s.
    @Test func `a scene of 300 MB comes whole, and is never in the service's memory`() async throws {
        let nova = try NovaService(script: "#!/bin/sh\nwc -c < \"$file\" > size.txt\n")
        defer { nova.service.close() }
        let before = try nova.service.peakMemory()
        let port = try #require(nova.service.address.split(separator: ":").last.map(String.init))
        let sent = try run("python3", ["-c", Self.sender, port, nova.session, "300"])
        #expect(sent.output == "1\n", "\(sent.errors)")
        let after = try nova.service.peakMemory()
        #expect(after - before < 100 << 20, "\(before) to \(after) bytes")
        while true {
            let words = [(name: "request-json", value: "{\"session\": \"\(nova.session)\"}")]
            let info = try await nova.service.post("/api/jobs/1/info", form: words).text
            if info.contains("\"success\"") && info.contains("\"size\"") { break }
            #expect(!info.contains("failure"), "\(info)")
            try await Task.sleep(for: .milliseconds(200))
        }
        let size = try await nova.service.get("/api/v1/jobs", as: nova.user).text
        #expect(size.contains("COMPLETED"))
        #expect(try nova.spooled().isEmpty)
    }

    /// Sends a part of an upload and waits for the answer without sending the rest.
    private static let beginner = """
        import socket, sys
        port, words = int(sys.argv[1]), sys.argv[2]
        head = "--b\\r\\nContent-Disposition: form-data; name=\\"request-json\\"\\r\\n\\r\\n" + words
        head += "\\r\\n--b\\r\\nContent-Disposition: form-data; name=\\"file\\"; filename=\\"x\\"\\r\\n\\r\\n" + "x" * 5000
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.sendall(("POST /api/upload HTTP/1.1\\r\\nHost: x\\r\\nContent-Type: multipart/form-data; boundary=b\\r\\n"
            "Content-Length: 100000000\\r\\n\\r\\n" + head).encode())
        answer = b""
        while b"}" not in answer: answer += connection.recv(4096)
        print(answer.decode().split("\\r\\n\\r\\n")[1])
        """

    @Test func `a session is known before its file is read, and nothing stays of what is refused`() async throws {
        let nova = try NovaService(script: "#!/bin/sh\n", limits: "limits: {upload_bytes: 200000000}")
        defer { nova.service.close() }
        let port = try #require(nova.service.address.split(separator: ":").last.map(String.init))
        let refused = try run("python3", ["-c", Self.beginner, port, "{\"session\": \"wrong\"}"])
        #expect(refused.output.contains("no session with key"), "\(refused.errors)")
        let nobody = try run("python3", ["-c", Self.beginner, port, "{}"])
        #expect(nobody.output.contains(#"no \"session\" in JSON."#), "\(nobody.errors)")
        // The file first: it is taken in, and is gone with the refusal.
        let late = try await nova.service.post(
            "/api/upload",
            parts: [TestPart("file", fileName: "x", Data("x".utf8)), TestPart("request-json", Data("{}".utf8))]
        )
        #expect(late.text.contains(#"no \"session\" in JSON."#))
        #expect(try nova.spooled().isEmpty)
        // A job type that the sender may not use, and one whose parameters are wrong.
        let part = TestPart("file", fileName: "x", Data(repeating: 7, count: 100_000))
        #expect(try await nova.service.post("/rest/solve", parts: [part]).status == 401)
        let wrong = TestPart("nothing", Data("x".utf8))
        #expect(try await nova.service.post("/rest/solve", as: nova.user, parts: [wrong, part]).status == 400)
        #expect(try nova.spooled().isEmpty)
        let jobs = nova.service.program.home.files().filter { $0.contains("/uploads/") }
        #expect(jobs.isEmpty, "\(jobs)")
    }

    @Test func `fields are held to a smaller size than files`() async throws {
        let service = try TestService(file: "limits: {body_bytes: 20000, upload_bytes: 200000}\n")
        defer { service.close() }
        let ana = try service.addUser("ana")
        let long = Data(repeating: UInt8(ascii: "a"), count: 60_000)
        let refused = try await service.post("/rest/composite", as: ana, parts: [TestPart("product", long)])
        #expect(refused.status == 413 && refused.text.contains("Send a long value as a file"))
        let file = [TestPart("product", fileName: "x", long)]
        let made = try await service.post("/rest/composite", as: ana, parts: file)
        let job = try #require(made["Location"])
        #expect(try await service.get(job + "/parameters/product", as: ana).body == long)
    }
}

/// A service for uploads whose submissions become jobs of a script.
private struct NovaService {
    let service: TestService
    let user: TestService.User
    let session: String
    private let folder: TemporaryFolder

    init(script: String, limits: String = "") throws {
        folder = try TemporaryFolder()
        let description = JobDescription(
            name: "solve",
            parameters: [ParameterDescription("file", .file, isRequired: true)],
            results: [ResultDescription("size", contentType: "text/plain", pattern: "size.txt")],
            script: script
        )
        _ = try folder.write(description.json, to: "descriptions/solve.json")
        service = try TestService(
            file: "folder: \(folder.path)\nsubmission: {type: solve, parameter: file}\n\(limits)\n"
        )
        user = try service.addUser("ana")
        let made = try service.antares(["users", "tokens", "add", "ana"])
        let key = made.output.trimmingCharacters(in: .newlines)
        let words = "request-json={\"apikey\": \"\(key)\"}"
        let login = try run("curl", ["-s", "--data-urlencode", words, service.address + "/api/login"])
        let answer = try JSONSerialization.jsonObject(with: Data(login.output.utf8)) as? [String: Any]
        session = try #require(answer?["session"] as? String)
    }

    /// What is in the folder of files of requests.
    func spooled() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path("spool")) }
}
