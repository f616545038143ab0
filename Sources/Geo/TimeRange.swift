public import Foundation

/// From `begin` to `end`, both included, in UTC.
public struct TimeRange: Hashable, Sendable {
    public let begin: Date
    public let end: Date

    public init(begin: Date, end: Date) { (self.begin, self.end) = (begin, end) }

    /// Half-way between the two.
    public var center: Date { begin.addingTimeInterval(end.timeIntervalSince(begin) / 2) }

    public func overlaps(_ other: TimeRange) -> Bool { begin <= other.end && other.begin <= end }

    /// A day written `YYYY-MM-DD` (or only the year, or year and month): from its first to its last microsecond.
    public init?(period text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...3).contains(parts.count), let year = parts[0], (1...9999).contains(year) else { return nil }
        let month = parts.count > 1 ? parts[1] : 1
        let day = parts.count > 2 ? parts[2] : 1
        guard let month, let day, (1...12).contains(month), (1...31).contains(day) else { return nil }
        let calendar = Calendar.utc
        let components = DateComponents(year: year, month: month, day: day)
        guard let begin = calendar.date(from: components),
            calendar.component(.day, from: begin) == day,
            let next = calendar.date(
                byAdding: parts.count == 1 ? .year : parts.count == 2 ? .month : .day,
                value: 1,
                to: begin
            )
        else { return nil }
        self.init(begin: begin, end: next.addingTimeInterval(-1e-6))
    }
}

extension Calendar {
    /// The Gregorian calendar in UTC.
    public static let utc: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
