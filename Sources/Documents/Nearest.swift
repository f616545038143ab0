/// The candidate that a person most likely meant by `word`, nil where none is near.
///
/// Near means a distance (`editDistance`, without regard to case) of at most a third of the longer word's length.
public func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
    candidates
        .map { (candidate: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
        .filter { $0.distance <= max(1, max(word.count, $0.candidate.count) / 3) }
        .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?
        .candidate
}

/// How many insertions, deletions and replacements of a character and swaps of neighbours lead from one text to the
/// other (optimal string alignment: no place is changed twice).
func editDistance(_ from: String, _ to: String) -> Int {
    let (source, target) = (Array(from), Array(to))
    var (before, row) = ([Int](), Array(0...target.count))
    for (i, character) in source.enumerated() {
        var next = [i + 1]
        for (j, other) in target.enumerated() {
            var cost = min(row[j] + (character == other ? 0 : 1), next[j] + 1, row[j + 1] + 1)
            if i > 0, j > 0, character == target[j - 1], other == source[i - 1] { cost = min(cost, before[j - 1] + 1) }
            next.append(cost)
        }
        (before, row) = (row, next)
    }
    return row[target.count]
}
