public import ArgumentParser
import Foundation
import Geo
public import Simulation

struct SimulateCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Write a seeded landscape as scenes in the true layout of a sensor, with the truth beside them.",
        discussion: """
            Makes three folders below --out: scenes (one folder a scene), truth (class maps, change dates, training \
            points) and, with --elevation, srtm (elevation, slope and aspect mosaics). The same options write the \
            same bytes.

            Example: antares simulate --out demo --lon -103.4 --lat 20.6 --begin 2017-01-15 --end 2017-11-15 --count 6
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(help: "Sensor: s2_l2a or landsat_c2.") var sensor = SimulatedSensor.sentinel2
    @Option(help: .init("Folder to write to.", valueName: "folder"), completion: .directory) var out: String
    @Option(help: .init("Longitude of the middle, in degrees.", valueName: "degrees")) var lon: Double
    @Option(help: .init("Latitude of the middle, in degrees.", valueName: "degrees")) var lat: Double
    @Option(help: .init("Width and height of a tile.", valueName: "km")) var sizeKm = 12.0
    @Option(help: .init("Tiles, each overlapping its neighbours by a tenth.", valueName: "n")) var tiles = 2
    @Option(help: .init("Days of the scenes, YYYY-MM-DD, with commas.", valueName: "days")) var dates: String?
    @Option(help: .init("First day, with --end and --count instead of --dates.", valueName: "day")) var begin: String?
    @Option(help: .init("Last day.", valueName: "day")) var end: String?
    @Option(help: .init("How many days from --begin to --end.", valueName: "n")) var count: Int?
    @Option(help: .init("Seed of the landscape.", valueName: "n")) var seed: UInt64 = 1
    @Option(
        help: .init("Sentinel-2's processing baseline; from 04.00 on numbers have the offset 1000.", valueName: "nn.nn")
    )
    var baseline = "02.04"
    @Option(help: .init("Mean share of clouds, 0 to 1.", valueName: "share")) var cloudCover = 0.3
    @Option(help: "Format of Sentinel-2's bands: jp2 or tif.") var format = SimulationPlan.BandFormat.jp2
    @Option(help: .init("Sentinel-2's resolutions to write, with commas.", valueName: "metres"))
    var resolutions = "10,20,60"
    @Option(help: .init("Share of the land that changes class, 0 to 1.", valueName: "share")) var change = 0.04
    @Option(help: .init("Share of the first tile outside of the swath, without data.", valueName: "share"))
    var emptyEdge = 0.0
    @Option(help: .init("Training points for each class.", valueName: "n")) var points = 60
    @Flag(help: "Write the elevation mosaic for the dataset srtm_cgiar too.") var elevation = false

    func validate() throws {
        if let problem = try plan().problem { throw ValidationError("cannot simulate: \(problem).") }
        guard points >= 0 else { throw ValidationError("--points must not be negative, got \(points).") }
    }

    func run() async throws {
        let plan = try plan()
        let sceneCount = plan.dates.count * tiles
        let steps = tiles * (sensor == .sentinel2 ? plan.resolutions.count : 1) + sceneCount + (elevation ? 2 : 1)
        let progress = common.makeProgress("simulating", total: steps)
        let result = try await simulateScenes(plan, into: out) { done, _ in progress.update(to: done) }
        progress.finish()
        try common.emit(SimulationReport(result)) { SimulationReport.text(result) }
    }

    private func plan() throws -> SimulationPlan {
        SimulationPlan(
            sensor: sensor,
            center: Point(x: lon, y: lat),
            tileSize: sizeKm * 1000,
            tileCount: tiles,
            dates: try days(),
            seed: seed,
            baseline: baseline,
            cloudCover: cloudCover,
            format: format,
            resolutions: resolutions.split(separator: ",").map { Int($0.filter { !$0.isWhitespace }) ?? 0 },
            changeFraction: change,
            emptyEdge: emptyEdge,
            pointsPerClass: points,
            writesElevation: elevation
        )
    }

    private func days() throws -> [Date] {
        if let dates {
            guard begin == nil, end == nil, count == nil else {
                throw ValidationError("Give --dates, or --begin, --end and --count, not both.")
            }
            return try dates.split(separator: ",").map { try day(String($0), option: "--dates") }
        }
        guard let begin, let end, let count else {
            throw ValidationError("Give the days: --dates 2017-01-15,2017-04-15, or --begin, --end and --count.")
        }
        guard (1...3660).contains(count) else { throw ValidationError("--count must be 1 to 3660, got \(count).") }
        let (first, last) = (try day(begin, option: "--begin"), try day(end, option: "--end"))
        guard last >= first else { throw ValidationError("--end \(end) lies before --begin \(begin).") }
        return SimulationPlan.dates(from: first, to: last, count: count)
    }

    private func day(_ text: String, option: String) throws -> Date {
        let text = text.trimmingCharacters(in: .whitespaces)
        guard text.count == 10, let range = TimeRange(period: text) else {
            throw ValidationError("\(option): '\(text)' is no day; write it as 2017-01-15.")
        }
        return range.begin
    }
}

extension SimulatedSensor: ExpressibleByArgument {}
extension SimulationPlan.BandFormat: ExpressibleByArgument {}

/// What `--json` prints.
private struct SimulationReport: Encodable {
    struct Scene: Encodable { let path: String, tile: String, time: String, cloud_cover: Double }
    let scenes: [Scene]
    let scene_folder: String, truth_folder: String, elevation_folder: String?
    let classes: [String: Double]

    init(_ result: SimulationResult) {
        scenes = result.scenes.map {
            Scene(path: $0.path, tile: $0.tile, time: Timestamp.iso($0.time), cloud_cover: $0.cloudShare)
        }
        (scene_folder, truth_folder) = (result.sceneFolder, result.truthFolder)
        elevation_folder = result.elevationFolder
        classes = Dictionary(uniqueKeysWithValues: result.classShares.map { ($0.key.name, $0.value) })
    }

    static func text(_ result: SimulationResult) -> String {
        let rows = result.scenes.map { scene in
            [
                Timestamp.iso(scene.time), scene.tile, "\(percent(scene.cloudShare)) clouds",
                URL(fileURLWithPath: scene.path).lastPathComponent,
            ]
        }
        let classes = LandCover.allCases.compactMap { cover in
            result.classShares[cover].map { "\(cover.name) \(percent($0))" }
        }
        return """
            \(Output.table(rows))
            classes: \(classes.joined(separator: ", "))
            scenes: \(result.sceneFolder) (\(result.scenes.count))
            truth: \(result.truthFolder)\(result.elevationFolder.map { "\nelevation: \($0)" } ?? "")
            """
    }

    private static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
}
