import Foundation
import Geo

/// Times of CF files: a number of units since a moment, in one of the calendars of climate models.
///
/// Source: CF conventions 1.8, section 4.4. A day that the real calendar lacks (as 30 February) becomes the last of its
/// month, so that months stay what they are.
struct CFTime {
    private enum Calendar { case gregorian, days360, noLeap, allLeap, julian }

    private let calendar: Calendar
    private let unit: Double
    private let start: (year: Int, month: Int, day: Int, seconds: Double)

    /// Nil where the text is no unit of time since a moment, or the calendar is unknown.
    init?(units: String, calendar name: String?) {
        switch name?.lowercased() ?? "standard" {
        case "standard", "gregorian", "proleptic_gregorian", "": calendar = .gregorian
        case "360_day": calendar = .days360
        case "noleap", "365_day": calendar = .noLeap
        case "all_leap", "366_day": calendar = .allLeap
        case "julian": calendar = .julian
        default: return nil
        }
        let pattern =
            #/\s*([A-Za-z]+)\s+since\s+(-?\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d+)?))?)?.*/#
        guard let match = units.wholeMatch(of: pattern), let unit = Self.seconds(String(match.1)),
            let year = Int(match.2), let month = Int(match.3), let day = Int(match.4),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        self.unit = unit
        let clock = [match.5.flatMap { Double($0) } ?? 0, match.6.flatMap { Double($0) } ?? 0]
        let second = match.7.flatMap { Double($0) } ?? 0
        start = (year, month, day, clock[0] * 3600 + clock[1] * 60 + second)
    }

    private static func seconds(_ unit: String) -> Double? {
        switch unit.lowercased() {
        case "second", "seconds", "sec", "secs", "s": 1
        case "minute", "minutes", "min", "mins": 60
        case "hour", "hours", "hr", "hrs", "h": 3600
        case "day", "days", "d": 86_400
        case "millisecond", "milliseconds", "msec", "ms": 0.001
        case "week", "weeks": 604_800
        default: nil
        }
    }

    /// The moment that a number means, nil where it is no number or out of all range.
    func date(_ value: Double) -> Date? {
        guard value.isFinite, abs(value * unit) < 1e12 else { return nil }
        let seconds = start.seconds + value * unit
        if calendar == .gregorian {
            let first = Timestamp.daysSinceEpoch(year: start.year, month: start.month, day: start.day)
            return Date(timeIntervalSince1970: Double(first) * 86_400 + seconds)
        }
        let days = Int((seconds / 86_400).rounded(.down))
        let rest = seconds - Double(days) * 86_400
        let (year, month, day) = civil(dayNumber(start.year, start.month, start.day) + days)
        let last = Self.length(of: month, isLeap: Self.isLeap(year))
        let real = Timestamp.daysSinceEpoch(year: year, month: month, day: min(day, last))
        return Date(timeIntervalSince1970: Double(real) * 86_400 + rest)
    }

    private static let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

    private static func length(of month: Int, isLeap: Bool) -> Int {
        month == 2 && isLeap ? 29 : lengths[month - 1]
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private func monthLengths(_ year: Int) -> [Int] {
        if calendar == .days360 { return [Int](repeating: 30, count: 12) }
        let isLeap = calendar == .allLeap || calendar == .julian && year % 4 == 0
        return (1...12).map { Self.length(of: $0, isLeap: isLeap) }
    }

    /// Days since the beginning of the year 0 of the calendar.
    private func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let before = monthLengths(year).prefix(month - 1).reduce(0, +)
        return daysBefore(year) + before + day - 1
    }

    private func daysBefore(_ year: Int) -> Int {
        switch calendar {
        case .days360: year * 360
        case .noLeap: year * 365
        case .allLeap: year * 366
        default: year * 365 + (year >= 0 ? (year + 3) / 4 : year / 4)
        }
    }

    private func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        var year = Int((Double(days) / 366).rounded(.down))
        while daysBefore(year + 1) <= days { year += 1 }
        var rest = days - daysBefore(year)
        for (index, length) in monthLengths(year).enumerated() {
            if rest < length { return (year, index + 1, rest + 1) }
            rest -= length
        }
        return (year, 12, 31)
    }
}
