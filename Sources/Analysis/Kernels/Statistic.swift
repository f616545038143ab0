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
    /// For each quantile and number of values: the lower position, and how far the quantile lies above it.
    let positions: [[(lower: Int, fraction: Double)]]

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
            (0...dateCount).map { count in
                let position = Double(Swift.max(count - 1, 0)) * share
                let lower = position.rounded(.down)
                return (Int(lower), position - lower)
            }
        }
        guard !quantiles.isEmpty, dateCount <= Self.networkLimit else {
            network = nil
            return
        }
        var (lowest, highest) = (dateCount, 0)
        for table in positions {
            for place in table {
                lowest = Swift.min(lowest, place.lower)
                highest = Swift.max(highest, Swift.min(place.lower + (place.fraction > 0 ? 1 : 0), dateCount - 1))
            }
        }
        network = dateCount > 1 ? SortingNetwork(count: dateCount, needed: lowest...Swift.max(lowest, highest)) : nil
    }

    var isSorted: Bool { !quantiles.isEmpty }
}
