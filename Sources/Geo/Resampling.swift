/// How pixels of one grid are made from pixels of another, by GDAL's names.
public enum Resampling: String, Sendable, CaseIterable, Codable {
    case nearest = "near"
    case bilinear, cubic, cubicspline, lanczos, average, rms, mode, max, min, med, q1, q3, sum

    /// By GDAL's name or the Open Data Cube's (`nearest`, `cubic_spline`), nil for an unknown one.
    public init?(name: String) {
        switch name.lowercased() {
        case "nearest": self = .nearest
        case "cubic_spline": self = .cubicspline
        case let other: self.init(rawValue: other)
        }
    }

    /// Whether a reduced copy of a file will do for targets that are much coarser.
    ///
    /// It holds means or samples. A mean of means is a mean; but their sum is that of fewer pixels, their extremes, quartiles
    /// and squares are no longer those of the pixels, and a class that stands for four may not be the most frequent of all.
    public var readsOverviews: Bool {
        switch self {
        case .nearest, .bilinear, .cubic, .cubicspline, .lanczos, .average: true
        case .rms, .mode, .max, .min, .med, .q1, .q3, .sum: false
        }
    }

    /// The names that messages list.
    public static let names = ["nearest"] + allCases.dropFirst().map(\.rawValue)

    /// As messages and documents write it.
    public var name: String { self == .nearest ? "nearest" : rawValue }
}

/// How the measurements of a source come onto a grid: one way for all, and others for some.
public struct ResamplingChoice: Hashable, Sendable {
    /// Of every measurement that is not among `special`.
    public var standard: Resampling
    public var special: [String: Resampling]

    public static let nearest = ResamplingChoice(.nearest)

    public init(_ standard: Resampling, special: [String: Resampling] = [:]) {
        (self.standard, self.special) = (standard, special)
    }

    public subscript(measurement: String) -> Resampling { special[measurement] ?? standard }
}
