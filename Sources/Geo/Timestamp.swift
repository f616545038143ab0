public import Foundation

/// Reading and writing times as documents hold them: ISO 8601 in UTC, to the microsecond.
public enum Timestamp {
    /// The time that a text means, nil where it is none.
    ///
    /// Accepts a `T` or a blank between date and time, fractions of any length, `Z` or an offset, and a date alone;
    /// without a zone the text is UTC.
    public static func parse(_ text: String) -> Date? {
        if let date = parseUsual(text) { return date }
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        let pattern =
            #/(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?)?\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?/#
        guard let match = trimmed.wholeMatch(of: pattern),
            let year = Int(match.1), let month = Int(match.2), let day = Int(match.3),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        let (hour, minute, second) = (
            match.4.flatMap { Int($0) } ?? 0, match.5.flatMap { Int($0) } ?? 0, match.6.flatMap { Int($0) } ?? 0
        )
        guard hour < 25, minute < 60, second < 61 else { return nil }
        let fraction = match.7.flatMap { Double("0\($0)") } ?? 0
        let days = daysSinceEpoch(year: year, month: month, day: day)
        let whole = Double(days * 86400 + hour * 3600 + minute * 60 + second)
        return Date(timeIntervalSince1970: whole + fraction - Double(offsetSeconds(match.8.map(String.init))))
    }

    /// A time as nearly all are: `2017-01-05T17:11:46.381304Z`, with a blank, no fraction, or `+00`; nil for any other.
    ///
    /// A pattern is made anew at every call, which takes longer than reading a dataset.
    private static func parseUsual(_ text: String) -> Date? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte) - 48
            }
            return value
        }
        guard bytes.count >= 19, bytes[4] == 45, bytes[7] == 45, bytes[10] == 84 || bytes[10] == 32, bytes[13] == 58,
            bytes[16] == 58, let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 25, minute < 60, second < 61
        else { return nil }
        let rest = text.utf8.dropFirst(19)
        let zone = rest.first == 46 ? rest.dropFirst().drop { (48...57).contains($0) } : rest
        let fraction = rest.prefix(rest.count - zone.count)
        guard ["", "Z", "z", "+00", "+00:00"].contains(String(Substring(zone))), fraction.count != 1 else { return nil }
        let part = fraction.isEmpty ? 0 : Double("0" + String(Substring(fraction))) ?? 0
        let days = daysSinceEpoch(year: year, month: month, day: day)
        return Date(timeIntervalSince1970: Double(days * 86400 + hour * 3600 + minute * 60 + second) + part)
    }

    /// `2017-01-05T17:11:46.381304Z`; the fraction is left out where it is zero.
    public static func iso(_ date: Date) -> String {
        let parts = Parts(date)
        let fraction = parts.microsecond == 0 ? "" : "." + padded(parts.microsecond, 6)
        return "\(day(parts))T\(clock(parts, ":"))\(fraction)Z"
    }

    /// `2017-01-05`.
    public static func day(_ date: Date) -> String { day(Parts(date)) }

    /// `20170105171146381304`, as file names of the Open Data Cube hold it.
    public static func compact(_ date: Date) -> String {
        let parts = Parts(date)
        let day = padded(parts.year, 4) + padded(parts.month, 2) + padded(parts.day, 2)
        return day + clock(parts, "") + padded(parts.microsecond, 6)
    }

    private struct Parts {
        let year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, microsecond: Int

        init(_ date: Date) {
            let micros = Int((date.timeIntervalSince1970 * 1e6).rounded())
            let seconds = Int((Double(micros) / 1e6).rounded(.down))
            microsecond = micros - seconds * 1_000_000
            let days = Int((Double(seconds) / 86400).rounded(.down))
            let rest = seconds - days * 86400
            (hour, minute, second) = (rest / 3600, rest % 3600 / 60, rest % 60)
            (year, month, day) = civil(days)
        }
    }

    private static func day(_ p: Parts) -> String { "\(padded(p.year, 4))-\(padded(p.month, 2))-\(padded(p.day, 2))" }

    private static func clock(_ p: Parts, _ separator: String) -> String {
        [p.hour, p.minute, p.second].map { padded($0, 2) }.joined(separator: separator)
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    private static func offsetSeconds(_ zone: String?) -> Int {
        guard let zone, zone.lowercased() != "z" else { return 0 }
        let digits = zone.dropFirst().filter(\.isNumber)
        let hours = Int(digits.prefix(2)) ?? 0
        let minutes = Int(digits.dropFirst(2)) ?? 0
        return (zone.hasPrefix("-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    /// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
    public static func daysSinceEpoch(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The inverse of `daysSinceEpoch`.
    static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted + (shifted < 10 ? 3 : -9)
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
