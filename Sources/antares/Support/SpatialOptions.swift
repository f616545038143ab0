import ArgumentParser

/// The options by which a command is told where to work: a region's name, or ranges of latitude and longitude.
struct SpatialOptions: ParsableArguments {
    @Option(help: .init("Latitudes in degrees, `-lat 19 23`.", valueName: "min> <max"))
    var lat: NumberRange?
    @Option(help: .init("Longitudes in degrees, `-long -106 -101`.", valueName: "min> <max"))
    var long: NumberRange?
    @Option(
        name: .shortAndLong,
        help: .init("A country's ISO code or a region's name; goes before -lat and -long.", valueName: "name")
    )
    var region: String?
    @Option(
        help: .init("A vector file with polygons; goes before -region.", valueName: "file"),
        completion: .file(extensions: ["geojson", "gpkg", "shp"])
    )
    var geometry: String?

    /// True where the command line says where.
    var isGiven: Bool { region != nil || geometry != nil || lat != nil }

    func validate() throws {
        if (lat == nil) != (long == nil) { throw ValidationError("-lat and -long are given together, or neither.") }
        if let lat, lat.lower < -90 || lat.upper > 90 {
            throw ValidationError("-lat must lie within -90 and 90, got \(lat.lower) \(lat.upper).")
        }
    }
}

/// Two numbers, the smaller one first; on the command line `19 23` or `19,23`.
struct NumberRange: ExpressibleByArgument, Equatable, Sendable {
    let lower: Double
    let upper: Double

    init?(argument: String) {
        let numbers = argument.split(separator: ",").map { Double($0) }
        guard numbers.count == 2, let first = numbers[0], let second = numbers[1] else { return nil }
        (lower, upper) = (min(first, second), max(first, second))
    }
}
