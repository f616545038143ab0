import ArgumentParser
import Foundation
import Geo
import Logging
import Raster
import Workflows

/// `export`: datasets of a product in one file.
struct ExportCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Lay the datasets of a product over each other in one GeoTIFF.",
        discussion: """
            Cloud-optimised, with overviews, BigTIFF where it has to be; of any size in bounded memory. Where datasets overlap,
            the latest is on top.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var export: ExportOptions

    func run() async throws { try await export.run(common) }
}

/// `db_to_raster`: the name of `export` in antares3.
struct DBToRasterCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "db_to_raster",
        abstract: "The same as export, under its name in antares3."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var export: ExportOptions

    func run() async throws { try await export.run(common) }
}

/// What `export` is told.
struct ExportOptions: ParsableArguments {
    @OptionGroup var run: RunOptionGroup
    @OptionGroup var space: SpatialOptions
    @OptionGroup var grid: GridOptionGroup
    @Option(
        name: [.customShort("n"), .customLong("name"), .customLong("product")],
        help: .init("Product to export.", valueName: "name")
    )
    var product: String
    @Option(
        name: [.customShort("b"), .customLong("bands")],
        parsing: .upToNextOption,
        help: .init("Measurements, by name or alias; all without it.", valueName: "name")
    )
    var bands: [String] = []
    @Option(
        parsing: .upToNextOption,
        help: .init("A year, month or day, or the first and the last.", valueName: "period")
    )
    var time: [String] = []
    @OptionGroup var method: ResamplingOption
    @Flag(help: "Where datasets overlap, the earliest is on top.")
    var earliestFirst = false
    @Option(name: .customShort("p"), help: .init("The same as --proj4.", valueName: "text"))
    var proj4: String?
    @Option(help: .init("deflate, zstd or none.", valueName: "method"), transform: MosaicCompression.init(option:))
    var compression: MosaicCompression = .deflate
    @Option(
        name: [.customShort("f"), .customShort("o"), .customLong("filename"), .customLong("output")],
        help: .init("File to write.", valueName: "file"),
        completion: .file(extensions: ["tif"])
    )
    var output: String

    func validate() throws {
        guard time.count <= 2 else { throw ValidationError("--time takes a period, or a first and a last one.") }
        for text in time where TimeRange(period: text) == nil {
            throw ValidationError("--time takes YYYY, YYYY-MM or YYYY-MM-DD, got '\(text)'.")
        }
    }

    func run(_ common: CommonOptions) async throws {
        let services = try common.makeServices()
        let ranges = time.compactMap { TimeRange(period: $0) }
        var export = Export(
            product: product,
            bands: bands,
            time: ranges.first.map { TimeRange(begin: $0.begin, end: ranges[ranges.count - 1].end) },
            region: space.isGiven ? try await services.region(space) : nil,
            target: MosaicTarget(path: ObjectStore.absolute(output), compression: compression),
            software: Version.software
        )
        (export.resampling, export.clips, export.latestFirst) = (try method.choice(), grid.clip, !earliestFirst)
        export.gridding = grid.options
        if let proj4 { export.gridding.crs = CRS(proj4) }
        try await common.makeTiles("Exporting \(product)", services, run, by: export.run)
    }
}
