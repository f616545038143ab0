import Foundation
import TestSupport
import Testing

@testable import JobService

@Suite struct CronExpressionTests {
    private static let utc = TimeZone(identifier: "UTC") ?? .gmt

    private func date(_ text: String) throws -> Date { try #require(ISO8601DateFormatter().date(from: text)) }

    /// The next slots as ISO 8601.
    private func slots(_ cron: String, after start: String, in zone: String = "UTC", count: Int) throws -> [String] {
        let expression = try CronExpression(cron)
        let zone = try #require(TimeZone(identifier: zone))
        var moment = try date(start)
        return try (0..<count).map { _ in
            moment = try #require(expression.next(after: moment, in: zone))
            return ISO8601DateFormatter().string(from: moment)
        }
    }

    @Test(arguments: [
        ("", "0 fields"), ("* * * *", "4 fields"), ("* * * * * *", "6 fields"), ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"), ("* * 0 * *", "day of the month"), ("* * * 13 *", "month"), ("* * * * 8", "week"),
        ("*/0 * * * *", "*/0"), ("5-1 * * * *", "5-1"), ("a * * * *", "'a'"), ("1,,2 * * * *", "''"),
        ("@often", "1 fields"), ("0 0 31 2 *", "no day"), ("-1 * * * *", "'-1'"), ("1-2-3 * * * *", "1-2-3"),
        ("* * * * mo", "'mo'"), ("١ * * * *", "minute"),
    ]) func `what is no cron expression is refused with its field`(text: String, word: String) {
        let error = #expect(throws: ServiceError.self) { try CronExpression(text) }
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        #expect(error?.field == "cron")
    }

    // Worked out by hand: on 2026-03-29 clocks in Berlin go from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00.
    @Test func `a slot that summer time skips comes an hour later, one that comes twice is taken once`() throws {
        #expect(
            try slots("30 2 * * *", after: "2026-03-28T12:00:00Z", in: "Europe/Berlin", count: 2)
                == ["2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"]
        )
        #expect(
            try slots("30 2 * * *", after: "2026-10-24T12:00:00Z", in: "Europe/Berlin", count: 2)
                == ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        )
        #expect(
            try slots("0 * * * *", after: "2026-03-29T00:30:00Z", in: "Europe/Berlin", count: 3)
                == ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z", "2026-03-29T03:00:00Z"]
        )
    }

    @Test func `the last slot until now is the one that the next ones lead to`() throws {
        let expression = try CronExpression("*/7 3 * * 1-5")
        let (start, end) = (try date("2026-01-01T00:00:00Z"), try date("2026-01-15T03:20:00Z"))
        var (moment, last) = (start, Date?.none)
        while let next = expression.next(after: moment, in: Self.utc), next <= end { (moment, last) = (next, next) }
        #expect(expression.last(after: start, upTo: end, in: Self.utc) == last)
        let found = try #require(last)
        #expect(expression.last(after: found, upTo: end, in: Self.utc) == nil)
        #expect(expression.last(after: start, upTo: found, in: Self.utc) == found)
        #expect(ISO8601DateFormatter().string(from: found) == "2026-01-15T03:14:00Z")
    }

    @Test func `a leap day waits over the turn of a century`() throws {
        #expect(try slots("0 0 29 feb *", after: "2096-03-01T00:00:00Z", count: 1) == ["2104-02-29T00:00:00Z"])
    }

    private static let script = """
        import datetime, random, sys, zoneinfo
        from croniter import croniter
        random.seed(7)
        months = "jan feb mar apr may jun jul aug sep oct nov dec".split()
        days = "sun mon tue wed thu fri sat".split()
        def field(low, high, names=None):
            kind = random.random()
            if kind < 0.45: return "*"
            if kind < 0.55: return "*/%d" % random.randint(2, 9)
            def one():
                value = random.randint(low, high)
                return names[value - low] if names and random.random() < 0.5 else str(value)
            if kind < 0.75: return one()
            if kind < 0.9: return ",".join(one() for _ in range(3))
            start = random.randint(low, high - 2)
            end = random.randint(start + 1, high)
            return "%d-%d" % (start, end) + random.choice(["", "/2"])
        shortcuts = ["@yearly", "@monthly", "@weekly", "@daily", "@hourly", "@annually", "@midnight"]
        for number in range(300):
            cron = " ".join([field(0, 59), field(0, 23), field(1, 28), field(1, 12, months), field(0, 6, days)])
            if number < len(shortcuts): cron = shortcuts[number]
            # Zones without summer time; Apia stands a day ahead.
            zone = random.choice(["UTC", "America/Mexico_City", "Asia/Kathmandu", "Pacific/Apia"])
            start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
            start += datetime.timedelta(minutes=random.randint(0, 4 * 365 * 1440), seconds=random.randint(0, 59))
            slots = croniter(cron, start.astimezone(zoneinfo.ZoneInfo(zone)))
            times = [int(slots.get_next(datetime.datetime).timestamp()) for _ in range(5)]
            print("|".join([cron, zone, str(int(start.timestamp())), " ".join(map(str, times))]))
        """

    /// The slots of three hundred expressions as Python's croniter finds them.
    @Test(.enabled(if: ServiceAPIPython.path != nil)) func `slots are those of croniter`() throws {
        let made = try run(ServiceAPIPython.path ?? "", ["-c", Self.script])
        #expect(made.status == 0, "\(made.errors)")
        let lines = made.output.split(separator: "\n")
        #expect(lines.count == 300)
        for line in lines {
            let parts = line.split(separator: "|").map(String.init)
            let expression = try CronExpression(parts[0])
            let zone = try #require(TimeZone(identifier: parts[1]))
            var moment = Date(timeIntervalSince1970: try #require(Double(parts[2])))
            var times: [String] = []
            for _ in 0..<5 {
                moment = try #require(expression.next(after: moment, in: zone))
                times.append("\(Int(moment.timeIntervalSince1970))")
            }
            #expect(times.joined(separator: " ") == parts[3], "\(line)")
        }
    }
}
