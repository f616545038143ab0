import Foundation
import Geo
import Testing

@testable import Simulation

@Suite struct SunPositionTests {
    /// Zenith and azimuth as the metadata of real scenes give them: Sentinel-2 33TWM of 2023-08-15 and 07HFE of
    /// 2019-02-12 (mean sun angle), Landsat 8 path 8 row 59 of 2019-12-01 (sun elevation and azimuth).
    @Test(arguments: [
        ("2023-08-15T09:57:57Z", 15.72, 46.46, 35.047, 152.362),
        ("2019-02-12T19:33:32Z", -139.36, -32.12, 32.707, 62.329),
        ("2019-12-01T15:13:51Z", -75.07, 1.44, 32.913, 136.317),
    ])
    func `the sun stands where the metadata of real scenes say`(
        time: String,
        longitude: Double,
        latitude: Double,
        zenith: Double,
        azimuth: Double
    ) throws {
        let date = try #require(Timestamp.parse(time))
        let sun = SunPosition(at: date, longitude: longitude, latitude: latitude)
        #expect(abs(sun.zenith - zenith) < 0.3)
        #expect(abs(sun.azimuth - azimuth) < 1.2)
    }
}

@Suite struct IlluminationTests {
    /// Computed with numpy from cos i = cos z cos s + sin z sin s cos(a - aspect) and 0.25 + 0.75 cos i / cos z.
    @Test(arguments: [
        (20.0, 150.0, 40.0, 150.0, 1.1700111976792582), (20, 330, 40, 150, 0.7395277334996044),
        (0, 0, 60, 100, 1), (35, 10, 45, 140, 0.5878481633457846),
    ])
    func `slopes are lit by the angle to the sun`(s: Double, a: Double, z: Double, azimuth: Double, expected: Double) {
        let sun = SunPosition(zenith: z, azimuth: azimuth)
        let factor = Illumination.factor(slope: s * .pi / 180, aspect: a * .pi / 180, sun: sun)
        #expect(abs(factor - expected) < 1e-12)
    }

    @Test func `a slope turned away from the sun gets the light of the sky alone`() {
        let sun = SunPosition(zenith: 60, azimuth: 90)
        #expect(Illumination.factor(slope: 1, aspect: 1.5 * .pi, sun: sun) == Illumination.diffuseFraction)
    }
}

@Suite struct LandscapeTests {
    @Test func `slope and aspect follow from the elevations around a place`() {
        let landscape = Landscape(seed: 5)
        for step in 0..<40 {
            let place = Point(x: 500_000 + 731 * Double(step), y: 2_200_000 - 457 * Double(step))
            let ground = landscape.ground(at: place)
            let east = landscape.elevation(at: Point(x: place.x + 30, y: place.y)) - ground.elevation
            let north = landscape.elevation(at: Point(x: place.x, y: place.y + 30)) - ground.elevation
            #expect(abs(tan(ground.slope) - (east * east + north * north).squareRoot() / 30) < 1e-9)
            // Downhill is against the gradient.
            #expect(east * sin(ground.aspect) + north * cos(ground.aspect) <= 1e-9)
        }
    }

    @Test func `another seed gives another landscape`() {
        let place = Point(x: 500_000, y: 2_200_000)
        #expect(Landscape(seed: 1).elevation(at: place) == Landscape(seed: 1).elevation(at: place))
        #expect(Landscape(seed: 1).elevation(at: place) != Landscape(seed: 2).elevation(at: place))
    }

    @Test func `every class occurs within thirty kilometres`() {
        let landscape = Landscape(seed: 1)
        var found: Set<LandCover> = []
        for row in 0..<100 {
            for column in 0..<100 {
                let place = Point(x: 650_000 + 300 * Double(column), y: 2_260_000 + 300 * Double(row))
                found.insert(landscape.ground(at: place).before)
            }
        }
        #expect(found == Set(LandCover.allCases))
    }

