import Synchronization

/// Counts of requests since the start, for Prometheus.
final class RequestMetrics: Sendable {
    struct Key: Hashable, Sendable { let method: String, status: Int }
    private struct State {
        var counts: [Key: Int] = [:]
        var buckets = [Int](repeating: 0, count: RequestMetrics.bounds.count + 1)
        var seconds = 0.0
    }

    /// Upper bounds of the histogram of durations, in seconds.
    static let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]
    private let state = Mutex(State())

    func record(method: String, status: Int, seconds: Double) {
        let known = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]
        let key = Key(method: known.contains(method) ? method : "other", status: status)
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[key, default: 0] += 1
            state.buckets[bucket] += 1
            state.seconds += seconds
        }
    }

    /// The counts as Prometheus reads them (text format 0.0.4).
    var text: String {
        let state = state.withLock { $0 }
        var lines = [
            "# HELP antares_http_requests_total Requests answered.", "# TYPE antares_http_requests_total counter",
        ]
        for (key, count) in state.counts.sorted(by: { ($0.key.method, $0.key.status) < ($1.key.method, $1.key.status) })
        {
            lines.append("antares_http_requests_total{method=\"\(key.method)\",status=\"\(key.status)\"} \(count)")
        }
        let name = "antares_http_request_duration_seconds"
        lines += ["# HELP \(name) Time until the head of the answer.", "# TYPE \(name) histogram"]
        var total = 0
        for (index, count) in state.buckets.enumerated() {
            total += count
            let bound = index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf"
            lines.append("\(name)_bucket{le=\"\(bound)\"} \(total)")
        }
        return (lines + ["\(name)_sum \(state.seconds)", "\(name)_count \(total)"]).joined(separator: "\n") + "\n"
    }
}
