/// The day of a slice of time.
public struct SliceDate: Hashable, Sendable, Comparable {
    /// Days since 1 January 1970.
    public let days: Int

    public init(days: Int) { self.days = days }

    /// - Parameters:
    ///   - year: As 2017.
    ///   - month: 1 to 12.
    ///   - day: 1 to 31.
    public init(year: Int, month: Int, day: Int) {
        // Source: Hinnant, "chrono-compatible low-level date algorithms": years begin in March.
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        days = era * 146_097 + dayOfEra - 719_468
    }

    public var civil: (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    /// 1 for 1 January.
    public var dayOfYear: Int { days - SliceDate(year: civil.year, month: 1, day: 1).days + 1 }

    public static func < (a: SliceDate, b: SliceDate) -> Bool { a.days < b.days }

    /// What formulas may use of a date, by name.
    static let variables = ["day_of_year", "days", "month", "year"]

    /// The value of one of `variables`.
    func value(of variable: String) -> Float {
        switch variable {
        case "day_of_year": Float(dayOfYear)
        case "days": Float(days)
        case "month": Float(civil.month)
        default: Float(civil.year)
        }
    }
}
