public import Logging
public import Postgres

/// Which borders `antares init` is asked for.
public struct BorderRequest: Sendable {
    /// Codes of countries, in any case.
    public var countries: [String]
    /// A vector file to take countries from, nil to look for installed borders.
    public var borders: String?
    public var isoField: String?
    /// Vector files, or folders of them, to take regions from; one named by the user has to exist.
    public var regions: String?
    public var regionField: String?
    /// Where region files are looked for besides; need not exist.
    public var regionFolders: [String]
    public var borderSearch: BorderSearch

    public init(
        countries: [String] = [],
        borders: String? = nil,
        isoField: String? = nil,
        regions: String? = nil,
        regionField: String? = nil,
        regionFolders: [String] = [],
        borderSearch: BorderSearch = BorderSearch()
    ) {
        (self.countries, self.borders, self.isoField) = (countries, borders, isoField)
        (self.regions, self.regionField, self.regionFolders) = (regions, regionField, regionFolders)
        self.borderSearch = borderSearch
    }
}

/// What `antares init` did to the database.
public struct BorderSummary: Sendable, Encodable, Equatable {
    public internal(set) var countries: [String] = []
    public internal(set) var regions: Int = 0

    /// Nothing done.
    public init() {}

    init(countries: [String], regions: Int) { (self.countries, self.regions) = (countries, regions) }
}

/// Takes borders of countries and regions into antares' own tables.
public struct BorderIngestion: Sendable {
    private let connection: Connection
    private let log: Logger

    /// The connection leads to a database with the schema `antares`, as `Index.installOwnSchemas` makes it.
    public init(_ connection: Connection, log: Logger) { (self.connection, self.log) = (connection, log) }

    /// Puts the countries and regions asked for in, or brings their rows up to date.
    ///
    /// - Throws: `InitError` before anything is written when a code is unknown or a file unusable.
    public func run(_ request: BorderRequest) async throws -> BorderSummary {
        var codes: [String] = []
        for code in request.countries.map({ $0.uppercased() }) where !codes.contains(code) { codes.append(code) }
        let countries = try Self.countries(codes, request)
        let store = BorderStore(connection)
        let known = request.regions == nil ? countries : countries + (try await store.countries())
        let regions = try regions(request, known: known, wanted: Set(codes))
        if !countries.isEmpty {
            try await store.save(countries, source: request.borders ?? request.borderSearch.sourceName)
        }
        for file in regions where !file.regions.isEmpty { try await store.save(file.regions, source: file.path) }
        let names = countries.flatMap(\.regions) + regions.flatMap(\.regions)
        return BorderSummary(countries: codes, regions: Set(names.map { "\($0.country):\($0.name)" }).count)
    }

    private static func countries(_ codes: [String], _ request: BorderRequest) throws -> [Country] {
        guard !codes.isEmpty else { return [] }
        guard let file = request.borders else { return try request.borderSearch.countries(codes) }
        return try FileBorders(path: file, isoField: request.isoField).countries(codes)
    }

    private func regions(
        _ request: BorderRequest,
        known: [Country],
        wanted: Set<String>
    ) throws -> [(path: String, regions: [Region])] {
        var found: [(path: String, regions: [Region])] = []
        if let path = request.regions {
            let files = RegionFile.files(at: path)
            guard !files.isEmpty else {
                throw InitError(
                    .unusableFile,
                    path,
                    "there is no such file",
                    hint: "Check the path given to --regions."
                )
            }
            for file in files {
                let regions = try RegionFile(path: file, nameField: request.regionField).regions(of: known)
                if regions.isEmpty {
                    throw InitError(
                        .unusableFile,
                        file,
                        "none of its regions lies in a country that is there",
                        hint: "Name the country as well: antares init -c CODE --regions \(path)."
                    )
                }
                found.append((file, regions))
            }
        }
        for file in wanted.isEmpty ? [] : request.regionFolders.flatMap(RegionFile.files) {
            let regions = try RegionFile(path: file).regions(of: known).filter { wanted.contains($0.country) }
            if !regions.isEmpty { log.info("regions of \(file): \(regions.map(\.name).joined(separator: ", "))") }
            found.append((file, regions))
        }
        return found
    }
}
