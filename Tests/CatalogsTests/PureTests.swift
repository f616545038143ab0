import Documents
import Foundation
import Geo
import Testing

@testable import Catalogs

/// What needs no network: addresses, names, checksums, waits, proxies, conditions, requests.
@Suite struct PureTests {
    @Test(arguments: [
        ("https://user:word@host.org/a/b.tif?sig=abc#x", "https://host.org/a/b.tif?…"),
        ("https://host.org/a", "https://host.org/a"), ("s3://key:secret@bucket/a", "s3://bucket/a"),
        ("/data/a.tif", "/data/a.tif"),
    ])
    func `messages show addresses without user and query`(address: String, expected: String) {
        #expect(WebAddress.shown(address) == expected)
    }

    @Test(arguments: [
        ("https://h/x/../../etc/passwd", "passwd"), ("https://h/a%2F..%2Fb.tif?x=/y", "a_.._b.tif"), ("../../x", "x"),
        ("https://h/..", ""), ("https://h/", ""), ("https://h", ""), ("https://h/.bashrc", "bashrc"),
        ("https://h/S2A%20x.SAFE", "S2A_x.SAFE"), ("https://h/a\\b:c.tif", "a_b_c.tif"), ("https://h/%00%01", ""),
        ("/abs/é.tif", "_.tif"),
    ])
    func `names of files hold no way out of their folder`(href: String, expected: String) {
        #expect(SafeName.ofFile(at: href) == expected)
    }

    @Test func `names keep their ending when they are cut`() {
        let name = SafeName.make(String(repeating: "n", count: 5000) + ".tif")
        #expect(name.utf8.count == 180 && name.hasSuffix("n.tif"))
    }

