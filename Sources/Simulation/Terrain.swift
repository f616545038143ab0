import Foundation

/// Elevation as a function of the place: hills, valleys that the rivers follow, and level lakes.
struct Terrain: Sendable {
    /// Below this share of the relief lies water.
    static let lakeLevel = 0.05
    private let relief: ValueNoise
    private let valleys: ValueNoise

    init(_ hash: SeededHash) {
        relief = ValueNoise(hash.derived(1))
        valleys = ValueNoise(hash.derived(2))
    }

    struct Point {
        /// Metres above the sea.
        var elevation: Double
        /// 0 at the bottom of the basins, 1 on the peaks.
        var height: Double
        /// 0 in the middle of a river, growing away from it.
        var valley: Double
    }

    @inline(__always)
    func point(_ x: Double, _ y: Double) -> Point {
        let height = smoothstep(0.19, 0.8, relief.fractal(x, y, wavelength: 9_000, octaves: 9, gain: 0.45))
        let valley = abs(valleys.fractal(x, y, wavelength: 7_000, octaves: 5, gain: 0.42) - 0.5) * 2
        let above = max(height, Self.lakeLevel)
        let shore = smoothstep(Self.lakeLevel, Self.lakeLevel + 0.12, above)
        let lift = 0.25 + 0.75 * smoothstep(0, 0.3, valley) * shore
        return Point(elevation: 250 + 1150 * above * lift, height: height, valley: valley)
    }

    /// Slope and the direction in which it falls, in radians, from differences over 30 m.
    @inline(__always)
    func gradient(_ x: Double, _ y: Double, elevation: Double) -> (slope: Double, aspect: Double) {
        let step = 30.0
        let dx = (point(x + step, y).elevation - elevation) / step
        let dy = (point(x, y + step).elevation - elevation) / step
        return (atan((dx * dx + dy * dy).squareRoot()), dx == 0 && dy == 0 ? 0 : atan2(-dx, -dy))
    }
}
