/// A part of the time of a run that has outputs of its own.
public struct Period: Hashable, Sendable {
    public enum Length: String, Sendable, CaseIterable {
        case month, quarter, season, year
    }

    /// As `2017`, `2017_03`, `2017_q1` or `2017_djf`.
    public let name: String
    public let length: Length
    public let first: SliceDate
    /// Belongs to the period.
    public let last: SliceDate

    public func contains(_ date: SliceDate) -> Bool { first <= date && date <= last }

    /// The periods that share days with a range, the earliest first.
    ///
    /// Seasons are those of the north by months: December to February is named after the year of its January.
    public static func all(_ length: Length, from begin: SliceDate, to end: SliceDate) -> [Period] {
        let months =
            switch length {
            case .month: 1
            case .quarter, .season: 3
            case .year: 12
            }
        // Months since year 0, counted from December for seasons.
        let shift = length == .season ? 1 : 0
        let (year, month, _) = begin.civil
        var start = (year * 12 + month - 1 + shift) / months * months - shift
        var periods: [Period] = []
        while true {
            let first = firstDay(start)
            guard first <= end else { return periods }
            let last = SliceDate(days: firstDay(start + months).days - 1)
            periods.append(Period(name: name(length, start + shift), length: length, first: first, last: last))
            start += months
        }
    }

    private static func firstDay(_ month: Int) -> SliceDate { SliceDate(year: month / 12, month: month % 12 + 1, day: 1) }

    private static func name(_ length: Length, _ month: Int) -> String {
        let (year, number) = (month / 12, month % 12)
        return switch length {
        case .month: "\(year)_\(number < 9 ? "0" : "")\(number + 1)"
        case .quarter: "\(year)_q\(number / 3 + 1)"
        case .season: "\(year)_\(["djf", "mam", "jja", "son"][number / 3])"
        case .year: "\(year)"
        }
    }
}
