import ArgumentParser
import Catalogs
import Config
import Foundation
import Geo
import Jobs
import Logging
import Workflows

/// What items are asked for, and of whom.
struct STACSearchOptions: ParsableArguments {
    @Option(help: .init("Address of a STAC API; STAC_URL when left out.", valueName: "address"))
    var url: String?
    @Option(
        name: [.customShort("c"), .long],
        parsing: .singleValue,
        help: .init("Collections to search; may be repeated, or joined by commas.", valueName: "name")
    )
    var collection: [String] = []
    @Option(parsing: .singleValue, help: .init("Ids of items; may be repeated, or joined by commas.", valueName: "id"))
    var ids: [String] = []
    @Option(
        help: .init(
            "West, south, east, north in degrees; west may be greater than east: then it crosses the antimeridian.",
            valueName: "w s e n"
        )
    )
    var bbox: DegreeBox?
    @OptionGroup var space: SpatialOptions
    @Option(
        help: .init(
            "A year, month, day or time, or two of them with a slash, as 2023-06/2023-08; either may be '..'.",
            valueName: "time"
        )
    )
    var datetime: String?
    @Option(
        parsing: .singleValue,
        help: .init("Condition on a property, as 'eo:cloud_cover<20'; may be repeated.", valueName: "condition")
    )
    var query: [String] = []
    @Option(help: .init("Condition in CQL2, text or JSON, for catalogues that take it.", valueName: "cql2"))
    var filter: String?
    @Option(help: .init("The most items.", valueName: "n"))
    var limit: Int?
    @Option(help: .init("Items asked for at once.", valueName: "n"))
    var pageSize = 100

    /// True where something of a search is named.
    var isGiven: Bool {
        url != nil || !collection.isEmpty || !ids.isEmpty || bbox != nil || space.isGiven || datetime != nil
            || !query.isEmpty || filter != nil
    }

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1, got \(limit).") }
        guard (1...10_000).contains(pageSize) else {
            throw ValidationError("--page-size must lie within 1 and 10000, got \(pageSize).")
        }
        if bbox != nil, space.isGiven {
            throw ValidationError("--bbox goes without -region, --geometry, -lat and -long.")
        }
        if let datetime { _ = try Self.interval(datetime) }
        _ = try conditions()
    }

    private func conditions() throws -> [STACCondition] {
        try query.flatMap { text in
            guard let conditions = STACCondition.parse(text) else {
                throw ValidationError(
                    "--query '\(text)' is no condition: write 'name<20', 'name=text', 'name in a,b', or JSON."
                )
            }
            return conditions
        }
    }

    /// A time or interval as STAC writes it.
    static func interval(_ text: String) throws -> String {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        func ends(_ part: String) throws -> (begin: String, end: String) {
            if part.isEmpty || part == ".." { return ("..", "..") }
            if let period = TimeRange(period: part) { return (Timestamp.iso(period.begin), Timestamp.iso(period.end)) }
            guard part.contains("T"), let time = Timestamp.parse(part) else {
                throw ValidationError(
                    "--datetime takes YYYY, YYYY-MM, YYYY-MM-DD or a time, or two with '/', got '\(text)'."
                )
            }
            return (Timestamp.iso(time), Timestamp.iso(time))
        }
        guard (1...2).contains(parts.count) else {
            throw ValidationError("--datetime takes at most one '/', got '\(text)'.")
        }
        let first = try ends(parts[0])
        let last = try ends(parts[parts.count - 1])
        guard first.begin != ".." || last.end != ".." else {
            throw ValidationError("--datetime needs a first or a last time, got '\(text)'.")
        }
        return first.begin == last.end ? first.begin : "\(first.begin)/\(last.end)"
    }

    /// The search that the options describe.
    func search(_ services: Services) async throws -> STACSearch {
        var search = STACSearch()
        search.collections = collection.flatMap { $0.split(separator: ",").map(String.init) }
        search.ids = ids.flatMap { $0.split(separator: ",").map(String.init) }
        search.datetime = try datetime.map(Self.interval)
        search.conditions = try conditions()
        (search.filter, search.limit, search.pageSize) = (filter, limit, pageSize)
        if let bbox {
            search.area = .box(bbox.box)
        } else if let lat = space.lat, let long = space.long, space.region == nil, space.geometry == nil {
            search.area = .box(BoundingBox(left: long.lower, bottom: lat.lower, right: long.upper, top: lat.upper))
        } else if space.isGiven {
            search.area = .shape(try await services.region(space).polygon)
        }
        return search
    }

    /// The API that is meant, opened.
    func open(_ services: Services, _ client: WebClient) async throws -> STACClient {
        let access = services.settings.stac
        guard let address = url ?? access.address else {
            throw CommandFailure(.usage, "say which catalogue: --url ADDRESS, or STAC_URL in ~/.antares.")
        }
        // The authorization belongs to the API of the configuration, whichever address names it.
        let isOwn =
            access.address.map { own in
                guard let a = try? WebAddress.parse(own), let b = try? WebAddress.parse(address) else { return false }
                return WebAddress.haveSameOrigin(a, b)
            } ?? false
        return try await STACClient(
            address,
            authorization: isOwn ? access.authorization : nil,
            client: client,
            log: services.log
        )
    }
}

/// Four numbers in degrees: west, south, east, north.
struct DegreeBox: ExpressibleByArgument, Equatable, Sendable {
    let box: BoundingBox

    init?(argument: String) {
        let numbers = argument.split { $0 == "," || $0 == " " }.compactMap { Double($0) }
        guard numbers.count == 4, (-180...180).contains(numbers[0]), (-180...180).contains(numbers[2]),
            -90 <= numbers[1], numbers[1] <= numbers[3], numbers[3] <= 90
        else { return nil }
        box = BoundingBox(left: numbers[0], bottom: numbers[1], right: numbers[2], top: numbers[3])
    }
}

extension Services {
    /// How requests to catalogues are sent: with the environment's proxies and trusted certificates, and without the
    /// configuration's secrets in messages.
    ///
    /// - `places`: What a job of the service may reach; nil for everything.
    func webOptions(within places: JobPlaces? = nil) throws -> WebOptions {
        var options = WebOptions()
        if let places { options.objection = { places.objection(toAddress: $0.absoluteString) } }
        let environment = ProcessInfo.processInfo.environment
        options.proxies = try ProxySettings(environment: environment)
        // The variables, and their order, by which GDAL finds them.
        options.trustedCertificates = ["SSL_CERT_FILE", "CURL_CA_BUNDLE"].lazy
            .compactMap { environment[$0] }.first { !$0.isEmpty }
        options.userAgent = Version.software.replacing(" ", with: "/")
        let stac = settings.stac
        options.secrets = [
            stac.authorization, stac.authorization?.split(separator: " ").last.map(String.init), stac.sign,
            settings.usgs?.token,
        ].compactMap { $0 }
        return options
    }

    /// What signs the addresses of assets.
    func signer(_ client: WebClient) throws -> HrefSigner {
        guard let sign = settings.stac.sign else {
            throw CommandFailure(
                .configuration,
                "--sign needs STAC_SIGN in ~/.antares: a query (sv=…&sig=…), or a service's address with {collection} or {href}."
            )
        }
        return try HrefSigner(sign, client: client)
    }
}
