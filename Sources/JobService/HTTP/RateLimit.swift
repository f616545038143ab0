import Jobs
import Synchronization

/// How often something may happen from one address: a bucket of tokens for each, filled steadily.
final class RateLimit: Sendable {
    private struct Bucket { var tokens: Double, time: Instant }
    private let buckets = Mutex<[String: Bucket]>([:])
    let burst: Double
    let perSecond: Double

    /// - Parameters:
    ///   - burst: How many at once.
    ///   - perSecond: How many more each second.
    init(burst: Double, perSecond: Double) { (self.burst, self.perSecond) = (burst, perSecond) }

    /// Takes one.
    ///
    /// - Returns: False where none is left.
    func take(_ key: String, at now: Instant = .now) -> Bool { change(key, by: 1, at: now) }

    /// True while one is left.
    func hasOne(_ key: String, at now: Instant = .now) -> Bool { change(key, by: 0, at: now) }

    private func change(_ key: String, by amount: Double, at now: Instant) -> Bool {
        buckets.withLock { buckets in
            // Full buckets are as good as none.
            if buckets.count > 10_000 {
                buckets = buckets.filter { $0.value.tokens + now.seconds(since: $0.value.time) * perSecond < burst }
            }
            var bucket = buckets[key] ?? Bucket(tokens: burst, time: now)
            bucket.tokens = min(burst, bucket.tokens + now.seconds(since: bucket.time) * perSecond)
            bucket.time = now
            let isAllowed = bucket.tokens >= 1
            if isAllowed { bucket.tokens -= amount }
            buckets[key] = bucket
            return isAllowed
        }
    }
}

/// Slows down who guesses passwords: ten wrong ones at once from an address, then one each six seconds.
struct FailureLimit: Sendable {
    private let limit = RateLimit(burst: 10, perSecond: 1.0 / 6)

    /// - Throws: `ServiceError` (too many) after too many failures.
    func check(_ address: String) throws(ServiceError) {
        guard limit.hasOne(address) else {
            throw ServiceError(.tooMany, "too many wrong passwords from this address. Wait a minute.")
        }
    }

    func note(_ address: String) { _ = limit.take(address) }
}
