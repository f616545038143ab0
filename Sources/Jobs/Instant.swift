public import Foundation
import Geo

/// A moment in UTC, to the millisecond that UWS documents show.
///
/// What is stored is what is shown: a client that gives a shown time back as AFTER gets only later jobs.
public struct Instant: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public init(_ date: Date) { milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded()) }

    /// The moment that a text means, nil where it is none.
    ///
    /// Accepts what `Timestamp.parse` does, a year alone, and a date without hyphens; without a zone the text is UTC.
    public init?(_ text: String) {
        let digits = text.allSatisfy { $0.isASCII && $0.isNumber }
        let spelled: String
        switch (digits, text.count) {
        case (true, 4): spelled = "\(text)-01-01"
        case (true, 8): spelled = "\(text.prefix(4))-\(text.dropFirst(4).prefix(2))-\(text.suffix(2))"
        default: spelled = text
        }
        guard let date = Timestamp.parse(spelled) else { return nil }
        self.init(date)
    }

    public static var now: Instant { Instant(Date()) }

    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }

    /// `2024-05-06T07:08:09.123Z`; the milliseconds are always there, as one client cannot read instants without.
    public var description: String {
        let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000)
        let whole = rest < 0 ? seconds - 1 : seconds
        let fraction = String(milliseconds - whole * 1000)
        let padding = String(repeating: "0", count: 3 - fraction.count)
        return Timestamp.iso(Date(timeIntervalSince1970: Double(whole))).dropLast() + ".\(padding)\(fraction)Z"
    }

    public static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }

    public static func + (instant: Instant, seconds: Int) -> Instant {
        Instant(milliseconds: instant.milliseconds + Int64(seconds) * 1000)
    }

    /// Seconds from another instant to this one.
    public func seconds(since other: Instant) -> Double { Double(milliseconds - other.milliseconds) / 1000 }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = Instant(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no time")
        }
        self = instant
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
