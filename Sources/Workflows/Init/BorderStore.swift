public import Geo
public import Postgres
import IndexSQL

/// A country or region of the database, as found by a name.
public struct NamedArea: Sendable, Hashable {
    /// ISO 3166-1 alpha-3.
    public let country: String
    /// The region's name, nil for the whole country.
    public let region: String?
    /// In longitude and latitude.
    public let border: MultiPolygon
}

/// A country or region without its border.
public struct AreaListing: Sendable, Hashable, Encodable {
    /// ISO 3166-1 alpha-3.
    public let country: String
    public let name: String
    /// True for a first-level region, false for the country itself.
    public let isRegion: Bool
}

/// The countries and regions in antares' own tables.
public struct BorderStore: Sendable {
    private let connection: Connection

    public init(_ connection: Connection) { self.connection = connection }

    /// Puts countries and their regions in, or brings their rows up to date, all or none.
    func save(_ countries: [Country], source: String) async throws {
        let (country, region) = (try SQLFiles.query("upsert_country"), try SQLFiles.query("upsert_region"))
        try await connection.transaction { session in
            for item in countries {
                try session.query(country, [item.code, item.name, source, item.border.hexadecimalWKB])
                for part in item.regions {
                    try session.query(region, [part.country, part.name, source, part.border.hexadecimalWKB])
                }
            }
        }
    }

    /// Puts regions of countries that are there in, or brings their rows up to date, all or none.
    func save(_ regions: [Region], source: String) async throws {
        let region = try SQLFiles.query("upsert_region")
        try await connection.transaction { session in
            for part in regions {
                try session.query(region, [part.country, part.name, source, part.border.hexadecimalWKB])
            }
        }
    }

    /// All countries and regions, by country.
    public func list() async throws -> [AreaListing] {
        try await connection.query(try SQLFiles.query("list_areas")).compactMap { row in
            guard let country = row["country"], let name = row["name"] else { return nil }
            return AreaListing(country: country, name: name, isRegion: row["region"] != nil)
        }
    }

    /// The area that a person means by a name.
    ///
    /// A name is a country's code, a region's name, or both as `MEX:Jalisco`. Countries go before regions, the exact name
    /// before one that differs only in case or accents.
    /// - Throws: `InitError` with near names, or with the countries among which to choose.
    public func area(named name: String) async throws -> NamedArea {
        let rows = try await connection.query(try SQLFiles.query("list_areas"))
        let known = AreaNames(
            rows.compactMap { row in
                row["country"].map { AreaNames.Entry(country: $0, region: row["region"], name: row["name"] ?? "") }
            }
        )
        let entry = try known.find(name)
        let found = try await connection.query(try SQLFiles.query("read_border"), [entry.country, entry.region])
        guard let text = found.first?["border"], let border = MultiPolygon(hexadecimalWKB: text) else {
            throw InitError(
                .unknownRegion,
                name,
                "its border cannot be read",
                hint: "Run antares init -c \(entry.country) again."
            )
        }
        return NamedArea(country: entry.country, region: entry.region, border: border)
    }

    /// The countries that are there, with borders and without regions.
    func countries() async throws -> [Country] {
        var countries: [Country] = []
        for row in try await connection.query(try SQLFiles.query("list_areas")) where row["region"] == nil {
            guard let code = row["country"] else { continue }
            let border = try await area(named: code).border
            countries.append(Country(code: code, name: row["name"] ?? code, border: border))
        }
        return countries
    }
}
