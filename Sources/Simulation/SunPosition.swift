public import Foundation

/// Where the sun stands, in degrees.
public struct SunPosition: Sendable, Hashable {
    /// From the vertical, 0...180.
    public let zenith: Double
    /// Clockwise from north, 0..<360.
    public let azimuth: Double

    public init(zenith: Double, azimuth: Double) { (self.zenith, self.azimuth) = (zenith, azimuth) }

    /// The sun over a place at a time, to about 0.1°, without refraction.
    ///
    /// Source: Spencer (1971), Fourier series of declination and equation of time in the angle of the day.
    public init(at date: Date, longitude: Double, latitude: Double) {
        let seconds = date.timeIntervalSince1970
        let year = Calendar.utcGregorian.component(.year, from: date)
        let start = Calendar.utcGregorian.date(from: DateComponents(year: year))?.timeIntervalSince1970 ?? seconds
        let days = (seconds - start) / 86400
        let g = 2 * Double.pi * (days - 0.5) / 365.25
        let declination =
            0.006918 - 0.399912 * cos(g) + 0.070257 * sin(g) - 0.006758 * cos(2 * g) + 0.000907 * sin(2 * g)
            - 0.002697 * cos(3 * g) + 0.00148 * sin(3 * g)
        let equation =
            229.18
            * (0.000075 + 0.001868 * cos(g) - 0.032077 * sin(g) - 0.014615 * cos(2 * g) - 0.040849 * sin(2 * g))
        let minutes = days.truncatingRemainder(dividingBy: 1) * 1440 + equation + 4 * longitude
        let hourAngle = (minutes / 4 - 180) * .pi / 180
        let phi = latitude * .pi / 180
        let cosine = sin(phi) * sin(declination) + cos(phi) * cos(declination) * cos(hourAngle)
        let east = -cos(declination) * sin(hourAngle)
        let north = cos(phi) * sin(declination) - sin(phi) * cos(declination) * cos(hourAngle)
        let angle = atan2(east, north) * 180 / .pi
        self.init(zenith: acos(min(max(cosine, -1), 1)) * 180 / .pi, azimuth: angle < 0 ? angle + 360 : angle)
    }
}

extension Calendar {
    static let utcGregorian: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
