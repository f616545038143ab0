import Foundation
public import Geo
import IndexSQL
public import Postgres
import Raster

/// How often the ground was seen clearly, by footprint and year.
public struct Coverage: Sendable {
    /// The scenes of a footprint in a year.
    public struct Entry: Sendable, Encodable {
        /// Path and row as PPPRRR.
        public let footprint: String
        public let year: Int
        public let scenes: Int
        /// Scenes with no more clouds than allowed.
        public let clear: Int
        /// The sum of the shares of clear ground: how many clear observations a place has on average.
        public let clearObservations: Double

        enum CodingKeys: String, CodingKey {
            case footprint, year, scenes, clear
            case clearObservations = "clear_observations"
        }
    }

    public let entries: [Entry]
    /// Where the footprints lie, in longitude and latitude.
    private let borders: [String: MultiPolygon]

    /// Asks the catalogue.
    ///
    /// - Parameters:
    ///   - connection: Leads to antares' own tables.
    ///   - sensor: What the sensors' names begin with, as `landsat` or `landsat8`.
    ///   - period: First and last day.
    ///   - maxCloud: The most clouds of a clear scene, percent.
    /// - Throws: `PostgresError` where the catalogue cannot be asked.
    public init(_ connection: Connection, sensor: String, period: TimeRange, maxCloud: Double) async throws {
        let rows = try await connection.query(
            try SQLFiles.query("list_coverage"),
            [sensor, Timestamp.day(period.begin), Timestamp.day(period.end), String(maxCloud)]
        )
        var borders: [String: MultiPolygon] = [:]
        entries = rows.compactMap { row in
            guard let footprint = row["footprint"], let year = row["year"].flatMap({ Int($0) }) else { return nil }
            if borders[footprint] == nil {
                borders[footprint] =
                    row["border"].flatMap { MultiPolygon(hexadecimalWKB: $0) }
                    ?? row["corners"].flatMap(Self.outline)
            }
            return Entry(
                footprint: footprint,
                year: year,
                scenes: row["scenes"].flatMap { Int($0) } ?? 0,
                clear: row["clear"].flatMap { Int($0) } ?? 0,
                clearObservations: row["clear_ground"].flatMap { Double($0) }.map { ($0 * 100).rounded() / 100 } ?? 0
            )
        }
        self.borders = borders
    }

    /// Latitudes and longitudes of upper left, upper right, lower left and lower right, as PostgreSQL writes them.
    private static func outline(_ text: String) -> MultiPolygon? {
        let numbers = text.split { "{},".contains($0) }.compactMap { Double($0) }
        guard numbers.count == 8 else { return nil }
        let points = [0, 2, 6, 4].map { Point(x: numbers[$0 + 1], y: numbers[$0]) }
        // Across the date line no ring can be drawn so simply.
        guard points.allSatisfy({ abs($0.x - points[0].x) < 180 }) else { return nil }
        return MultiPolygon(ring: points + [points[0]])
    }

    /// Draws the clear observations of all years together as a PNG in longitude and latitude.
    ///
    /// Footprints run from red (none) to green (as many as the best has); where they overlap the better one is on top. Below
    /// the map stands what the colours mean.
    /// - Returns: The box that the picture shows, in longitude and latitude.
    /// - Throws: `WorkflowError` where no footprint's place is known.
    public func draw(to path: String, size: Int) throws -> BoundingBox {
        var totals: [String: Double] = [:]
        for entry in entries { totals[entry.footprint, default: 0] += entry.clearObservations }
        let known = totals.compactMap { name, total in borders[name].map { (border: $0, total: total) } }
            .sorted { $0.total < $1.total }
        guard let box = known.compactMap(\.border.bounds).reduce(nil as BoundingBox?, { $0?.union($1) ?? $1 }) else {
            throw WorkflowError(
                .noInput,
                "no place of a scene is known",
                hint: "Take in a catalogue with corners, or footprints by antares ingest_footprints."
            )
        }
        let step = max(box.width, box.height) / Double(size)
        let grid = GeoBox(
            crs: .wgs84,
            affine: Affine(origin: Point(x: box.left, y: box.top), resolution: XY(x: step, y: -step)),
            width: max(1, Int((box.width / step).rounded(.up))),
            height: max(1, Int((box.height / step).rounded(.up)))
        )
        let best = max(known.last?.total ?? 0, 1e-9)
        let shades = known.map { (polygon: $0.border, value: UInt8(1 + ($0.total / best * 254).rounded())) }
        let values = try rasterize(shades, background: 0, onto: grid)
        let legend = CoverageLegend(most: best, size: size)
        let sheet = GeoBox(
            crs: .wgs84,
            affine: grid.affine,
            width: max(grid.width, legend.width),
            height: grid.height + legend.height
        )
        var planes = [[UInt8]](repeating: [UInt8](repeating: 0, count: sheet.width * sheet.height), count: 4)
        for (index, value) in values.enumerated() where value > 0 {
            let pixel = index / grid.width * sheet.width + index % grid.width
            let colour = CoverageLegend.colour(Double(value - 1) / 254) + [255]
            for (plane, value) in zip(0..., colour) { planes[plane][pixel] = value }
        }
        legend.draw(into: &planes, width: sheet.width, top: grid.height)
        try RasterOutput.write(bands: planes, on: sheet, to: path, format: .png)
        return grid.bounds
    }
}
