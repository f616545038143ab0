/// The candidate that a person most likely meant by `word`, nil where none is near.
///
/// Near means a Levenshtein distance (without regard to case) of at most a third of the longer word's length.
public func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
    candidates
        .map { (candidate: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
        .filter { $0.distance <= max(1, max(word.count, $0.candidate.count) / 3) }
        .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?
        .candidate
}

/// How many single-character insertions, deletions and replacements lead from one text to the other.
func editDistance(_ from: String, _ to: String) -> Int {
    let (source, target) = (Array(from), Array(to))
    var row = Array(0...target.count)
    for (i, character) in source.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in target.indices {
            let cost = min(diagonal + (character == target[j] ? 0 : 1), row[j] + 1, row[j + 1] + 1)
            (diagonal, row[j + 1]) = (row[j + 1], cost)
        }
    }
    return row[target.count]
}
