import Foundation
import Geo

/// When a request that failed is sent again: exponential back-off with full jitter, or when the server says.
public struct RetrySchedule: Sendable {
    /// How often a request is sent at most.
    public var attempts: Int
    /// The longest wait before the second attempt; each further one may be twice as long.
    public var firstDelay: Duration
    public var longestDelay: Duration
    /// The longest `Retry-After` that is waited for; a server that asks for more is given up.
    public var patience: Duration

    public init(
        attempts: Int = 6,
        firstDelay: Duration = .milliseconds(500),
        longestDelay: Duration = .seconds(30),
        patience: Duration = .seconds(300)
    ) {
        (self.attempts, self.firstDelay) = (attempts, firstDelay)
        (self.longestDelay, self.patience) = (longestDelay, patience)
    }

    /// Answers after which the same request may succeed.
    static let passingStatuses: Set<Int> = [408, 425, 429, 500, 502, 503, 504]

    /// How long to wait after the attempt with this number (counted from 1) failed; nil where it was the last.
    ///
    /// - `retryAfter`: What the server asked for.
    /// - `random`: From 0 to 1.
    func delay(after attempt: Int, retryAfter: Duration?, random: Double) -> Duration? {
        guard attempt < attempts else { return nil }
        if let retryAfter {
            guard retryAfter <= patience else { return nil }
            // A little more than asked for, so that many clients do not come back at once.
            return retryAfter + firstDelay * random
        }
        let bound = min(longestDelay, firstDelay * Double(1 << min(attempt - 1, 20)))
        return bound * (0.5 + random / 2)
    }

    /// The header `Retry-After`: seconds, or a date as HTTP writes it.
    static func wait(_ header: String?, now: Date) -> Duration? {
        guard let text = header?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { return nil }
        if let seconds = Double(text), seconds >= 0, seconds < 1e9 { return .seconds(seconds) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = .gmt
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.date(from: text).map { .seconds(max(0, $0.timeIntervalSince(now))) }
    }
}
