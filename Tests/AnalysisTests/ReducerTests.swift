import Analysis
import Geo
import TestSupport
import Testing

@Suite("Reducers")
struct ReducerTests {
    private let series = SampleSeries(
        values: [[1, .nan, 3, .nan], [2, 5, .nan, .nan], [4, .nan, .nan, .nan], [8, 7, .nan, .nan]],
        pixelCount: 4
    )

    @Test func `the count of a pixel without values is 0, and all else is missing`() {
        #expect(series.reduce([.count])[0] == [4, 2, 1, 0])
        for statistic in [Statistic.mean, .std, .min, .range, .first, .median, .firstOfMax] {
            let result = series.reduce([statistic])[0]
            #expect(result[3].isNaN && !result[0].isNaN, "\(statistic)")
        }
    }

    @Test func `no dates give no values`() {
        let empty = SampleSeries(pixelCount: 2, encoding: Encoding(type: .uint16, nodata: 0))
        #expect(empty.reduce([.mean])[0].map { $0.isNaN } == [true, true])
        #expect(empty.reduce([.count])[0] == [0, 0])
    }

    /// By hand: nodata in the middle of the range, values on both sides and at both ends.
    @Test func `a nodata amid the values does not disturb their order`() {
        var series = SampleSeries(pixelCount: 1, encoding: Encoding(type: .int16, nodata: -9999))
        for value: Int16 in [32767, -9999, -10_000, -32768, -9998] { series.append([value]) }
        #expect(series.reduce([.min, .max, .count, .median]).map { $0[0] } == [-32768, 32767, 4, -9999])
    }

    @Test func `pixels that a mask drops do not count`() {
        var series = SampleSeries(pixelCount: 2, encoding: Encoding(type: .uint16, nodata: 0))
        series.append([UInt16(10), 20], keeping: [true, false])
        series.append([UInt16(30), 40])
        series.appendMissing()
        #expect(series.reduce([.mean])[0] == [20, 40] && series.reduce([.count])[0] == [2, 1])
    }

    /// Every permutation of zeros and ones is sorted: by the zero-one principle the network sorts everything.
    @Test(arguments: 1...12) func `the network sorts any number of values`(count: Int) {
        let network = SortingNetwork(count: count)
        for bits in 0..<(1 << count) {
            var values = (0..<count).map { bits >> $0 & 1 }
            for comparison in network.comparisons where values[Int(comparison.high)] < values[Int(comparison.low)] {
                values.swapAt(Int(comparison.low), Int(comparison.high))
            }
            #expect(values == values.sorted())
        }
    }

    /// Days by Python's `datetime.date.toordinal`.
    @Test(arguments: [(1970, 1, 1, 0, 1), (2000, 2, 29, 11016, 60), (2017, 12, 31, 17531, 365), (1969, 12, 31, -1, 365)])
    func `days are those of the calendar`(year: Int, month: Int, day: Int, days: Int, ofYear: Int) {
        let date = SliceDate(year: year, month: month, day: day)
        #expect(date.days == days && date.dayOfYear == ofYear && date.civil == (year, month, day))
    }

    @Test func `periods cover a range`() {
        let (begin, end) = (SliceDate(year: 2016, month: 11, day: 15), SliceDate(year: 2017, month: 3, day: 2))
        #expect(
            Period.all(.month, from: begin, to: end).map(\.name)
                == ["2016_11", "2016_12", "2017_01", "2017_02", "2017_03"]
        )
        #expect(Period.all(.season, from: begin, to: end).map(\.name) == ["2016_son", "2017_djf", "2017_mam"])
        #expect(Period.all(.quarter, from: begin, to: end).map(\.name) == ["2016_q4", "2017_q1"])
        let winter = Period.all(.season, from: begin, to: end)[1]
        #expect(winter.first == SliceDate(year: 2016, month: 12, day: 1))
        #expect(winter.last == SliceDate(year: 2017, month: 2, day: 28))
    }
}
