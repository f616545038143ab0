import Jobs

/// How pages write times, durations and sizes for people.
enum PlainText {
    /// `2026-11-21 17:24:09`, in UTC.
    static func time(_ instant: Instant) -> String {
        String(instant.description.prefix(19).map { $0 == "T" ? " " : $0 })
    }

    /// `3 min 12 s`.
    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return seconds < 10 ? "\((seconds * 10).rounded() / 10) s" : "\(whole) s"
        case ..<3600: return "\(whole / 60) min \(whole % 60) s"
        case ..<86400: return "\(whole / 3600) h \(whole % 3600 / 60) min"
        default: return "\(whole / 86400) d \(whole % 86400 / 3600) h"
        }
    }

    /// `1.2 MB`.
    static func size(_ bytes: Int) -> String {
        var (value, units) = (Double(bytes), ["kB", "MB", "GB", "TB"][...])
        guard value >= 1000 else { return "\(bytes) B" }
        var unit = ""
        while value >= 1000, let next = units.popFirst() { (value, unit) = (value / 1000, next) }
        return value < 10 ? "\((value * 10).rounded() / 10) \(unit)" : "\(Int(value.rounded())) \(unit)"
    }
}
