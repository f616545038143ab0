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
}
