public import Geo

/// A country's border.
public struct Country: Sendable, Hashable {
    /// ISO 3166-1 alpha-3, in capitals.
    public let code: String
    public let name: String
    /// In longitude and latitude.
    public var border: MultiPolygon
    /// First-level regions, where the source has them.
    public var regions: [Region] = []
}

/// A first-level region of a country.
public struct Region: Sendable, Hashable {
    public let name: String
    public let country: String
    /// In longitude and latitude.
    public let border: MultiPolygon
}

/// Where borders come from.
public protocol BorderSource: Sendable {
    /// What it is, for messages and for the record beside each row.
    var name: String { get }

    /// The countries of these ISO 3166-1 alpha-3 codes, in the order asked for.
    ///
    /// - Throws: `InitError` with near matches for the first code that the source does not have.
    func countries(_ codes: [String]) throws -> [Country]
}

/// The codes a source knows, and what may have been meant by one that it does not.
struct CountryCodes {
    /// Names by code.
    var names: [String: String]

    /// The error for an unknown code: near are codes that differ in one letter or in their order, and names.
    func unknown(_ code: String, in source: String) -> InitError {
        let wanted = Array(code.uppercased())
        let near = names.filter { candidate, name in
            let letters = Array(candidate)
            let differing = zip(letters, wanted).count { $0 != $1 }
            return letters.count == wanted.count && (differing <= 1 || letters.sorted() == wanted.sorted())
                || name.lowercased().hasPrefix(code.lowercased()) && code.count > 3
        }
        let best = near.sorted { Self.rank($0.key, wanted) < Self.rank($1.key, wanted) }.prefix(6)
        let listed = best.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
        return InitError(
            .unknownCountry,
            code,
            "\(source) has no such code",
            hint: listed.isEmpty ? "Give the three letters of ISO 3166-1, as MEX." : "Near are: \(listed)."
        )
    }

    /// Same letters first, then by the alphabet.
    private static func rank(_ code: String, _ wanted: [Character]) -> String {
        (code.sorted() == wanted.sorted() ? "0" : "1") + code
    }
}

/// The first of several usual names that a layer has as a field, without regard to case.
func fieldName(_ candidates: [String], of fields: [String]) -> String? {
    candidates.lazy.compactMap { candidate in
        fields.first { $0.lowercased() == candidate.lowercased() }
    }.first
}
