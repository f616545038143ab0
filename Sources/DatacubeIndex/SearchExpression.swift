import Documents
public import Foundation
import Geo

/// Search conditions as the command line writes them: `product=ls8 time in [2017-01, 2017-03] lat in [19, 20]`.
public enum SearchExpression {
    /// The conditions of some arguments by field; the last one of a repeated field wins.
    ///
    /// - Parameters:
    ///   - arguments: Expressions, several in one argument or one split over several.
    ///   - now: The end of `time > DATE`.
    /// - Returns: The condition on each field.
    /// - Throws: `IndexError` that shows the place that is not understood.
    public static func parse(_ arguments: [String], now: Date) throws -> [String: SearchTerm] {
        var rest = arguments.joined(separator: " ")[...]
        var terms: [String: SearchTerm] = [:]
        while true {
            rest = rest.drop(while: \.isWhitespace)
            guard !rest.isEmpty else { return terms }
            guard let (field, term, length) = try next(rest, now) else {
                throw IndexError(
                    .invalidQuery,
                    String(rest),
                    "the expression is not understood from here on",
                    hint:
                        "Write FIELD=VALUE, 'FIELD in [LOW, HIGH]', 'time in DATE', 'time < DATE' …, quoted for the shell."
                )
            }
            terms[field] = term
            rest = rest.dropFirst(length)
        }
    }

    private static func next(_ text: Substring, _ now: Date) throws -> (field: String, term: SearchTerm, length: Int)? {
        if let match = text.prefixMatch(of: #/(\w+)\s+in\s*\[\s*([^,\[\]]+?)\s*,\s*([^,\[\]]+?)\s*\]/#) {
            let term = try range(String(match.1), String(match.2), String(match.3))
            return (String(match.1), term, match.0.count)
        }
        if let match = text.prefixMatch(of: #/(\w+)\s+in\s+(\d{4}(?:-\d{1,2}){0,2})(?!\S)/#) {
            return (String(match.1), .during(try period(String(match.2))), match.0.count)
        }
        if let match = text.prefixMatch(of: #/(\w+)\s*([<>])\s*(\d{4}(?:-\d{1,2}){0,2})(?!\S)/#) {
            let period = try period(String(match.3))
            let range =
                match.2 == "<"
                ? TimeRange(begin: Date(timeIntervalSince1970: 0), end: period.end)
                : TimeRange(begin: period.begin, end: max(now, period.begin))
            return (String(match.1), .during(range), match.0.count)
        }
        if let match = text.prefixMatch(of: #/(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'\[\]]+))/#) {
            let value = match.2 ?? match.3 ?? match.4 ?? ""
            return (String(match.1), .equals(.string(String(value))), match.0.count)
        }
        return nil
    }

    private static func range(_ field: String, _ low: String, _ high: String) throws -> SearchTerm {
        if field != "time", let low = Double(low), let high = Double(high) { return .between(low, high) }
        return .during(TimeRange(begin: try period(low).begin, end: try period(high).end))
    }

    private static func period(_ text: String) throws -> TimeRange {
        guard let period = TimeRange(period: text) else {
            throw IndexError(.invalidQuery, text, "is no date", hint: "Write YYYY, YYYY-MM or YYYY-MM-DD.")
        }
        return period
    }
}
