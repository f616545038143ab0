import Analysis
import TestSupport
import Testing

@Suite("Reducers")
struct ReducerTests {
    private let series: [[Float]] = [
        [1, .nan, 3, .nan], [2, 5, .nan, .nan], [4, .nan, .nan, .nan], [8, 7, .nan, .nan],
    ]

    /// Expected values from numpy 2.4: nanmean, nanstd, nanmin, nanmax, nansum, nanmedian; the last pixel has no value.
    @Test(arguments: [
        (Reducer.mean, [3.75, 6, 3]), (.std, [2.680_951_4, 1, 0]), (.min, [1, 5, 3]), (.max, [8, 7, 3]),
        (.sum, [15, 12, 3]), (.median, [3, 6, 3]), (.range, [7, 2, 0]), (.first, [1, 5, 3]), (.last, [8, 7, 3]),
    ])
    func `a statistic leaves NaN out`(reducer: Reducer, expected: [Float]) {
        let result = reducer.reduce(series, count: 4)
        for (value, wanted) in zip(result, expected) { #expect(abs(value - wanted) < 1e-6) }
        #expect(result[3].isNaN)
    }

    @Test func `the count of a pixel without values is 0`() {
        #expect(Reducer.count.reduce(series, count: 4) == [4, 2, 1, 0])
    }

    @Test func `no dates give no values`() {
        #expect(Reducer.mean.reduce([], count: 2).map { $0.isNaN } == [true, true])
        #expect(Reducer.count.reduce([], count: 2) == [0, 0])
    }
}