    // printf abc | md5sum, sha1sum, sha256sum; the heads are multihash's codes and the lengths.
    @Test(arguments: [
        "d50110900150983cd24fb0d6963f7d28e17f72", "1114a9993e364706816aba3e25717850c26c9cd0d89d",
        "1220ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    ])
    func `checksums are read, computed and written as multihashes`(text: String) throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data("abc".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let checksum = try #require(Multihash(text))
        #expect(try Multihash.of(file: file.path, checksum.algorithm) == checksum)
        #expect(checksum.text == text)
    }

    @Test(arguments: ["", "12", "1220ba78", "zz20" + String(repeating: "0", count: 64), "ffffffffffffffff", "1e20aa"])
    func `what is no checksum is none`(text: String) { #expect(Multihash(text) == nil) }

    @Test func `waits grow twofold with jitter, end, and are as long as the server asks`() {
        let schedule = RetrySchedule(
            attempts: 4,
            firstDelay: .seconds(1),
            longestDelay: .seconds(3),
            patience: .seconds(60)
        )
        #expect(schedule.delay(after: 1, retryAfter: nil, random: 1) == .seconds(1))
        #expect(schedule.delay(after: 1, retryAfter: nil, random: 0) == .milliseconds(500))
        #expect(schedule.delay(after: 2, retryAfter: nil, random: 1) == .seconds(2))
        #expect(schedule.delay(after: 3, retryAfter: nil, random: 1) == .seconds(3))
        #expect(schedule.delay(after: 4, retryAfter: nil, random: 1) == nil)
        #expect(schedule.delay(after: 1, retryAfter: .seconds(30), random: 0) == .seconds(30))
        #expect(schedule.delay(after: 1, retryAfter: .seconds(61), random: 0) == nil)
    }

    @Test func `Retry-After is seconds or a date`() {
        let now = Date(timeIntervalSince1970: 784_111_777)
        #expect(RetrySchedule.wait("120", now: now) == .seconds(120))
        // RFC 9110's example date is that very second.
        #expect(RetrySchedule.wait("Sun, 06 Nov 1994 08:49:47 GMT", now: now) == .seconds(10))
        #expect(RetrySchedule.wait("Sun, 06 Nov 1994 08:49:00 GMT", now: now) == .zero)
        #expect(RetrySchedule.wait("soon", now: now) == nil)
    }

    @Test func `proxies are those of the environment, but for the hosts that need none`() throws {
        let settings = try ProxySettings(environment: [
            "https_proxy": "http://user:word@proxy.org:3128", "ALL_PROXY": "other:80",
            "no_proxy": "inner.org,.local, 10.0.0.1",
        ])
        func proxy(_ address: String) throws -> String? {
            settings.proxy(for: try WebAddress.parse(address)).map { "\($0.host):\($0.port)" }
        }
        #expect(try proxy("https://host.org/x") == "proxy.org:3128")
        #expect(try proxy("http://host.org/x") == "other:80")
        for address in ["https://inner.org", "https://a.inner.org", "http://x.local:8080", "http://10.0.0.1"] {
            #expect(try proxy(address) == nil)
        }
        #expect(try proxy("https://notinner.org") == "proxy.org:3128")
        #expect(throws: CatalogError.self) { try ProxySettings(environment: ["http_proxy": "socks5://h:1"]) }
    }

    @Test func `conditions are read as people write them`() {
        #expect(STACCondition.parse("eo:cloud_cover<20") == [STACCondition("eo:cloud_cover", .less, 20)])
        #expect(STACCondition.parse("platform != 'landsat 8'") == [STACCondition("platform", .notEqual, "landsat 8")])
        #expect(STACCondition.parse("platform in (a, b)") == [STACCondition("platform", .among, ["a", "b"])])
        #expect(STACCondition.parse(#"{"gsd": {"lte": 10}}"#) == [STACCondition("gsd", .lessOrEqual, 10)])
        for text in ["", "cloud", "<5", "{", #"{"a": {"like": 1}}"#] { #expect(STACCondition.parse(text) == nil) }
    }

    private func landing(_ conformance: [String], post: Bool) throws -> STACLanding {
        STACLanding(
            root: try WebAddress.parse("https://h/v1/"),
            title: "",
            conformance: conformance,
            searchAddress: try WebAddress.parse("https://h/v1/search"),
            takesPOST: post,
            takesGET: true
        )
    }

    private func body(_ search: STACSearch, _ conformance: [String]) throws -> [DocumentValue] {
        try STACRequestPlan(search, try landing(conformance, post: true), []).requests.map { request in
            try JSONText.parse(String(decoding: request.body ?? Data(), as: UTF8.self), origin: "body")
        }
    }

    @Test func `a box across the antimeridian falls in two`() throws {
        var search = STACSearch()
        search.area = .box(BoundingBox(left: 170, bottom: -20, right: -175, top: -10))
        #expect(
            try body(search, []).map { $0["bbox"] } == [[170.0, -20.0, 180.0, -10.0], [-180.0, -20.0, -175.0, -10.0]]
        )
    }

    @Test func `conditions go to the server by what it offers, else are looked at here`() throws {
        var search = STACSearch()
        search.conditions = [STACCondition("eo:cloud_cover", .less, 20), STACCondition("platform", .equal, "a'b")]
        let query = try body(search, ["https://api.stacspec.org/v1.0.0/item-search#query"])[0]
        #expect(query["query"] == ["eo:cloud_cover": ["lt": 20], "platform": ["eq": "a'b"]])
        let filter = try body(search, ["https://api.stacspec.org/v1.0.0/item-search#filter"])[0]
        #expect(filter["filter-lang"] == "cql2-json")
        #expect(filter.at("filter", "op") == "and")
        let byGET = try STACRequestPlan(
            search,
            try landing(["item-search#filter", "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text"], post: false),
            []
        )
        let text = byGET.requests[0].url.query(percentEncoded: false) ?? ""
        #expect(text.contains(#"filter="eo:cloud_cover" < 20 AND "platform" = 'a''b'"#))
        #expect(try STACRequestPlan(search, try landing([], post: true), []).ownConditions == search.conditions)
    }

    @Test func `a border of very many vertices is asked for by its boxes`() throws {
        let ring = (0...3000).map { step -> Point in
            let angle = Double(step) / 3000 * 2 * .pi
            return Point(x: 10 + cos(angle), y: 20 + sin(angle))
        }
        var search = STACSearch()
        search.area = .shape(MultiPolygon(ring: ring))
        let box = try #require(try body(search, [])[0]["bbox"]?.array?.compactMap(\.double))
        #expect(zip(box, [9, 19, 11, 21]).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(search.mayHold(["bbox": [10, 20, 10.5, 20.5]]))
        // In the corner of the box, beside the circle.
        #expect(!search.mayHold(["bbox": [10.9, 20.9, 11, 21]]))
    }

    @Test func `the next page merges its body into the one before`() throws {
        var request = WebRequest(try WebAddress.parse("https://h/v1/search"))
        request.method = "POST"
        request.body = Data(#"{"limit": 5, "collections": ["c"]}"#.utf8)
        request.secretHeaders = [(name: "Authorization", value: "Bearer x")]
        func next(_ link: String) throws -> WebRequest? {
            var paging = STACPaging()
            let page = try JSONText.parse(#"{"links": [\#(link)]}"#, origin: "page")
            return try paging.next(after: page, from: request, at: request.url)
        }
        let merged = try #require(
            try next(
                #"{"rel": "next", "href": "search", "method": "POST", "merge": true, "body": {"token": "t", "limit": 6}}"#
            )
        )
        #expect(merged.body == Data(#"{"limit":6,"collections":["c"],"token":"t"}"#.utf8))
        #expect(merged.secretHeaders.count == 1)
        let own = try #require(
            try next(#"{"rel": "next", "href": "search", "method": "POST", "body": {"token": "t"}}"#)
        )
        #expect(own.body == Data(#"{"token":"t"}"#.utf8))
        let other = try #require(try next(#"{"rel": "next", "href": "https://elsewhere/x?token=2"}"#))
        #expect(other.method == "GET" && other.body == nil && other.secretHeaders.isEmpty)
        #expect(try next(#"{"rel": "prev", "href": "x"}"#) == nil)
        #expect(throws: CatalogError.self) { try next(#"{"rel": "next", "href": "file:///etc/passwd"}"#) }
        let headers = try #require(
            try next(#"{"rel": "next", "href": "?p=2", "headers": {"X-Page": "2", "Host": "evil", "A\r\nB": "c"}}"#)
        )
        #expect(headers.headers.map(\.name) == ["X-Page"])
    }
}
