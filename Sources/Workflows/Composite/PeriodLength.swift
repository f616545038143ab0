import Foundation
public import Geo

/// A length of time as ISO 8601 writes it: `P1Y`, `P3M`, `P2W`, `P16D`.
public struct PeriodLength: Hashable, Sendable {
    public let text: String
    private let months: Int
    private let days: Int

    /// Nil where the text is no such length.
    public init?(_ text: String) {
        guard let match = text.uppercased().wholeMatch(of: #/P(\d{1,4})([YMWD])/#), let count = Int(match.1), count > 0
        else { return nil }
        self.text = text.uppercased()
        switch match.2 {
        case "Y": (months, days) = (12 * count, 0)
        case "M": (months, days) = (count, 0)
        case "W": (months, days) = (0, 7 * count)
        default: (months, days) = (0, count)
        }
    }

    /// The periods that share time with a range, the earliest first.
    ///
    /// Years and months are those of the calendar: those of more than one month begin where the year, counted from 1970,
    /// has gone through whole ones. Days are counted from the first of the range.
    public func ranges(of range: TimeRange) -> [TimeRange] {
        let calendar = Calendar.utc
        var ranges: [TimeRange] = []
        var begin = first(range.begin, calendar)
        while begin <= range.end {
            let step = months > 0 ? DateComponents(month: months) : DateComponents(day: days)
            guard let next = calendar.date(byAdding: step, to: begin), next > begin else { break }
            let end = next.addingTimeInterval(-1e-6)
            if end >= range.begin { ranges.append(TimeRange(begin: max(begin, range.begin), end: min(end, range.end))) }
            begin = next
        }
        return ranges
    }

    private func first(_ date: Date, _ calendar: Calendar) -> Date {
        guard months > 0 else { return date }
        let parts = calendar.dateComponents([.year, .month], from: date)
        let index = ((parts.year ?? 1970) - 1970) * 12 + (parts.month ?? 1) - 1
        let start = Int((Double(index) / Double(months)).rounded(.down)) * months
        let year = Int((Double(start) / 12).rounded(.down))
        return calendar.date(from: DateComponents(year: 1970 + year, month: start - 12 * year + 1, day: 1)) ?? date
    }
}
