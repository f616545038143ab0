import Foundation
import Geo

/// Dates in the names of files.
enum NameDates {
    /// A date and where it stands: `2013-09-14`, `20130914`, `A2013257`, `doy2013257`, or within an old Landsat name.
    static func find(in name: String) -> (date: Date, range: Range<String.Index>)? {
        for match in name.matches(of: #/(?:^|[^0-9])((\d{4})-(\d\d)-(\d\d))(?![0-9])/#) {
            guard let date = Timestamp.parse(String(match.1)) else { continue }
            return (date, match.1.startIndex..<match.1.endIndex)
        }
        let compact = #/(?:^|[^0-9])(((?:19|20)\d\d)_?(\d\d)_?(\d\d)(?:T?(\d\d)(\d\d)(\d\d))?)(?![0-9])/#
        for match in name.matches(of: compact) {
            let clock = match.5.map { hours in "T\(hours):\(match.6 ?? "00"):\(match.7 ?? "00")" } ?? ""
            guard let date = Timestamp.parse("\(match.2)-\(match.3)-\(match.4)\(clock)") else { continue }
            return (date, match.1.startIndex..<match.1.endIndex)
        }
        let inLandsat = #/^L[A-Z]\d{7}((?:19|20)\d\d)([0-3]\d\d)(?=[A-Z])/#
        if let match = name.firstMatch(of: inLandsat), let date = ordinal(String(match.1), String(match.2)) {
            return (date, match.1.startIndex..<match.2.endIndex)
        }
        for match in name.matches(of: #/(?:^|[^0-9A-Za-z])((?:doy|A)?((?:19|20)\d\d)([0-3]\d\d))(?![0-9])/#) {
            guard let date = ordinal(String(match.2), String(match.3)) else { continue }
            return (date, match.1.startIndex..<match.1.endIndex)
        }
        return nil
    }

    /// A date written in any of these ways.
    static func parse(_ text: String) -> Date? {
        Timestamp.parse(text) ?? find(in: text)?.date ?? TimeRange(period: text)?.begin
    }

    private static func ordinal(_ year: String, _ day: String) -> Date? {
        guard let first = Timestamp.parse("\(year)-01-01"), let number = Int(day), (1...366).contains(number) else {
            return nil
        }
        return first.addingTimeInterval(Double(number - 1) * 86_400)
    }
}
