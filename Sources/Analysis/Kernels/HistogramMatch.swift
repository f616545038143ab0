/// Brings the values of one band to the distribution of a reference: a value becomes that of the same rank there.
///
/// Between ranks of the reference values are interpolated, as `skimage.exposure.match_histograms` does. NaN takes no part.
public struct HistogramMatch: Sendable {
    /// The different values of the source, ascending, and what each becomes.
    private let source: [Float]
    private let target: [Float]

    /// Nil where either band has no value.
    ///
    /// - Parameters:
    ///   - source: Values of the band.
    ///   - reference: Values of the reference's band, of any number.
    public init?(source: [Float], reference: [Float]) {
        let (from, to) = (Self.distribution(source), Self.distribution(reference))
        guard !from.values.isEmpty, !to.values.isEmpty else { return nil }
        self.source = from.values
        var place = 0
        target = from.shares.map { share in
            while place < to.shares.count, to.shares[place] < share { place += 1 }
            if place == 0 { return to.values[0] }
            if place == to.shares.count { return to.values[place - 1] }
            let (low, high) = (to.shares[place - 1], to.shares[place])
            let (a, b) = (Double(to.values[place - 1]), Double(to.values[place]))
            return Float(a + (b - a) * (share - low) / (high - low))
        }
    }

    /// The different values, and the share of all values that are not above each.
    private static func distribution(_ values: [Float]) -> (values: [Float], shares: [Double]) {
        let sorted = values.filter { !$0.isNaN }.sorted()
        var different: [Float] = []
        var shares: [Double] = []
        for (index, value) in sorted.enumerated() {
            if different.last != value {
                different.append(value)
                shares.append(0)
            }
            shares[shares.count - 1] = Double(index + 1) / Double(sorted.count)
        }
        return (different, shares)
    }

    /// The value of the same rank in the reference; between known values by a straight line, NaN for NaN.
    public func callAsFunction(_ value: Float) -> Float {
        if value.isNaN { return .nan }
        var (low, high) = (0, source.count)
        while low < high {
            let middle = (low + high) / 2
            if source[middle] < value { low = middle + 1 } else { high = middle }
        }
        if low == source.count { return target[low - 1] }
        if low == 0 || source[low] == value { return target[low] }
        let share = (value - source[low - 1]) / (source[low] - source[low - 1])
        return target[low - 1] + (target[low] - target[low - 1]) * share
    }
}
