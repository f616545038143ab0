import Foundation

/// The spectral bands that are simulated, by Sentinel-2's names; Landsat's bands are taken from the nearest ones.
public enum SpectralBand: Int, Sendable, CaseIterable {
    case b01, b02, b03, b04, b05, b06, b07, b08, b8a, b09, b11, b12

    /// As in Sentinel-2's file names.
    public var name: String {
        ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"][rawValue]
    }
}

/// Surface reflectance of the classes through the year.
///
/// Each class has a spectrum when it is greenest and one when it is driest; a phenology curve moves it between them.
/// The curves are those of a summer-rain climate: the rains come half a year later south of the equator.
public enum Reflectance {
    /// Reflectance as a fraction, for each band in the order of `SpectralBand`.
    ///
    /// - Parameters:
    ///   - cover: The class.
    ///   - day: Day of the year, 1...366.
    ///   - isSouthern: True south of the equator.
    /// - Returns: One value a band, 0...1.
    public static func spectrum(of cover: LandCover, day: Double, isSouthern: Bool) -> [Double] {
        let green = greenness(of: cover, day: day, isSouthern: isSouthern)
        return zip(dry(cover), lush(cover)).map { $0 + green * ($1 - $0) }
    }

    /// How green a class is on a day of the year, 0...1.
    public static func greenness(of cover: LandCover, day: Double, isSouthern: Bool) -> Double {
        let day = isSouthern ? day + 182.6 : day
        return switch cover {
        case .forest: 0.75 + 0.2 * bump(day, peak: 255, width: 80)
        case .dryForest: 0.06 + 0.9 * bump(day, peak: 250, width: 62)
        case .irrigatedCrop: 0.04 + 0.92 * max(bump(day, peak: 75, width: 40), bump(day, peak: 250, width: 42))
        case .rainfedCrop: 0.03 + 0.92 * bump(day, peak: 248, width: 36)
        case .pasture: 0.1 + 0.8 * bump(day, peak: 245, width: 58)
        case .urban, .bare, .water: 0.2 + 0.6 * bump(day, peak: 250, width: 70)
        }
    }

    /// A bell over the circle of the year.
    private static func bump(_ day: Double, peak: Double, width: Double) -> Double {
        var distance = (day - peak).truncatingRemainder(dividingBy: 365.25)
        if distance > 182.625 { distance -= 365.25 }
        if distance < -182.625 { distance += 365.25 }
        return exp(-(distance / width) * (distance / width))
    }

    private static func lush(_ cover: LandCover) -> [Double] {
        switch cover {
        case .forest: [0.018, 0.022, 0.042, 0.024, 0.065, 0.200, 0.250, 0.270, 0.285, 0.285, 0.130, 0.055]
        case .dryForest: [0.022, 0.028, 0.055, 0.032, 0.085, 0.230, 0.290, 0.310, 0.325, 0.320, 0.170, 0.080]
        case .irrigatedCrop: [0.020, 0.028, 0.065, 0.030, 0.095, 0.300, 0.400, 0.430, 0.445, 0.440, 0.180, 0.075]
        case .rainfedCrop: [0.025, 0.035, 0.070, 0.042, 0.105, 0.270, 0.340, 0.365, 0.380, 0.375, 0.200, 0.100]
        case .pasture: [0.030, 0.040, 0.075, 0.055, 0.110, 0.220, 0.260, 0.285, 0.300, 0.300, 0.225, 0.125]
        case .urban: [0.080, 0.090, 0.110, 0.115, 0.135, 0.180, 0.200, 0.215, 0.225, 0.225, 0.210, 0.185]
        case .bare: [0.100, 0.125, 0.170, 0.215, 0.245, 0.270, 0.285, 0.300, 0.315, 0.320, 0.380, 0.330]
        case .water: [0.050, 0.050, 0.055, 0.035, 0.028, 0.020, 0.018, 0.015, 0.013, 0.012, 0.007, 0.005]
        }
    }

    private static func dry(_ cover: LandCover) -> [Double] {
        switch cover {
        case .forest: [0.022, 0.030, 0.050, 0.042, 0.085, 0.170, 0.200, 0.220, 0.235, 0.235, 0.160, 0.085]
        case .dryForest: [0.045, 0.060, 0.085, 0.105, 0.135, 0.165, 0.185, 0.205, 0.225, 0.225, 0.280, 0.190]
        case .irrigatedCrop: [0.060, 0.080, 0.110, 0.140, 0.165, 0.180, 0.195, 0.210, 0.225, 0.230, 0.290, 0.240]
        case .rainfedCrop: [0.070, 0.095, 0.130, 0.175, 0.205, 0.225, 0.245, 0.265, 0.285, 0.285, 0.360, 0.290]
        case .pasture: [0.060, 0.080, 0.115, 0.150, 0.180, 0.205, 0.225, 0.245, 0.265, 0.265, 0.340, 0.250]
        case .urban: [0.100, 0.115, 0.130, 0.145, 0.155, 0.170, 0.180, 0.195, 0.200, 0.205, 0.230, 0.215]
        case .bare: [0.110, 0.140, 0.190, 0.245, 0.275, 0.295, 0.310, 0.325, 0.340, 0.345, 0.420, 0.375]
        case .water: [0.045, 0.040, 0.035, 0.022, 0.018, 0.014, 0.013, 0.011, 0.010, 0.009, 0.006, 0.004]
        }
    }
}
