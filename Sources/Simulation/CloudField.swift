import Foundation
public import Geo

/// The clouds of one date, as a function of the place.
public struct CloudField: Sendable {
    /// Metres from the clouds to the ground.
    public let height: Double
    private let noise: ValueNoise
    private let threshold: Double
    private let toSun: Geo.Point

    /// Clouds over about `cover` of `area`.
    ///
    /// - Parameters:
    ///   - seed: Of the simulation.
    ///   - day: A number of the date: each has clouds of its own.
    ///   - cover: Share of the area under clouds, 0...1.
    ///   - area: Over which the share is reached, in metres.
    ///   - sun: Decides where the shadows fall.
    public init(seed: UInt64, day: Int, cover: Double, area: BoundingBox, sun: SunPosition) {
        let hash = SeededHash(seed: seed).derived(0xC10D).derived(UInt64(bitPattern: Int64(day)))
        noise = ValueNoise(hash)
        height = 1_200 + 1_600 * hash.unit(1, 1)
        let length = height * tan(min(sun.zenith, 75) * .pi / 180)
        let azimuth = sun.azimuth * .pi / 180
        toSun = Geo.Point(x: length * sin(azimuth), y: length * cos(azimuth))
        let side = 128
        var samples: [Double] = []
        samples.reserveCapacity(side * side)
        for row in 0..<side {
            for column in 0..<side {
                let x = area.left + (Double(column) + 0.5) / Double(side) * area.width
                let y = area.bottom + (Double(row) + 0.5) / Double(side) * area.height
                samples.append(Self.sample(noise, x, y))
            }
        }
        samples.sort()
        let index = Int((1 - min(max(cover, 0), 1)) * Double(samples.count))
        threshold = cover <= 0 ? .infinity : index < samples.count ? samples[index] : samples[samples.count - 1] + 1
    }

    /// How much the clouds over a place hide of it, 0...1.
    @inline(__always)
    public func opacity(_ p: Geo.Point) -> Double {
        guard threshold.isFinite else { return 0 }
        return smoothstep(threshold - 0.012, threshold + 0.07, Self.sample(noise, p.x, p.y))
    }

    /// How much of the direct sun the clouds take from a place, 0...1.
    @inline(__always)
    public func shadow(_ p: Geo.Point) -> Double { opacity(Geo.Point(x: p.x + toSun.x, y: p.y + toSun.y)) }

    private static func sample(_ noise: ValueNoise, _ x: Double, _ y: Double) -> Double {
        noise.fractal(x, y, wavelength: 2_600, octaves: 6, gain: 0.55)
    }
}
