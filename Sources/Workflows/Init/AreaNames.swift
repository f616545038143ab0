import Documents
import Foundation

/// The names of countries and regions, and what is meant by a name that a person gives.
struct AreaNames {
    struct Entry: Hashable {
        let country: String
        /// Nil for the whole country.
        let region: String?
        let name: String
    }

    private let entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }

    func find(_ text: String) throws -> Entry {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        let country = parts.count == 2 ? parts[0].uppercased() : nil
        let name = parts.last ?? text
        let candidates = country.map { code in entries.filter { $0.country == code && $0.region != nil } } ?? entries
        for match in [candidates.filter { isExact($0, name) }, candidates.filter { isLoose($0, name) }] {
            if let whole = match.first(where: { $0.region == nil }) { return whole }
            guard match.count > 1 else {
                if let only = match.first { return only }
                continue
            }
            let choices = match.map { "\($0.country):\($0.name)" }.sorted().joined(separator: ", ")
            throw InitError(
                .unknownRegion,
                text,
                "several countries have one of this name",
                hint: "Give one of: \(choices)."
            )
        }
        throw unknown(text, name)
    }

    private func isExact(_ entry: Entry, _ name: String) -> Bool {
        entry.region == nil ? entry.country == name.uppercased() : entry.name == name
    }

    private func isLoose(_ entry: Entry, _ name: String) -> Bool { folded(entry.name) == folded(name) }

    private func folded(_ text: String) -> String {
        text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
    }

    private func unknown(_ text: String, _ name: String) -> InitError {
        guard !entries.isEmpty else {
            return InitError(
                .unknownRegion,
                text,
                "there are no countries yet",
                hint: "Run antares init -c CODE first."
            )
        }
        let names = entries.flatMap { $0.region == nil ? [$0.country, $0.name] : [$0.name] }
        if let near = nearest(to: name, in: names) {
            return InitError(.unknownRegion, text, hint: "Did you mean '\(near)'?")
        }
        let listed = names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " …" : "")
        return InitError(
            .unknownRegion,
            text,
            hint: "There are: \(listed). More by antares init -c CODE --regions FILE."
        )
    }
}
