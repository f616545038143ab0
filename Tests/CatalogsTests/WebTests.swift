import Documents
import Foundation
import Geo
import Logging
import TestSupport
import Testing

@testable import Catalogs

/// The clients against a server on loopback with the manners of catalogues, good and bad.
@Suite(.serialized) struct WebTests {
    /// The server, and a folder with files of it.
    private static let files = Result { try TemporaryFolder() }
    private static let server: Result<WebServer, any Error> = Result {
        let folder = try files.get()
        let bytes = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })
        for name in ["a.bin", "scene.tar"] { try bytes.write(to: folder.url.appendingPathComponent(name)) }
        let script = repository.appending(path: "Tests/Python/catalog_server.py").path
        let server = try WebServer(python: "python3", [script, folder.path])
        atexit { WebTests.close() }
        return server
    }

    private static func close() { try? server.get().close() }

    private func address(_ path: String) throws -> URL {
        try WebAddress.parse("\(try Self.server.get().address)/\(path)")
    }
    private var original: Data {
        get throws { try Data(contentsOf: Self.files.get().url.appendingPathComponent("a.bin")) }
    }

    private func client<T: Sendable>(_ body: (WebClient) async throws -> T) async throws -> T {
        var options = WebOptions()
        options.retries = RetrySchedule(attempts: 3, firstDelay: .milliseconds(5), longestDelay: .milliseconds(10))
        options.secrets = ["sekret-token"]
        return try await WebClient.run(options, body)
    }

    private func log() async throws -> [DocumentValue] {
        let answer = try await client { try await $0.send(WebRequest(try address("log")), limit: 1 << 24) }
        return try JSONText.parse(String(decoding: answer.body, as: UTF8.self), origin: "log").array ?? []
    }

    @Test func `what is busy is asked again, and what stays down is given up with the server's words but no secret`()
        async throws
    {
        let answer = try await client {
            try await $0.send(WebRequest(try address("busy/2/files/a.bin")), limit: 1 << 20)
        }
        #expect(answer.body == (try original))
        let error = await #expect(throws: CatalogError.self) {
            try await client { try await $0.send(WebRequest(try address("down/x?token=sekret-token")), limit: 100) }
        }
        let text = try #require(error).description
        #expect(text.contains("status 503"))
        #expect(text.contains("closed for repairs, the token is …"))
        #expect(text.contains("(after 3 attempts)"))
        #expect(!text.contains("sekret"))
    }

    @Test func `requests go through the environment's proxy`() async throws {
        // The server answers for the host behind its tunnel, which does not exist.
        var options = WebOptions()
        options.proxies = try ProxySettings(environment: ["http_proxy": try Self.server.get().address])
        let far = try WebAddress.parse("http://nowhere.invalid/files/a.bin")
        let answer = try await WebClient.run(options) { try await $0.send(WebRequest(far), limit: 1 << 20) }
        #expect(answer.body == (try original))
        #expect(try await log().contains { $0["method"] == "CONNECT" && $0["path"] == "nowhere.invalid:80" })
    }

    @Test func `answers beyond the limit are refused`() async throws {
        let error = await #expect(throws: CatalogError.self) {
            try await client { try await $0.send(WebRequest(try address("files/a.bin")), limit: 1000) }
        }
        #expect(error?.code == .tooLarge)
    }

    @Test func `secret headers do not follow to another host`() async throws {
        var request = WebRequest(try address("away/files/a.bin"))
        request.secretHeaders = [(name: "Authorization", value: "Bearer inner-secret")]
        let sent = request
        _ = try await client { try await $0.send(sent, limit: 1 << 20) }
        let asked = try await log().filter { $0.at("headers", "authorization") == "Bearer inner-secret" }
        #expect(asked.compactMap { $0["path"]?.string } == ["/away/files/a.bin"])
    }

    @Test func `a download that breaks off again and again goes on where it ended`() async throws {
        let folder = try TemporaryFolder()
        let download = FileDownload(
            WebRequest(try address("breaking/40000/a.bin")),
            to: folder.path("a.bin"),
            size: 300_000,
            checksum: nil
        )
        #expect(try await client { try await download.fetch(with: $0) } == .fetched(bytes: 300_000, resumed: 0))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder.path("a.bin"))) == original)
        #expect(folder.files() == ["a.bin"])
        #expect(try await client { try await download.fetch(with: $0) } == .present)
        let ranges = try await log().filter { $0["path"] == "/breaking/40000/a.bin" }
            .map { $0.at("headers", "range")?.string?.dropFirst(6).dropLast() ?? "0" }.compactMap { Int($0) }
        // Each goes on where the one before ended, and brings no more than the server gives at once.
        #expect(ranges.first == 0 && ranges.count >= 8)
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0 < $1 && $1 - $0 <= 40_000 })
    }

    @Test func `what an earlier process left is gone on with, unless the server has another version now`() async throws
    {
        let folder = try TemporaryFolder()
        let path = folder.path("a.bin")
        var download = FileDownload(WebRequest(try address("files/a.bin")), to: path)
        _ = try await client { try await download.fetch(with: $0) }
        // The name that the first attempt gave its part.
        let part = try PartFile(of: path)
        let found = try await client { client in
            try await client.stream(download.request) { _, headers in
                part.tag = FileDownload.tag(headers)
                return false
            } receive: { _ in
            }
            return part.path
        }
        part.release()
        try FileManager.default.removeItem(atPath: path)
        try original.prefix(123_456).write(to: URL(fileURLWithPath: found))
        #expect(try await client { try await download.fetch(with: $0) } == .fetched(bytes: 300_000, resumed: 123_456))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == original)
        // Of another version: the tag in its name is not the server's.
        try FileManager.default.removeItem(atPath: path)
        try Data(repeating: 7, count: 99).write(to: URL(fileURLWithPath: folder.path(".a.bin.0123456789ab.part")))
        #expect(try await client { try await download.fetch(with: $0) } == .fetched(bytes: 300_000, resumed: 0))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == original)
        #expect(folder.files() == ["a.bin"])
        // A version that changes all the time cannot be put together from parts, but comes in one piece.
        download = FileDownload(WebRequest(try address("changing/a.bin")), to: folder.path("b.bin"))
        #expect(try await client { try await download.fetch(with: $0) } == .fetched(bytes: 300_000, resumed: 0))
    }

    @Test func `a file of another size or checksum never gets its name`() async throws {
        let folder = try TemporaryFolder()
        let request = WebRequest(try address("files/a.bin"))
        for wrong in [
            FileDownload(request, to: folder.path("x"), size: 299_999),
            FileDownload(request, to: folder.path("x"), checksum: Multihash(.sha256, Array(repeating: 0, count: 32))),
        ] {
            let error = await #expect(throws: CatalogError.self) {
                try await client { try await wrong.fetch(with: $0) }
            }
            #expect(error?.code == .mismatch)
            #expect(folder.files() == [])
        }
        let right = try Multihash.of(file: Self.files.get().path("a.bin"))
        let download = FileDownload(request, to: folder.path("x"), size: 300_000, checksum: right)
        #expect(try await client { try await download.fetch(with: $0) } == .fetched(bytes: 300_000, resumed: 0))
        // Bytes that changed on this disk are noticed.
        try Data(repeating: 1, count: 300_000).write(to: URL(fileURLWithPath: folder.path("x")))
        #expect(try await client { try await download.fetch(with: $0) } == .fetched(bytes: 300_000, resumed: 0))
    }

    @Test func `addresses are signed by a service, and again after a refusal`() async throws {
        let folder = try TemporaryFolder()
        let service = "\(try Self.server.get().address)/sas/{collection}"
        let item: DocumentValue = [
            "type": "Feature", "id": "i", "collection": "c", "properties": [:], "links": [],
            "assets": ["a": ["href": .string(try address("secured/a.bin").absoluteString)]],
        ]
        let report = try await client { client in
            var download = ItemDownload(to: folder.path)
            download.signer = try HrefSigner(service, client: client)
            return try await download.run([STACFound(item, at: try address("x").absoluteString)], with: client)
        }
        #expect(report.failures.isEmpty && report.fetched == 1)
        #expect(folder.files() == ["c/i/a.bin", "c/i/i.json"])
        let signed = try await client { client in
            let signer = try HrefSigner("?sig=good&se=1", client: client)
            return try await [
                signer.sign("https://h/a?b=c", collection: nil), signer.sign("https://h/a?sig=x", collection: nil),
            ]
        }
        #expect(signed == ["https://h/a?b=c&sig=good&se=1", "https://h/a?sig=x"])
    }

    private func search(_ kind: String, _ search: STACSearch = STACSearch()) async throws -> [String] {
        try await client { client in
            let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let api = try await STACClient(
                "\(try address("api"))/\(kind)",
                authorization: nil,
                client: client,
                log: log
            )
            var ids: [String] = []
            try await api.search(search) { ids += $0.compactMap { $0.item["id"]?.string } }
            return ids
        }
    }

    @Test func `pages are followed to the end or to the limit`() async throws {
        #expect(try await search("plain") == (0..<10).map { "i\($0)" })
        var some = STACSearch()
        some.limit = 3
        #expect(try await search("plain", some) == ["i0", "i1", "i2"])
        var clear = STACSearch()
        clear.conditions = [STACCondition("eo:cloud_cover", .lessOrEqual, 20)]
        #expect(try await search("plain", clear) == ["i0", "i1", "i2"])
    }

    @Test func `pages that never end, end`() async throws {
        #expect(try await search("same") == ["i0"])
        #expect(try await search("circle") == ["i0", "i1", "i2"])
        let error = await #expect(throws: CatalogError.self) { try await search("fresh") }
        #expect(error?.description.contains("its pages lead in a circle") == true)
    }

    @Test(arguments: [
        ("endless", "the answer has more than 67108864 bytes"), ("deep", "is nested too deeply"),
        ("latin", "is not UTF-8 text"), ("html", "its answer is no JSON"), ("nothing", "no such API"),
    ])
    func `bodies without end, without bottom or of other encodings are refused`(
        kind: String,
        expected: String
    ) async throws {
        let error = await #expect(throws: CatalogError.self) { try await search(kind) }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }

    @Test func `numbers beyond all measure do no harm`() async throws {
        #expect(try await search("numbers") == ["i0"])
    }

    @Test func `references out of the folder stay in it`() async throws {
        let folder = try TemporaryFolder()
        let root = folder.path("in")
        var assets = DocumentObject()
        for (number, name) in ["a.bin?x=/../../../up", "../files/a.bin", "..%2F..%2Fa.bin", "x/../a.bin"].enumerated() {
            assets["../../up\(number)"] = ["href": .string("\(try address("files").absoluteString)/\(name)")]
        }
        let item: DocumentValue = [
            "type": "Feature", "id": "../../../tmp/evil", "collection": "/etc", "properties": [:], "links": [],
            "assets": .object(assets),
        ]
        let web = try address("items/i").absoluteString
        let report = try await client { try await ItemDownload(to: root).run([STACFound(item, at: web)], with: $0) }
        #expect(report.failures.isEmpty)
        #expect(report.fetched == 4)
        #expect(folder.files().allSatisfy { $0.hasPrefix("in/") && !"/\($0)/".contains("/../") })
        #expect(folder.files().count == 5)
        for href in ["file:///etc/passwd", "s3n://x/y", "ftp://h/x"] {
            let item: DocumentValue = [
                "type": "Feature", "id": "i", "properties": [:], "assets": ["a": ["href": .string(href)]],
            ]
            let refused = try await client {
                try await ItemDownload(to: root).run([STACFound(item, at: web)], with: $0)
            }
            #expect(refused.failures.count == 1 && refused.documents.isEmpty)
        }
    }

    private static let item = """
        {"type": "Feature", "stac_version": "1.0.0", "id": "S2A_33TWL_20230815_0_L2A", "collection": "sentinel-2-l2a",
         "bbox": [14.99, 45.05, 16.41, 46.05], "stac_extensions": ["https://stac-extensions.github.io/eo/v1.1.0/schema.json"],
         "geometry": {"type": "Polygon", "coordinates": [[[15, 45], [16, 45], [16, 46], [15, 46], [15, 45]]]},
         "properties": {"datetime": "2023-08-15T09:58:11.662000Z", "eo:cloud_cover": 0.20399, "proj:epsg": 32633},
         "links": [{"rel": "next", "href": "search?token=x", "method": "POST", "body": {"token": "x"}, "merge": true,
                    "headers": {"X-A": "b"}}, {"rel": "self", "href": "https://h/items/1"}],
         "assets": {"blue": {"href": "B02.tif", "type": "image/tiff; application=geotiff", "roles": ["data"],
                             "file:size": 836186, "file:checksum": "d50110900150983cd24fb0d6963f7d28e17f72"},
                    "meta": {"href": "https://h/granule_metadata.xml"}}}
        """

    @Test func `items and answers changed by chance crash nothing`() async throws {
        var mutator = Mutator(seed: 5)
        let folder = try TemporaryFolder()
        let text = Self.item
        let value = try JSONText.parse(text, origin: "item")
        var kinds: Set<String> = []
        for _ in 0..<150 {
            var item = value
            for _ in 0..<3 { item = mutator.change(item) }
            _ = STACItems.bounds(of: item)
            _ = STACCondition("eo:cloud_cover", .less, 20).isMet(by: item)
            var paging = STACPaging()
            _ = try? paging.next(after: item, from: WebRequest(try address("x")), at: try address("x"))
            guard STACItems.isItem(item) else { continue }
            do {
                let files = try ItemFiles(
                    STACFound(item, at: "https://h/i.json"),
                    in: folder.path,
                    assets: [],
                    cuts: false
                )
                kinds.insert("planned")
                #expect(files.files.allSatisfy { $0.path.hasPrefix(folder.path + "/") && !$0.path.contains("/../") })
            } catch {
                kinds.insert("refused")
            }
        }
        #expect(kinds == ["planned", "refused"])
        for _ in 0..<200 { _ = try? JSONText.parse(mutator.change(text), origin: "item") }
    }
}
