import Foundation
import Geo
import Testing

@testable import Simulation

@Suite struct TileLayoutTests {
    private func tiles(
        _ lon: Double,
        _ lat: Double,
        size: Double,
        count: Int,
        sensor: SimulatedSensor
    ) throws -> [SimulatedTile] {
        let day = try #require(Timestamp.parse("2020-01-01"))
        let plan = SimulationPlan(
            sensor: sensor,
            center: Point(x: lon, y: lat),
            tileSize: size,
            tileCount: count,
            dates: [day]
        )
        return try TileLayout.tiles(of: plan)
    }

    /// Corners of the real tiles, from their MTD_TL.xml.
    @Test(arguments: [
        (15.7, 46.5, "33TWM", 499_980.0, 5_200_020.0, "EPSG:32633"),
        (15.7, 45.6, "33TWL", 499_980, 5_100_000, "EPSG:32633"),
        (-139.5, -32.1, "07HFE", 600_000, 6_500_020, "EPSG:32707"),
        (-179.95, -16.7, "01KAB", 99_960, 8_200_000, "EPSG:32701"),
    ])
    func `tiles of the true size lie where the real ones lie`(
        lon: Double,
        lat: Double,
        name: String,
        left: Double,
        top: Double,
        crs: String
    ) throws {
        let tile = try #require(try tiles(lon, lat, size: 109_800, count: 1, sensor: .sentinel2).first)
        #expect(tile.name == name)
        #expect(tile.crs == CRS(crs))
        #expect((tile.bounds.left, tile.bounds.top) == (left, top))
        #expect(tile.geoBox(resolution: 10).width == 10_980)
    }

    @Test func `neighbours overlap by about a tenth and share the pixel grid`() throws {
        for sensor in SimulatedSensor.allCases {
            let tiles = try tiles(-103.4, -20.6, size: 12_000, count: 2, sensor: sensor)
            let common = try #require(tiles[0].bounds.intersection(tiles[1].bounds))
            let share = common.width * common.height / (tiles[0].bounds.width * tiles[0].bounds.height)
            #expect((0.08...0.11).contains(share))
            let step = sensor == .sentinel2 ? 60.0 : 30
            #expect((tiles[1].bounds.left - tiles[0].bounds.left).truncatingRemainder(dividingBy: step) == 0)
            #expect((tiles[1].bounds.top - tiles[0].bounds.top).truncatingRemainder(dividingBy: step) == 0)
            #expect(tiles[0].name != tiles[1].name)
        }
    }

    @Test func `a pass near the date line keeps the day that was asked for`() throws {
        let day = try #require(Timestamp.parse("2020-01-15"))
        for longitude in [-179.9, -150, 0, 150, 179.9] {
            let plan = SimulationPlan(center: Point(x: longitude, y: 10), dates: [day])
            #expect(Timestamp.day(plan.sensingTime(on: day)) == "2020-01-15")
        }
    }
}
