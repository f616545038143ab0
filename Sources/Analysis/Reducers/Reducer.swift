/// What becomes of a pixel's values over time.
public enum Reducer: String, Sendable, CaseIterable {
    case mean, std, min, max, range, sum, count, first, last, median

    /// One value a pixel; NaN never takes part.
    ///
    /// `std` is the population's standard deviation (divided by n). `median` of an even number of values is the mean of
    /// the middle two. `count` is 0, and every other reducer NaN, where a pixel has no value at all.
    ///
    /// - `series`: One array a date, the earliest first, each of `count` pixels.
    /// - `count`: Pixels of each array.
    public func reduce(_ series: [[Float]], count: Int) -> [Float] {
        switch self {
        case .count: Self.counts(series, count)
        case .mean: Self.means(series, count)
        case .sum: Self.sums(series, count)
        case .std: Self.deviations(series, count)
        case .min: Self.fold(series, count) { $1 < $0 ? $1 : $0 }
        case .max: Self.fold(series, count) { $1 > $0 ? $1 : $0 }
        case .range: Self.difference(Reducer.max.reduce(series, count: count), Reducer.min.reduce(series, count: count))
        case .first: Self.fold(series, count) { first, _ in first }
        case .last: Self.fold(series, count) { _, last in last }
        case .median: Self.medians(series, count)
        }
    }

    private static func counts(_ series: [[Float]], _ count: Int) -> [Float] {
        var counts = [Float](repeating: 0, count: count)
        for values in series {
            for index in 0..<count { counts[index] += values[index].isNaN ? 0 : 1 }
        }
        return counts
    }

    private static func sums(_ series: [[Float]], _ count: Int) -> [Float] {
        let (sums, counts) = totals(series, count)
        return (0..<count).map { counts[$0] == 0 ? .nan : Float(sums[$0]) }
    }

    private static func means(_ series: [[Float]], _ count: Int) -> [Float] {
        let (sums, counts) = totals(series, count)
        return (0..<count).map { counts[$0] == 0 ? .nan : Float(sums[$0] / counts[$0]) }
    }

    private static func totals(_ series: [[Float]], _ count: Int) -> (sums: [Double], counts: [Double]) {
        var sums = [Double](repeating: 0, count: count)
        var counts = sums
        for values in series {
            for index in 0..<count {
                let value = values[index]
                sums[index] += value.isNaN ? 0 : Double(value)
                counts[index] += value.isNaN ? 0 : 1
            }
        }
        return (sums, counts)
    }

    /// Two passes: the mean first, so that large values with small differences keep their digits.
    private static func deviations(_ series: [[Float]], _ count: Int) -> [Float] {
        let (sums, counts) = totals(series, count)
        var squares = [Double](repeating: 0, count: count)
        for values in series {
            for index in 0..<count where !values[index].isNaN {
                let difference = Double(values[index]) - sums[index] / counts[index]
                squares[index] += difference * difference
            }
        }
        return (0..<count).map { counts[$0] == 0 ? .nan : Float((squares[$0] / counts[$0]).squareRoot()) }
    }

    private static func fold(_ series: [[Float]], _ count: Int, _ body: (Float, Float) -> Float) -> [Float] {
        var result = [Float](repeating: .nan, count: count)
        for values in series {
            for index in 0..<count where !values[index].isNaN {
                result[index] = result[index].isNaN ? values[index] : body(result[index], values[index])
            }
        }
        return result
    }

    private static func difference(_ a: [Float], _ b: [Float]) -> [Float] { zip(a, b).map { $0 - $1 } }

    private static func medians(_ series: [[Float]], _ count: Int) -> [Float] {
        var result = [Float](repeating: .nan, count: count)
        var values: [Float] = []
        for index in 0..<count {
            values.removeAll(keepingCapacity: true)
            for date in series where !date[index].isNaN { values.append(date[index]) }
            guard !values.isEmpty else { continue }
            values.sort()
            let middle = values.count / 2
            result[index] = values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
        }
        return result
    }
}
