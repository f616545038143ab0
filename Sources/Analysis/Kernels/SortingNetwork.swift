/// Batcher's odd-even merge sort as a list of comparisons, for any number of values.
///
/// Source: Batcher (1968), "Sorting networks and their applications". The same comparisons sort any number of pixels at
/// once, one a lane.
public struct SortingNetwork: Sendable {
    /// Positions to bring into order, the smaller value to `low`.
    public struct Comparison: Hashable, Sendable {
        public let low: Int32, high: Int32
    }

    public let count: Int
    public let comparisons: [Comparison]

    /// - `count`: How many values are sorted.
    /// - `needed`: The positions whose values will be read; comparisons that none of them depends on are left out.
    public init(count: Int, needed: ClosedRange<Int>? = nil) {
        self.count = count
        let all = Self.batcher(count)
        guard let needed else {
            comparisons = all
            return
        }
        var isLive = (0..<count).map(needed.contains)
        var kept: [Comparison] = []
        for comparison in all.reversed() where isLive[Int(comparison.low)] || isLive[Int(comparison.high)] {
            isLive[Int(comparison.low)] = true
            isLive[Int(comparison.high)] = true
            kept.append(comparison)
        }
        comparisons = kept.reversed()
    }

    private static func batcher(_ count: Int) -> [Comparison] {
        var result: [Comparison] = []
        var p = 1
        while p < count {
            var k = p
            while k >= 1 {
                for j in stride(from: k % p, to: count - k, by: 2 * k) {
                    for i in 0..<min(k, count - j - k) where (i + j) / (2 * p) == (i + j + k) / (2 * p) {
                        result.append(Comparison(low: Int32(i + j), high: Int32(i + j + k)))
                    }
                }
                k /= 2
            }
            p *= 2
        }
        return result
    }
}
