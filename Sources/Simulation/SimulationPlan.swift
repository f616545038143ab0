public import Foundation
public import Geo

/// The sensors whose scenes can be simulated.
public enum SimulatedSensor: String, Sendable, CaseIterable {
    case sentinel2 = "s2_l2a"
    case landsat = "landsat_c2"
}

/// What to simulate; every value has a default that gives a small demonstration.
public struct SimulationPlan: Sendable {
    /// The format of the band files.
    public enum BandFormat: String, Sendable, CaseIterable { case jp2, tif }

    public var sensor: SimulatedSensor
    /// The middle of the scenes, in degrees.
    public var center: Geo.Point
    /// Width and height of a tile in metres; rounded to the sensor's grid.
    public var tileSize: Double
    /// How many tiles, each overlapping its neighbours by about a tenth.
    public var tileCount: Int
    /// The days of the scenes, in UTC.
    public var dates: [Date]
    public var seed: UInt64
    /// Sentinel-2's processing baseline as `02.04`; from 04.00 on, 1000 is added to every digital number.
    public var baseline: String
    /// The mean share of clouds, 0...1; single dates have more or less.
    public var cloudCover: Double
    /// JPEG 2000 or GeoTIFF, for Sentinel-2; Landsat scenes are always GeoTIFF.
    public var format: BandFormat
    /// Which of Sentinel-2's resolutions are written, in metres.
    public var resolutions: [Int]
    /// The share of the land that changes class during the period.
    public var changeFraction: Double
    /// The share of the first tile, at its western side, that lies outside the swath and has no data.
    public var emptyEdge: Double
    /// Training points for each class.
    public var pointsPerClass: Int
    /// Write the elevation mosaic that the dataset `srtm_cgiar` reads.
    public var writesElevation: Bool

    public init(
        sensor: SimulatedSensor = .sentinel2,
        center: Geo.Point,
        tileSize: Double = 12_000,
        tileCount: Int = 2,
        dates: [Date],
        seed: UInt64 = 1,
        baseline: String = "02.04",
        cloudCover: Double = 0.3,
        format: BandFormat = .jp2,
        resolutions: [Int] = [10, 20, 60],
        changeFraction: Double = 0.04,
        emptyEdge: Double = 0,
        pointsPerClass: Int = 60,
        writesElevation: Bool = false
    ) {
        (self.sensor, self.center, self.tileSize, self.tileCount) = (sensor, center, tileSize, tileCount)
        (self.dates, self.seed, self.baseline, self.cloudCover) = (dates.sorted(), seed, baseline, cloudCover)
        (self.format, self.resolutions, self.changeFraction) = (format, resolutions, changeFraction)
        (self.emptyEdge, self.pointsPerClass, self.writesElevation) = (emptyEdge, pointsPerClass, writesElevation)
    }

    /// Evenly spaced days from `begin` to `end`, both included where there is more than one.
    public static func dates(from begin: Date, to end: Date, count: Int) -> [Date] {
        guard count > 1 else { return [begin] }
        let days = (end.timeIntervalSince(begin) / 86400).rounded()
        return (0..<count).map { index in
            begin.addingTimeInterval((days * Double(index) / Double(count - 1)).rounded() * 86400)
        }
    }

    /// What of this cannot be simulated, as a sentence, nil where all of it can.
    public var problem: String? {
        if abs(center.y) > 80 { return "the latitude must lie within -80 and 80, got \(center.y)" }
        if abs(center.x) > 180 { return "the longitude must lie within -180 and 180, got \(center.x)" }
        if tileSize < 600 || tileSize > 240_000 { return "a tile must measure 0.6 to 240 km, got \(tileSize / 1000)" }
        if !(1...400).contains(tileCount) { return "there must be 1 to 400 tiles, got \(tileCount)" }
        if dates.isEmpty { return "no date is given" }
        if !(0...1).contains(cloudCover) { return "the cloud cover is a share of 0 to 1, got \(cloudCover)" }
        if !(0...1).contains(changeFraction) { return "the share of change is 0 to 1, got \(changeFraction)" }
        if !(0...0.9).contains(emptyEdge) { return "the empty edge is a share of 0 to 0.9, got \(emptyEdge)" }
        if baseline.wholeMatch(of: #/\d\d\.\d\d/#) == nil { return "a baseline looks like 02.04, not \(baseline)" }
        if resolutions.isEmpty || !Set(resolutions).isSubset(of: [10, 20, 60]) {
            return "Sentinel-2 has the resolutions 10, 20 and 60, not \(resolutions)"
        }
        return nil
    }

    /// When the satellite passes on a day: near 10:30 (Landsat 10:10) local solar time, UTC, to the microsecond.
    public func sensingTime(on day: Date) -> Date {
        let midnight = (day.timeIntervalSince1970 / 86400).rounded(.down) * 86400
        let local = sensor == .sentinel2 ? 10.5 : 10.17
        let hash = SeededHash(seed: seed).derived(0x71ED)
        let jitter = hash.unit(Int(midnight / 86400), 0) * 240
        // Near the date line the pass may fall on the neighbouring day: it is moved to the day that was asked for.
        let clock = (local - center.x / 15 + 24).truncatingRemainder(dividingBy: 24)
        let micros = ((midnight + min(clock * 3600 + jitter, 86_399)) * 1e6).rounded()
        return Date(timeIntervalSince1970: micros / 1e6)
    }

    /// The share of clouds of a day; over the plan's days the mean is `cloudCover` (as far as no day is overcast).
    func cloudCover(on day: Date) -> Double {
        let hash = SeededHash(seed: seed).derived(0xC0FE)
        func weight(_ day: Date) -> Double { 0.15 + 1.7 * hash.unit(Int(day.timeIntervalSince1970 / 86400), 0) }
        let mean = dates.reduce(0) { $0 + weight($1) } / Double(max(dates.count, 1))
        return min(cloudCover * weight(day) / mean, max(cloudCover, 0.95))
    }
}
