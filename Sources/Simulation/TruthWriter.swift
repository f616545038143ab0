import Foundation
import Geo
import Raster

/// Writes what a simulation knows about the ground: classes before and after, changes and training points.
enum TruthWriter {
    /// Writes `class_before.tif`, `class_after.tif`, `change_date.tif` (the day as YYYYMMDD, 0 where nothing changes),
    /// `legend.json` and `training.geojson`, on one grid over all tiles.
    ///
    /// - Returns: The share of each class before any change.
    static func write(
        _ plan: SimulationPlan,
        _ landscape: Landscape,
        tiles: [SimulatedTile],
        to folder: String
    ) throws -> [LandCover: Double] {
        guard let first = tiles.first else { return [:] }
        let area = tiles.dropFirst().reduce(first.bounds) { $0.union($1.bounds) }
        let size = plan.sensor == .sentinel2 ? 20.0 : 30.0
        let grid = GeoBox(
            crs: first.crs,
            affine: Affine(origin: Point(x: area.left, y: area.top), resolution: XY(x: size, y: -size)),
            width: Int((area.width / size).rounded()),
            height: Int((area.height / size).rounded())
        )
        let layer = GroundLayer(landscape, geoBox: grid, northingOffset: first.northingOffset)
        let changes = changeDates(plan, layer)
        let after = layer.before.indices.map { changes[$0] == 0 ? layer.before[$0] : layer.after[$0] }
        try save(layer.before, grid, "\(folder)/class_before.tif")
        try save(after, grid, "\(folder)/class_after.tif")
        try RasterOutput.write(bands: [changes], on: grid, to: "\(folder)/change_date.tif", format: .geoTIFF, nodata: 0)
        try AtomicFile.write(Data(legend().utf8), to: "\(folder)/legend.json")
        let points = try trainingPoints(plan, layer, changes)
        try AtomicFile.write(Data(points.utf8), to: "\(folder)/training.geojson")
        var counts: [LandCover: Int] = [:]
        for value in layer.before { if let cover = LandCover(rawValue: value) { counts[cover, default: 0] += 1 } }
        return counts.mapValues { Double($0) / Double(layer.before.count) }
    }

    private static func save(_ pixels: [UInt8], _ grid: GeoBox, _ path: String) throws {
        try RasterOutput.write(bands: [pixels], on: grid, to: path, format: .geoTIFF, nodata: 0)
    }

    /// The first day on which a scene shows the new class; 0 where the period is over before.
    private static func changeDates(_ plan: SimulationPlan, _ layer: GroundLayer) -> [Int32] {
        guard let first = plan.dates.first, let last = plan.dates.last, last > first else {
            return [Int32](repeating: 0, count: layer.before.count)
        }
        let span = (last.timeIntervalSince(first) / 86400).rounded()
        return layer.changeTime.map { time in
            guard time.isFinite else { return 0 }
            let day = first.addingTimeInterval((Double(time) * span).rounded(.up) * 86400)
            return Int32(Timestamp.compact(day).prefix(8)) ?? 0
        }
    }

    private static func legend() -> String {
        let entries = LandCover.allCases.map {
            "    {\"code\": \($0.rawValue), \"name\": \"\($0.name)\", \"color\": \"\($0.color)\"}"
        }
        return "{\n  \"classes\": [\n\(entries.joined(separator: ",\n"))\n  ],\n  \"nodata\": 0\n}\n"
    }

    /// Places that keep their class and lie within it, drawn by the seed, as GeoJSON in degrees.
    private static func trainingPoints(
        _ plan: SimulationPlan,
        _ layer: GroundLayer,
        _ changes: [Int32]
    ) throws -> String {
        let grid = layer.geoBox
        let hash = SeededHash(seed: plan.seed).derived(0x7124)
        var drawn = [[(draw: UInt64, index: Int)]](repeating: [], count: LandCover.allCases.count + 1)
        let (width, height) = (grid.width, grid.height)
        for row in stride(from: 2, to: height - 2, by: 1) {
            for column in stride(from: 2, to: width - 2, by: 1) {
                let index = row * width + column
                let cover = layer.before[index]
                let neighbours = [index - 2, index + 2, index - 2 * width, index + 2 * width, index]
                guard neighbours.allSatisfy({ layer.before[$0] == cover && changes[$0] == 0 }) else { continue }
                drawn[Int(cover)].append((hash.bits(column, row), index))
                if drawn[Int(cover)].count > 4 * plan.pointsPerClass + 64 {
                    keepLowest(&drawn[Int(cover)], plan.pointsPerClass)
                }
            }
        }
        let toDegrees = try CoordinateTransform(from: grid.crs, to: .wgs84)
        var features: [String] = []
        for cover in LandCover.allCases {
            keepLowest(&drawn[Int(cover.rawValue)], plan.pointsPerClass)
            let places = drawn[Int(cover.rawValue)].map {
                grid.affine.apply(column: Double($0.index % width) + 0.5, row: Double($0.index / width) + 0.5)
            }
            features += toDegrees.apply(places).map { place in
                let position = String(format: "[%.7f, %.7f]", place.x, place.y)
                return
                    #"    {"type": "Feature", "properties": {"code": \#(cover.rawValue), "name": "\#(cover.name)"}, "#
                    + #""geometry": {"type": "Point", "coordinates": \#(position)}}"#
            }
        }
        return
            "{\n  \"type\": \"FeatureCollection\",\n  \"features\": [\n\(features.joined(separator: ",\n"))\n  ]\n}\n"
    }

    private static func keepLowest(_ drawn: inout [(draw: UInt64, index: Int)], _ count: Int) {
        drawn.sort { ($0.draw, $0.index) < ($1.draw, $1.index) }
        drawn.removeLast(max(0, drawn.count - count))
    }
}
