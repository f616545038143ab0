import Documents
public import Foundation
public import Logging

/// What the landing page of a STAC API says.
public struct STACLanding: Sendable {
    public let root: URL
    public let title: String
    /// Classes of requirements that it meets.
    public let conformance: [String]
    let searchAddress: URL
    let takesPOST: Bool
    let takesGET: Bool

    func conforms(to ending: String) -> Bool { conformance.contains { $0.hasSuffix(ending) } }

    /// True where properties can be asked for by the extension `query`.
    var offersQuery: Bool { conforms(to: "item-search#query") }

    /// True where properties can be asked for by CQL2.
    var offersFilter: Bool { conforms(to: "item-search#filter") }
}

/// A client of a STAC API (api.stacspec.org, 1.0): items by search, page by page.
public struct STACClient: Sendable {
    /// The most bytes of one page.
    static let longestPage = 1 << 26
    /// The most items that one search gives; more do not fit into memory everywhere.
    public static let mostItems = 200_000

    private let client: WebClient
    public let landing: STACLanding
    private let secretHeaders: [(name: String, value: String)]
    private let log: Logger

    /// Reads the landing page.
    ///
    /// - Parameters:
    ///   - root: The address of the API.
    ///   - authorization: The value of the header Authorization; goes to the origin of `root` alone.
    ///   - client: What sends the requests.
    ///   - log: Where is said what a search leaves to us.
    /// - Throws: `CatalogError` where it cannot be reached or is no STAC API.
    public init(_ root: String, authorization: String?, client: WebClient, log: Logger) async throws {
        var address = try WebAddress.parse(root)
        // References on the landing page are relative to what lies in the folder of this name.
        if !address.path.hasSuffix("/"), address.query == nil { address = try WebAddress.parse(root + "/") }
        (self.client, self.log) = (client, log)
        secretHeaders = authorization.map { [(name: "Authorization", value: $0)] } ?? []
        var request = WebRequest(try WebAddress.parse(root))
        request.headers = [(name: "Accept", value: "application/json")]
        request.secretHeaders = secretHeaders
        let answer = try await client.send(request, limit: 1 << 24)
        landing = try await Self.landing(answer, at: address, request, client)
    }

    private static func landing(
        _ answer: WebAnswer,
        at root: URL,
        _ request: WebRequest,
        _ client: WebClient
    ) async throws -> STACLanding {
        let page = try document(answer)
        guard page["links"]?.array != nil, page["stac_version"] != nil || page["conformsTo"] != nil else {
            throw CatalogError(
                .failed,
                WebAddress.shown(root.absoluteString),
                "it is no STAC API: its answer has no 'stac_version' and 'links'",
                hint: "Give the address of the API itself, as https://earth-search.aws.element84.com/v1."
            )
        }
        let searches = (page["links"]?.array ?? []).filter { $0["rel"] == "search" }
        var conformance = page["conformsTo"]?.array?.compactMap(\.string) ?? []
        if conformance.isEmpty, let href = STACItems.link("conformance", of: page) {
            var ask = request
            ask.url = try WebAddress.resolve(href, against: root)
            if !WebAddress.haveSameOrigin(ask.url, root) { ask.secretHeaders = [] }
            if let more = try? await client.send(ask, limit: 1 << 22) {
                conformance = (try? document(more))?["conformsTo"]?.array?.compactMap(\.string) ?? []
            }
        }
        guard !searches.isEmpty || conformance.contains(where: { $0.contains("item-search") }) else {
            throw CatalogError(
                .failed,
                WebAddress.shown(root.absoluteString),
                "it offers no search (a static catalogue?)",
                hint: "Give a static catalogue's file or address as an argument instead of --url."
            )
        }
        let methods = searches.map { $0["method"]?.string?.uppercased() ?? "GET" }
        let post = zip(searches, methods).first { $0.1 == "POST" }?.0
        let href = (post ?? searches.first)?["href"]?.string ?? "search"
        return STACLanding(
            root: root,
            title: page["title"]?.string ?? page["id"]?.string ?? "",
            conformance: conformance,
            searchAddress: try WebAddress.resolve(href, against: root),
            takesPOST: searches.isEmpty || methods.contains("POST"),
            takesGET: searches.isEmpty || methods.contains("GET")
        )
    }

    /// Hands over the items of a search, a page at a time, none of them twice.
    ///
    /// - Returns: How many items there were, and whether there are more than the limit let through.
    /// - Throws: `CatalogError`, `DocumentError`, what `take` throws.
    @discardableResult
    public func search(
        _ search: STACSearch,
        take: (_ items: [STACFound]) async throws -> Void
    ) async throws -> (count: Int, isCut: Bool) {
        do {
            return try await run(search, byGET: false, take)
        } catch let error as CatalogError where landing.takesPOST && [405, 501].contains(error.status) {
            return try await run(search, byGET: true, take)
        }
    }

    private func run(
        _ search: STACSearch,
        byGET: Bool,
        _ take: (_ items: [STACFound]) async throws -> Void
    ) async throws -> (count: Int, isCut: Bool) {
        let plan = try STACRequestPlan(search, landing, secretHeaders, byGET: byGET)
        for note in plan.notes { log.notice("\(note)") }
        let limit = min(search.limit ?? .max, Self.mostItems)
        var seen: Set<String> = []
        var count = 0
        for first in plan.requests {
            var paging = STACPaging()
            var request: WebRequest? = first
            while let current = request {
                try Task.checkCancellation()
                let answer = try await client.send(current, limit: Self.longestPage)
                let page = try Self.document(answer)
                guard let features = page["features"]?.array else {
                    throw CatalogError(
                        .failed,
                        WebAddress.shown(answer.url.absoluteString),
                        "its answer to the search is no collection of items (no 'features')"
                    )
                }
                let new = features.filter { STACItems.isItem($0) && seen.insert(STACItems.identity(of: $0)).inserted }
                let items = new.filter { item in
                    search.mayHold(item) && plan.ownConditions.allSatisfy { $0.isMet(by: item) }
                }
                let fitting = items.prefix(limit - count)
                try await take(fitting.map { STACFound($0, at: STACItems.location(of: $0, from: answer.url)) })
                count += fitting.count
                if count == limit {
                    let isCut = fitting.count < items.count || STACItems.link("next", of: page) != nil
                    if isCut, limit == Self.mostItems { throw tooMany }
                    return (count, isCut)
                }
                // A page that brings nothing new is the last: some servers link a next one for ever.
                request = new.isEmpty ? nil : try paging.next(after: page, from: current, at: answer.url)
            }
        }
        return (count, false)
    }

    private var tooMany: CatalogError {
        CatalogError(
            .tooLarge,
            WebAddress.shown(landing.searchAddress.absoluteString),
            "the search finds more than \(Self.mostItems) items",
            hint: "Narrow it by place or time, or give a smaller --limit."
        )
    }

    private static func document(_ answer: WebAnswer) throws -> DocumentValue {
        let origin = WebAddress.shown(answer.url.absoluteString)
        guard let text = String(data: answer.body, encoding: .utf8) else {
            throw CatalogError(.failed, origin, "its answer is not UTF-8 text")
        }
        do {
            return try JSONText.parse(text, origin: origin)
        } catch {
            let start = text.prefix(60).split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            throw CatalogError(.failed, origin, "its answer is no JSON (\(error.reason)): \(start)")
        }
    }
}
