import ArgumentParser
import DatacubeIndex
import Foundation
import Geo
import Logging
import Postgres
import Raster
import Workflows

/// `ingest_catalog`: the USGS's bulk metadata.
struct IngestCatalogCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest_catalog",
        abstract: "Take the USGS's list of Landsat scenes into the catalogue.",
        discussion: """
            Reads the bulk metadata of Collection 1 and 2 (CSV, also .gz). Day scenes of known footprints are kept, or all \
            day scenes where no footprints are known. Running it again brings rows up to date.
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(name: .shortAndLong, help: .init("The table.", valueName: "file"), completion: .file())
    var file: String
    @Option(help: .init("Name of the sensor; landsat and its number when left out.", valueName: "name"))
    var sensor: String?

    func run() async throws {
        let services = try common.makeServices()
        let connection = try await services.catalogConnection()
        let summary = try await SceneCatalog(connection).ingest(file, sensor: sensor) { [log = services.log] rows in
            log.info("\(rows) rows read")
        }
        for reason in summary.reasons { services.log.warning("\(file): \(reason)") }
        try common.emit(summary) {
            "catalogue: \(summary.taken) scenes of \(summary.rows) rows; left out \(summary.night) by night, "
                + "\(summary.elsewhere) elsewhere, \(summary.broken) unreadable"
        }
        if summary.broken > 0 { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}

/// `ingest_footprints`: the paths and rows of a sensor.
struct IngestFootprintsCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest_footprints",
        abstract: "Take the footprints of a sensor (WRS-2 paths and rows) into the catalogue.",
        discussion: "The file needs the fields PATH and ROW, or a field of names that --column tells."
    )
    @OptionGroup var common: CommonOptions
    @Option(help: .init("Vector file of the footprints.", valueName: "file"), completion: .file())
    var shape: String
    @Option(help: .init("Name of the sensor.", valueName: "name"))
    var sensor = "landsat"
    @Option(help: .init("Only footprints that meet this country.", valueName: "code"))
    var country: String?
    @Option(help: .init("Field of names.", valueName: "field"))
    var column: String?

    func run() async throws {
        let services = try common.makeServices()
        let connection = try await services.catalogConnection()
        let count = try await SceneCatalog(connection)
            .ingestFootprints(shape, sensor: sensor, country: country, column: column)
        try common.emit(["footprints": count]) { "\(count) footprints of \(sensor)" }
        if count == 0 { throw ExitCode(ExitStatus.failed.rawValue) }
    }
}

/// The group `catalog`.
struct CatalogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog",
        abstract: "What archives hold, whether it has been fetched or not.",
        subcommands: [CatalogCoverageCommand.self]
    )
}

/// `catalog coverage`: how often the ground was seen.
struct CatalogCoverageCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage",
        abstract: "Count clear observations by path, row and year; as a table, and as a map with --map.",
        discussion: """
            Clear observations are the sum of the clear shares of all scenes: two scenes half under clouds count as one. The \
            picture runs from red (none) to green (as many as the best footprint has), with a legend below the map.
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(help: .init("Sensors whose name begins so.", valueName: "name"))
    var sensor = "landsat"
    @Option(name: .shortAndLong, help: .init("First day.", valueName: "day"))
    var begin = "1972-01-01"
    @Option(name: .shortAndLong, help: .init("Last day.", valueName: "day"))
    var end = "2100-12-31"
    @Option(help: .init("The most clouds of a clear scene, percent.", valueName: "number"))
    var maxCloud = 20.0
    @Option(help: .init("Picture to write.", valueName: "file"), completion: .file(extensions: ["png"]))
    var map: String?
    @Option(help: .init("Pixels of the picture's longer side.", valueName: "px"))
    var size = 1024

    func validate() throws {
        guard (16...20_000).contains(size) else { throw ValidationError("--size must lie within 16 and 20000.") }
        for day in [begin, end] where TimeRange(period: day) == nil {
            throw ValidationError("'\(day)' is no day: write YYYY-MM-DD.")
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        guard let first = TimeRange(period: begin), let last = TimeRange(period: end) else { return }
        let coverage = try await Coverage(
            try await services.catalogConnection(),
            sensor: sensor,
            period: TimeRange(begin: first.begin, end: last.end),
            maxCloud: maxCloud
        )
        guard !coverage.entries.isEmpty else {
            throw CommandFailure(.noInput, "no scene of \(sensor)… is in the catalogue. Run antares ingest_catalog.")
        }
        if let map {
            let box = try coverage.draw(to: ObjectStore.absolute(map), size: size)
            services.log.info("\(map): longitudes \(box.left) to \(box.right), latitudes \(box.bottom) to \(box.top)")
        }
        try common.emit(coverage.entries) {
            Output.table(
                [["footprint", "year", "scenes", "clear", "clear observations"]]
                    + coverage.entries.map { entry in
                        [
                            entry.footprint, "\(entry.year)", "\(entry.scenes)", "\(entry.clear)",
                            String(format: "%.2f", entry.clearObservations),
                        ]
                    }
            )
        }
    }
}

extension Services {
    /// A connection to the catalogue; makes its tables where they are missing.
    func catalogConnection() async throws -> Connection {
        _ = try await Index.open(try ownConnectionSettings()).installOwnSchemas()
        return try await ownConnection()
    }
}
