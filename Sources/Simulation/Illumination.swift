import Foundation

/// How bright a slope is under the sun, relative to level ground.
public enum Illumination {
    /// The part of the light that comes from the whole sky and reaches every slope.
    public static let diffuseFraction = 0.25

    /// `d + (1 - d) · max(cos i, 0) / cos z`, where i is the angle between the sun and the slope's normal:
    /// `cos i = cos z · cos s + sin z · sin s · cos(azimuth - aspect)`.
    ///
    /// - Parameters:
    ///   - slope: In radians, 0 is level.
    ///   - aspect: The direction in which the slope falls, in radians clockwise from north.
    ///   - sun: Where the sun stands.
    /// - Returns: 1 on level ground, at least `diffuseFraction`, at most 2.5 (a sun near the horizon has no limit).
    public static func factor(slope: Double, aspect: Double, sun: SunPosition) -> Double {
        let (z, azimuth) = (sun.zenith * .pi / 180, sun.azimuth * .pi / 180)
        let incidence = cos(z) * cos(slope) + sin(z) * sin(slope) * cos(azimuth - aspect)
        let direct = max(incidence, 0) / max(cos(z), 0.05)
        return min(diffuseFraction + (1 - diffuseFraction) * direct, 2.5)
    }
}
