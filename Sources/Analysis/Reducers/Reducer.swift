/// What becomes of values over time.
public enum Reducer: Hashable, Sendable {
    case statistic(Statistic)
    /// Dates with a value, as a share of those on which a scene shows the pixel.
    case validFraction
    /// The date of the smallest or largest value.
    case dateOfMin(DateForm), dateOfMax(DateForm)
    /// The value of the date at which a quality is largest; the earliest of equal ones.
    case best(quality: Expression)
    /// The observation, or point, that stands for all; bands are taken together.
    case bands(MultiBandStatistic)
    /// The median over time of the distance to the geometric median.
    case deviation(Deviation)
    case trend(Trend)
    case harmonic(Harmonic, order: Int)

    public enum DateForm: String, Sendable, CaseIterable {
        /// Days since 1 January 1970.
        case date
        /// 1 for 1 January.
        case dayOfYear = "day_of_year"
    }

    public enum Deviation: String, Sendable, CaseIterable {
        /// Euclidean, spectral (1 - cosine) and Bray-Curtis.
        case emad, smad, bcmad
    }

    public enum Trend: String, Sendable, CaseIterable {
        /// Per year.
        case slope
        /// The line's value at the beginning of the run's time.
        case intercept
        case rSquared = "r2"
        case pValue = "p_value"
    }

    public enum Harmonic: Hashable, Sendable {
        case mean, cosine(Int), sine(Int), amplitude(Int), phase(Int), rmse
    }

    public static let mean = Reducer.statistic(.mean), median = Reducer.statistic(.median)
    public static let min = Reducer.statistic(.min), max = Reducer.statistic(.max)
    public static let count = Reducer.statistic(.count)

    /// Reads a reducer's name as recipes write it, nil for an unknown one.
    ///
    /// - Parameters:
    ///   - name: As `mean`, `p90` or `harmonic_cos1`.
    ///   - form: How dates are given.
    ///   - quality: What the best date is chosen by.
    ///   - order: Waves of a harmonic fit.
    public init?(name: String, form: DateForm = .date, quality: Expression? = nil, order: Int = 1) {
        if let statistic = Self.statistics[name] {
            self = .statistic(statistic)
        } else if let match = name.wholeMatch(of: #/p(\d+(?:\.\d+)?)/#), let percent = Double(match.1), percent <= 100 {
            self = .statistic(.quantile(percent / 100))
        } else if let deviation = Deviation(rawValue: name) {
            self = .deviation(deviation)
        } else if let trend = Trend(rawValue: name) {
            self = .trend(trend)
        } else if let match = name.wholeMatch(of: #/harmonic_(mean|rmse|cos|sin|amplitude|phase)(\d?)/#) {
            let number = Int(match.2)
            guard (match.1 == "mean" || match.1 == "rmse") == (number == nil), number ?? 1 >= 1, number ?? 1 <= order
            else { return nil }
            let part: Harmonic =
                switch match.1 {
                case "mean": .mean
                case "rmse": .rmse
                case "cos": .cosine(number ?? 1)
                case "sin": .sine(number ?? 1)
                case "amplitude": .amplitude(number ?? 1)
                default: .phase(number ?? 1)
                }
            self = .harmonic(part, order: order)
        } else {
            switch name {
            case "valid_fraction": self = .validFraction
            case "argmin": self = .dateOfMin(form)
            case "argmax": self = .dateOfMax(form)
            case "medoid": self = .bands(.medoid)
            case "geomedian": self = .bands(.geometricMedian)
            case "best":
                guard let quality else { return nil }
                self = .best(quality: quality)
            default: return nil
            }
        }
    }

    /// Names that recipes may use; `p90` stands for any percentile.
    public static let names =
        statistics.keys.sorted() + ["p90", "valid_fraction", "argmin", "argmax", "best", "medoid", "geomedian"]
        + Deviation.allCases.map(\.rawValue) + Trend.allCases.map(\.rawValue)
        + [
            "harmonic_mean", "harmonic_cos1", "harmonic_sin1", "harmonic_amplitude1", "harmonic_phase1",
            "harmonic_rmse",
        ]

    private static let statistics: [String: Statistic] = [
        "mean": .mean, "std": .std, "var": .variance, "min": .min, "max": .max, "range": .range, "sum": .sum,
        "count": .count, "first": .first, "last": .last, "median": .median,
    ]

    /// True where all values of an output are one vector.
    public var takesBandsTogether: Bool {
        switch self {
        case .bands, .deviation: true
        default: false
        }
    }
}
