public import Foundation

/// Times that come again, as the five fields of cron say: minute, hour, day of the month, month, day of the week.
///
/// Each field holds `*`, numbers, names (`jan`, `mon`), ranges (`1-5`), steps (`*/15`, `10-40/10`) and lists of these;
/// Sunday is 0 and 7. Where both kinds of days are restricted, either is enough. `@yearly`, `@annually`, `@monthly`,
/// `@weekly`, `@daily`, `@midnight` and `@hourly` stand for the usual fields.
///
/// Of a time that summer time skips, the slot is as much later as the clock jumps; of one that comes twice, it is the first.
public struct CronExpression: Sendable, Equatable, CustomStringConvertible {
    public let description: String
    private let minutes: [Int]
    private let hours: [Int]
    private let days: Set<Int>
    private let months: Set<Int>
    private let weekdays: Set<Int>
    private let takesEitherDay: Bool

    private struct Field {
        let name: String
        let range: ClosedRange<Int>
        var words: [String] = []
        var firstWord = 0
    }

    private static let fields = [
        Field(name: "minute", range: 0...59),
        Field(name: "hour", range: 0...23),
        Field(name: "day of the month", range: 1...31),
        Field(
            name: "month",
            range: 1...12,
            words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
            firstWord: 1
        ),
        Field(name: "day of the week", range: 0...7, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]
    private static let shortcuts = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]
    /// A leap day that falls on a turn of a century is eight years from the one before.
    private static let mostDays = 8 * 366 + 1

    /// - Throws: `ServiceError` that names the field that is wrong, and for one that no day ever fits.
    public init(_ text: String) throws(ServiceError) {
        let trimmed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased()
        let parts = (Self.shortcuts[trimmed] ?? trimmed).split(separator: " ").map(String.init)
        guard parts.count == 5 else {
            throw Self.failure(
                "'\(text)' has \(parts.count) fields, not 5 such as '30 4 * * mon-fri', nor is it @daily"
            )
        }
        var values: [Set<Int>] = []
        for (part, field) in zip(parts, Self.fields) { values.append(try Self.values(part, field)) }
        (minutes, hours, days, months) = (values[0].sorted(), values[1].sorted(), values[2], values[3])
        weekdays = Set(values[4].map { $0 % 7 })
        takesEitherDay = parts[2] != "*" && parts[4] != "*"
        description = trimmed
        let longest = [1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31]
        let first = days.min() ?? 1
        guard takesEitherDay || months.contains(where: { first <= longest[$0] ?? 0 }) else {
            throw Self.failure("'\(text)' fits no day of any year")
        }
    }

    private static func failure(_ reason: String) -> ServiceError {
        ServiceError(.badRequest, "the cron expression \(reason).", field: "cron")
    }

    private static func values(_ text: String, _ field: Field) throws(ServiceError) -> Set<Int> {
        var values: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let halves = part.split(separator: "/", omittingEmptySubsequences: false)
            guard halves.count <= 2, let first = halves.first else { throw wrong(part, field) }
            let step = halves.count == 2 ? Int(halves[1]) ?? 0 : 1
            guard step > 0 else { throw wrong(part, field) }
            let ends = first.split(separator: "-", omittingEmptySubsequences: false)
            let low: Int
            let high: Int
            if first == "*" {
                (low, high) = (field.range.lowerBound, field.name == "day of the week" ? 6 : field.range.upperBound)
            } else {
                guard ends.count <= 2, let start = number(ends[0], field) else { throw wrong(part, field) }
                let end =
                    ends.count == 2 ? number(ends[1], field) : (halves.count == 2 ? field.range.upperBound : start)
                guard let end, start <= end else { throw wrong(part, field) }
                (low, high) = (start, end)
            }
            values.formUnion(stride(from: low, through: high, by: step))
        }
        return values
    }

    private static func number(_ text: Substring, _ field: Field) -> Int? {
        if let index = field.words.firstIndex(of: String(text)) { return index + field.firstWord }
        guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text) else { return nil }
        return field.range.contains(number) ? number : nil
    }

    private static func wrong(_ part: Substring, _ field: Field) -> ServiceError {
        let names = field.words.isEmpty ? "" : ", or \(field.words.joined(separator: " "))"
        return failure(
            "has '\(part)' for the \(field.name); it takes \(field.range.lowerBound) to \(field.range.upperBound)\(names), "
                + "with * , - and /"
        )
    }

    // MARK: - Slots

    /// The first slot after a moment; nil where the years to come have none.
    public func next(after moment: Date, in zone: TimeZone) -> Date? {
        let first = CivilDay(of: moment, in: zone).adding(-1)
        for offset in 0...Self.mostDays {
            let day = first.adding(offset)
            guard contains(day) else { continue }
            if let slot = slots(on: day, in: zone).first(where: { $0 > moment }) { return slot }
        }
        return nil
    }

    /// The last slot at or before a moment, and after another one; nil where there is none.
    func last(after start: Date, upTo moment: Date, in zone: TimeZone) -> Date? {
        let last = CivilDay(of: moment, in: zone).adding(1)
        for offset in 0...Self.mostDays {
            let day = last.adding(-offset)
            guard day.adding(2) >= CivilDay(of: start, in: zone) else { return nil }
            guard contains(day) else { continue }
            if let slot = slots(on: day, in: zone).last(where: { $0 <= moment }) { return slot > start ? slot : nil }
        }
        return nil
    }

    private func contains(_ day: CivilDay) -> Bool {
        guard months.contains(day.month) else { return false }
        let (isDay, isWeekday) = (days.contains(day.day), weekdays.contains(day.weekday))
        return takesEitherDay ? isDay || isWeekday : isDay && isWeekday
    }

    /// The slots that begin on a day of the zone, in order.
    private func slots(on day: CivilDay, in zone: TimeZone) -> [Date] {
        // The zone's distance from UTC before and after whatever happens on that day.
        let noon = Double(day.number) * 86400
        let early = zone.secondsFromGMT(for: Date(timeIntervalSince1970: noon - 86400))
        let late = zone.secondsFromGMT(for: Date(timeIntervalSince1970: noon + 2 * 86400))
        var slots: [Date] = []
        for hour in hours {
            for minute in minutes {
                let local = day.number * 86400 + hour * 3600 + minute * 60
                let before = Date(timeIntervalSince1970: Double(local - early))
                let after = Date(timeIntervalSince1970: Double(local - late))
                let isBefore = zone.secondsFromGMT(for: before) == early
                slots.append(isBefore || zone.secondsFromGMT(for: after) != late ? before : after)
            }
        }
        return early == late ? slots : slots.sorted()
    }
}

/// A day of the calendar, counted from 1970-01-01.
private struct CivilDay: Comparable {
    let number: Int
    let month: Int
    let day: Int

    init(of moment: Date, in zone: TimeZone) {
        let local = moment.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: moment))
        self.init(number: Int((local / 86400).rounded(.down)))
    }

    private init(number: Int) {
        self.number = number
        // Years that begin in March, in eras of 400 years: Hinnant (2013), "chrono-compatible low-level date algorithms".
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * part + 2) / 5 + 1
        month = part < 10 ? part + 3 : part - 9
    }

    /// 0 for Sunday; the first day of 1970 was a Thursday.
    var weekday: Int { ((number + 4) % 7 + 7) % 7 }

    func adding(_ days: Int) -> CivilDay { CivilDay(number: number + days) }

    static func < (a: CivilDay, b: CivilDay) -> Bool { a.number < b.number }
}
