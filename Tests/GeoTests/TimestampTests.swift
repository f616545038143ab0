import Foundation
import Geo
import TestSupport
import Testing

@Suite("Times")
struct TimestampTests {
    /// Seconds from Python's datetime.
    @Test(arguments: [
        ("2017-01-05 17:11:46.381304", 1_483_636_306.381304), ("1992-03-23T23:14:25.500000", 701_392_465.5),
        ("1969-12-31T23:59:59Z", -1), ("2017-01-05T17:11:46+10:00", 1_483_600_306), ("2020-02-29", 1_582_934_400),
        ("2020-02-29T00:00:00-0530", 1_582_954_200), ("2017-01-05 17:11:46.381304+00", 1_483_636_306.381304),
        ("2017-01-05T17:11:46.5z", 1_483_636_306.5), (" 2017-01-05T17:11:46+00:00 ", 1_483_636_306),
    ])
    func `a time is read`(text: String, seconds: Double) throws {
        let date = try #require(Timestamp.parse(text))
        #expect(abs(date.timeIntervalSince1970 - seconds) < 1e-6)
    }

    @Test(arguments: [
        "garbage", "2017-13-01", "2017-01", "17-01-01", "2017-01-01T25:00:00", "2017-01-01T10:00:00.Z",
        "2017-01-01T10:0x:00Z", "2017-01-01 10:00 X",
    ])
    func `what is no time is refused`(text: String) { #expect(Timestamp.parse(text) == nil) }

    @Test func `times are written to the microsecond, and files get all digits`() throws {
        let date = try #require(Timestamp.parse("2017-01-05T17:11:46.381304Z"))
        #expect(Timestamp.iso(date) == "2017-01-05T17:11:46.381304Z")
        #expect(Timestamp.compact(date) == "20170105171146381304")
        #expect(Timestamp.day(date) == "2017-01-05")
        #expect(Timestamp.iso(Date(timeIntervalSince1970: -1)) == "1969-12-31T23:59:59Z")
    }

    @Test func `a period runs to its last microsecond`() throws {
        let february = try #require(TimeRange(period: "2016-02"))
        #expect(Timestamp.iso(february.begin) == "2016-02-01T00:00:00Z")
        #expect(Timestamp.iso(february.end) == "2016-02-29T23:59:59.999999Z")
        #expect(TimeRange(period: "2017-02-29") == nil)
    }

    /// antares3 had 2016-07-03 here: begin - (end - begin) / 2.
    @Test func `the centre of a year lies in its middle`() throws {
        let begin = try #require(TimeRange(period: "2017-01-01")).begin
        let end = try #require(TimeRange(period: "2017-12-31")).end
        #expect(Timestamp.day(TimeRange(begin: begin, end: end).center) == "2017-07-02")
    }
}
