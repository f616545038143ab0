import IndexSQL
public import Logging
public import Postgres

/// What `antares init` is asked to do.
public struct InitRequest: Sendable {
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

/// Sets antares' own tables up and fills them with borders.
public struct Initialisation: Sendable {
    private let connection: Connection
    private let log: Logger

    public init(_ connection: Connection, log: Logger) { (self.connection, self.log) = (connection, log) }

    /// Creates or upgrades the schemas `antares` and `uws`; safe to run twice, and from two machines at once.
    ///
    /// - Returns: What was applied, as `antares V1`.
    /// - Throws: `PostgresError`; where PostGIS may not be created, with the command for a superuser.
    public func createTables() async throws -> [String] {
        let migrators = try ["antares", "uws"].map {
            Migrator(component: $0, migrations: try Migration.load(folder: try SQLFiles.url("migrations/\($0)")))
        }
        return try await connection.perform { session in
            try Migrator.withLock(session) {
                try PostGIS.ensure(session)
                return try migrators.flatMap { migrator in
                    try migrator.migrate(session).map { "\(migrator.component) V\($0)" }
                }
            }
        }
    }

    /// Puts the countries and regions asked for in, or brings their rows up to date.
    ///
    /// - Throws: `InitError` before anything is written when a code is unknown or a file unusable.
    public func ingestBorders(_ request: InitRequest) async throws -> BorderSummary {
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

    private static func countries(_ codes: [String], _ request: InitRequest) throws -> [Country] {
        guard !codes.isEmpty else { return [] }
        guard let file = request.borders else { return try request.borderSearch.countries(codes) }
        return try FileBorders(path: file, isoField: request.isoField).countries(codes)
    }

    private func regions(
        _ request: InitRequest,
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
