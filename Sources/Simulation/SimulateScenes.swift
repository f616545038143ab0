public import Foundation
import Geo
import Raster

/// One scene that was written.
public struct SimulatedScene: Sendable, Hashable {
    /// The scene's folder.
    public let path: String
    public let tile: String
    /// UTC.
    public let time: Date
    /// The share of its pixels under clouds, 0...1.
    public let cloudShare: Double
}

/// What a simulation wrote.
public struct SimulationResult: Sendable {
    /// By time, then by tile.
    public let scenes: [SimulatedScene]
    public let tiles: [SimulatedTile]
    /// The folder that holds the scenes' folders.
    public let sceneFolder: String
    public let truthFolder: String
    /// The folder of the elevation mosaic, nil where none was asked for.
    public let elevationFolder: String?
    /// The share of each class over all tiles before any change.
    public let classShares: [LandCover: Double]
}

/// Writes the scenes of a plan below `folder`: `scenes/`, `truth/` and, where asked for, `srtm/`.
///
/// All cores are used. Two runs of one plan write the same bytes.
/// - Parameters:
///   - plan: Must have no `problem`.
///   - folder: Made where it is missing; files of the same names are replaced.
///   - progress: Called after each step, from any thread, with the number of steps done and of all.
/// - Returns: What was written, and where.
/// - Throws: `RasterError` where a file cannot be written.
public func simulateScenes(
    _ plan: SimulationPlan,
    into folder: String,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
) async throws -> SimulationResult {
    precondition(plan.problem == nil, "an impossible plan is refused before it is run")
    let landscape = Landscape(seed: plan.seed, changeFraction: plan.changeFraction)
    let tiles = try TileLayout.tiles(of: plan)
    let resolutions = plan.sensor == .sentinel2 ? plan.resolutions : [30]
    let total = tiles.count * resolutions.count + tiles.count * plan.dates.count + (plan.writesElevation ? 2 : 1)
    let steps = StepCounter { progress($0, total) }

    let keys = tiles.indices.flatMap { tile in resolutions.map { LayerKey(tile: tile, resolution: $0) } }
    let layers = try await inParallel(keys) { key in
        let box = tiles[key.tile].geoBox(resolution: Double(key.resolution))
        defer { steps.advance() }
        return (key, GroundLayer(landscape, geoBox: box, northingOffset: tiles[key.tile].northingOffset))
    }
    let layersByKey = Dictionary(uniqueKeysWithValues: layers)
    let area = tiles.dropFirst().reduce(tiles[0].bounds) { $0.union($1.bounds) }
    let jobs = plan.dates.flatMap { day in tiles.indices.map { (tile: $0, day: day) } }
    let scenes = try await inParallel(jobs) { job in
        defer { steps.advance() }
        let tile = tiles[job.tile]
        let conditions = SceneConditions(plan, tile: tile, area: area, day: job.day)
        if plan.sensor == .sentinel2 {
            var own: [Int: GroundLayer] = [:]
            for resolution in resolutions {
                own[resolution] = layersByKey[LayerKey(tile: job.tile, resolution: resolution)]
            }
            return try Sentinel2Writer(plan: plan, folder: "\(folder)/scenes")
                .write(tile, index: job.tile, day: job.day, layers: own, conditions: conditions)
        }
        guard let layer = layersByKey[LayerKey(tile: job.tile, resolution: 30)] else {
            preconditionFailure("each tile has its layer")
        }
        return try LandsatWriter(plan: plan, folder: "\(folder)/scenes")
            .write(tile, index: job.tile, day: job.day, layer: layer, conditions: conditions)
    }
    let shares = try TruthWriter.write(plan, landscape, tiles: tiles, to: "\(folder)/truth")
    steps.advance()
    if plan.writesElevation {
        try ElevationWriter.write(landscape, tiles: tiles, to: "\(folder)/srtm")
        steps.advance()
    }
    return SimulationResult(
        scenes: scenes.sorted { ($0.time, $0.tile) < ($1.time, $1.tile) },
        tiles: tiles,
        sceneFolder: "\(folder)/scenes",
        truthFolder: "\(folder)/truth",
        elevationFolder: plan.writesElevation ? "\(folder)/srtm" : nil,
        classShares: shares
    )
}

private struct LayerKey: Hashable, Sendable { let tile: Int, resolution: Int }

extension SceneConditions {
    /// The conditions of a tile's scene on a day; sun and clouds are the same for all tiles of the day.
    init(_ plan: SimulationPlan, tile: SimulatedTile, area: BoundingBox, day: Date) {
        let time = plan.sensingTime(on: day)
        let number = Int((day.timeIntervalSince1970 / 86400).rounded(.down))
        let sun = SunPosition(at: time, longitude: plan.center.x, latitude: plan.center.y)
        let ground = BoundingBox(
            left: area.left,
            bottom: area.bottom + tile.northingOffset,
            right: area.right,
            top: area.top + tile.northingOffset
        )
        let cover = plan.cloudCover(on: day)
        let first = plan.dates.first ?? day
        let span = (plan.dates.last ?? day).timeIntervalSince(first)
        self.init(
            date: time,
            sun: sun,
            clouds: CloudField(seed: plan.seed, day: number, cover: cover, area: ground, sun: sun),
            time: span > 0 ? Float(day.timeIntervalSince(first) / span) : 0,
            isSouthern: plan.center.y < 0,
            northingOffset: tile.northingOffset,
            swathEdge: tile.swathEdge,
            noise: SeededHash(seed: plan.seed).derived(0x4015E).derived(UInt64(bitPattern: Int64(number)))
        )
    }
}