    @Test func `vegetation is greener after the rains, and the seasons are turned round in the south`() {
        func ndvi(_ cover: LandCover, _ day: Double, southern: Bool = false) -> Double {
            let spectrum = Reflectance.spectrum(of: cover, day: day, isSouthern: southern)
            let (red, nir) = (spectrum[SpectralBand.b04.rawValue], spectrum[SpectralBand.b8a.rawValue])
            return (nir - red) / (nir + red)
        }
        for cover in [LandCover.dryForest, .rainfedCrop, .pasture] {
            #expect(ndvi(cover, 250) > ndvi(cover, 110) + 0.2)
            #expect(ndvi(cover, 68, southern: true) > ndvi(cover, 250, southern: true) + 0.2)
        }
        #expect(ndvi(.water, 250) < 0)
        #expect(ndvi(.forest, 110) > 0.6)
    }
}

@Suite struct CloudFieldTests {
    private let area = BoundingBox(left: 600_000, bottom: 2_200_000, right: 620_000, top: 2_220_000)

    @Test(arguments: [0.0, 0.2, 0.6]) func `clouds cover the share that was asked for`(cover: Double) {
        let sun = SunPosition(zenith: 40, azimuth: 150)
        let clouds = CloudField(seed: 1, day: 17_000, cover: cover, area: area, sun: sun)
        var hits = 0
        for row in 0..<100 {
            for column in 0..<100 {
                let place = Point(x: area.left + 200 * Double(column) + 60, y: area.bottom + 200 * Double(row) + 60)
                if clouds.opacity(place) > 0.06 { hits += 1 }
            }
        }
        #expect(abs(Double(hits) / 10_000 - cover) < 0.02)
    }

    @Test func `shadows fall away from the sun by the height of the clouds`() {
        let sun = SunPosition(zenith: 45, azimuth: 90)
        let clouds = CloudField(seed: 1, day: 17_000, cover: 0.4, area: area, sun: sun)
        // The sun stands in the east at 45°: the shadow lies as far to the west as the cloud is high.
        for step in 0..<50 {
            let place = Point(x: area.left + 400 * Double(step), y: area.center.y)
            let under = Point(x: place.x - clouds.height, y: place.y)
            #expect(abs(clouds.shadow(under) - clouds.opacity(place)) < 1e-6)
        }
    }
}

@Suite struct GridNameTests {
    /// Zones, bands and squares of real Sentinel-2 tiles over these places.
    @Test(arguments: [
        (16.3, 46.5, "33TWM", 571_000.0, 5_150_000.0), (-103.4, 20.6, "13QFC", 666_741, 2_278_699),
        (-139.7, -32.1, "07HFE", 623_000, 6_447_000),
    ])
    func `tiles are named as on the grid of Sentinel-2`(lon: Double, lat: Double, name: String, x: Double, y: Double) {
        let zone = UTMZone(longitude: lon, latitude: lat)
        let square = zone.square(column: Int(x / 100_000), row: Int(y / 100_000))
        let number = zone.number < 10 ? "0\(zone.number)" : "\(zone.number)"
        #expect("\(number)\(UTMZone.band(latitude: lat))\(square)" == name)
    }

    /// Middles of the corners in the MTL files of LC08_L2SP_008059_20191201, LC08_L2SP_098084_20210503,
    /// LC08_L2SP_047027_20201204 and LC09_L2SP_010065_20220129.
    @Test(arguments: [
        (-75.07, 1.44, 8, 59), (137.486, -34.6075, 98, 84), (-123.377, 47.4339, 47, 27), (-80.0385, -7.23344, 10, 65),
    ])
    func `paths and rows are those of the USGS`(lon: Double, lat: Double, path: Int, row: Int) {
        let scene = WorldwideReference.scene(nearest: Point(x: lon, y: lat))
        #expect(scene.path == path)
        #expect(scene.row == row)
    }
}
