/// A number that sums up the values of one variable over time; nodata never takes part.
public enum Statistic: Hashable, Sendable {
    case count, sum, mean
    /// Of the population: divided by the number of values.
    case variance, std
    case min, max, range, first, last
    /// The number of the date, counted from 0, that has the smallest or largest value; the earliest of equal ones.
    case firstOfMin, firstOfMax
    /// Between 0 and 1. Linear between the two nearest values, as numpy's method `linear`: 0.5 of an even number of
    /// values is the mean of the middle two.
    case quantile(Double)

    public static let median = Statistic.quantile(0.5)
}

/// What a set of statistics has in common, worked out once a block.
struct StatisticPlan {
    let statistics: [Statistic]
    let needsSum: Bool
    let needsVariance: Bool
    let needsExtremes: Bool
    let quantiles: [Double]
    let network: SortingNetwork?
    /// For each quantile, by number of values.
    let positions: [[QuantilePosition]]

    /// More dates than this are sorted pixel by pixel.
    static let networkLimit = 400

    init(_ statistics: [Statistic], dateCount: Int) {
        self.statistics = statistics
        needsVariance = statistics.contains(.variance) || statistics.contains(.std)
        needsSum = needsVariance || statistics.contains(.sum) || statistics.contains(.mean)
        quantiles = statistics.compactMap {
            guard case .quantile(let share) = $0 else { return nil }
            return Swift.min(Swift.max(share, 0), 1)
        }
        needsExtremes = statistics.contains { $0 == .min || $0 == .max || $0 == .range }
        positions = quantiles.map { share in
            (0...dateCount).map { QuantilePosition(share: share, count: $0) }
        }
        guard !quantiles.isEmpty, dateCount <= Self.networkLimit else {
            network = nil
            return
        }
        var (lowest, highest) = (dateCount, 0)
        for table in positions {
            for place in table {
                lowest = Swift.min(lowest, place.lower)
                highest = Swift.max(highest, place.upper)
            }
        }
        network = dateCount > 1 ? SortingNetwork(count: dateCount, needed: lowest...Swift.max(lowest, highest)) : nil
    }

    var isSorted: Bool { !quantiles.isEmpty }
}

/// Where a quantile lies among sorted values: at `base`, and further by a share of the step from `lower` to `upper`.
///
/// So there is nothing to be decided for each pixel, which processors guess wrong half of the time.
struct QuantilePosition {
    let lower: Int
    let upper: Int
    /// The nearer of both, from which less is lost by rounding.
    let base: Int
    /// Negative from the upper one; NaN where there are no values.
    let weight: Double

    init(share: Double, count: Int) {
        let position = Double(Swift.max(count - 1, 0)) * share
        let fraction = position - position.rounded(.down)
        lower = Int(position)
        upper = fraction > 0 ? lower + 1 : lower
        base = fraction < 0.5 ? lower : upper
        weight = count == 0 ? .nan : fraction < 0.5 ? fraction : fraction - 1
    }
}
