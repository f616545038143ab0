import ArgumentParser
import Foundation
import Geo
import Logging
import Raster
import Workflows

/// `composite`: scenes reduced over time to one file for each period.
struct CompositeCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "composite",
        abstract: "Reduce the scenes of a product over time to one GeoTIFF.",
        discussion: """
            Works on indexed scenes of any CRS, no ingestion is needed:
              antares composite -p ls8_c2l2 -b blue green red --reduce median --time 2021 --region Jalisco -o out.tif
            Where scenes lie on the grid of the output they are pasted, else they are warped.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var run: RunOptionGroup
    @OptionGroup var space: SpatialOptions
    @OptionGroup var grid: GridOptionGroup
    @Option(name: .shortAndLong, help: .init("Product to reduce.", valueName: "name"))
    var product: String
    @Option(
        name: [.customShort("b"), .customLong("bands")],
        parsing: .upToNextOption,
        help: .init("Measurements, by name or alias.", valueName: "name")
    )
    var bands: [String] = []
    @Option(help: .init("What becomes of a pixel's values: median, mean, min, max, ….", valueName: "reducer"))
    var reduce = "median"
    @Option(
        parsing: .upToNextOption,
        help: .init("A year, month or day, or the first and the last.", valueName: "period")
    )
    var time: [String] = []
    @Option(help: .init("One output for each of these: P1Y, P3M, P16D; one for all without it.", valueName: "length"))
    var period: String?
    @Option(
        parsing: .upToNextOption,
        help: .init(
            "Keep pixels whose flag has one of some meanings: qa.scl=vegetation,water; repeatable.",
            valueName: "rule"
        )
    )
    var mask: [String] = []
    @Option(help: .init("What counts once: solar_day, time or none.", valueName: "group"))
    var groupBy = "solar_day"
    @Option(
        help: .init(
            "Where scenes of one slice overlap, take the one whose flag is best (qa.scl=vegetation,water) or which has "
                + "the least or most of a measurement (cloud_probability=least); the first with a value without it.",
            valueName: "rule"
        )
    )
    var fuse: String?
    @OptionGroup var method: ResamplingOption
    @Option(help: .init("deflate, zstd or none.", valueName: "method"), transform: MosaicCompression.init(option:))
    var compression: MosaicCompression = .deflate
    @Option(
        name: .shortAndLong,
        help: .init("File to write.", valueName: "file"),
        completion: .file(extensions: ["tif"])
    )
    var output: String

    func validate() throws {
        guard !bands.isEmpty else { throw ValidationError("say which measurements: -b blue green red.") }
        guard time.count <= 2 else { throw ValidationError("--time takes a period, or a first and a last one.") }
        for text in time where TimeRange(period: text) == nil {
            throw ValidationError("--time takes YYYY, YYYY-MM or YYYY-MM-DD, got '\(text)'.")
        }
        if let period, PeriodLength(period) == nil {
            throw ValidationError("--period takes a length as P1Y, P3M, P2W or P16D, got '\(period)'.")
        }
        _ = try rules()
        _ = try fusing()
    }

    private func fusing() throws -> (measurement: String, flag: String?, best: [String])? {
        guard let fuse else { return nil }
        if let match = fuse.wholeMatch(of: #/([\w:-]+)=(least|most)/#) {
            return (String(match.1), nil, [String(match.2)])
        }
        guard let match = fuse.wholeMatch(of: #/([\w:-]+)\.([\w:-]+)=(.+)/#) else {
            throw ValidationError(
                "--fuse takes measurement.flag=meaning,meaning, the best first, or measurement=least, got '\(fuse)'."
            )
        }
        return (String(match.1), String(match.2), match.3.split(separator: ",").map(String.init))
    }

    private func rules() throws -> [(measurement: String, flag: String, meanings: [String])] {
        try mask.map { text in
            guard let match = text.wholeMatch(of: #/([\w:-]+)\.([\w:-]+)=(.+)/#) else {
                throw ValidationError("--mask takes measurement.flag=meaning,meaning, got '\(text)'.")
            }
            return (String(match.1), String(match.2), match.3.split(separator: ",").map(String.init))
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        let ranges = time.compactMap { TimeRange(period: $0) }
        let whole = TimeRange(begin: .distantPast, end: .distantFuture)
        let index = try await services.index()
        let asked = ranges.first.map { TimeRange(begin: $0.begin, end: ranges[ranges.count - 1].end) }
        let span = try await Composite.span(of: product, on: index)
        var composite = Composite(
            product: product,
            bands: bands,
            reducer: reduce,
            time: asked ?? span ?? whole,
            period: period.flatMap { PeriodLength($0) },
            region: try await services.regionOrEverywhere(space),
            target: MosaicTarget(path: ObjectStore.absolute(output), compression: compression),
            software: Version.software
        )
        (composite.masks, composite.grouping) = (try rules(), groupBy)
        (composite.fuse, composite.resampling) = (try fusing(), try method.choice())
        (composite.gridding, composite.clips) = (grid.options, grid.clip)
        try await common.makeTiles("Reducing \(product)", services, run, by: composite.run)
    }
}

extension MosaicCompression {
    init(option text: String) throws {
        guard let known = MosaicCompression(rawValue: text) else {
            throw ValidationError("--compression '\(text)' is unknown. Known: deflate, zstd, none.")
        }
        self = known
    }
}
