/// Whole numbers written in short, as engines write the tasks of an array: `1-4,7,10-20:5`.
public enum NumberRanges {
    /// - `numbers`: In any order; runs of neighbours become ranges.
    public static func write(_ numbers: [Int]) -> String {
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var last = index
            while last + 1 < numbers.count, numbers[last + 1] == numbers[last] + 1 { last += 1 }
            parts.append(last == index ? "\(numbers[index])" : "\(numbers[index])-\(numbers[last])")
            index = last + 1
        }
        return parts.joined(separator: ",")
    }

    /// The numbers of a text, nil where it is none; `%` and what follows (a limit) is left out.
    public static func parse(_ text: some StringProtocol) -> [Int]? {
        var numbers: [Int] = []
        let list = text.prefix { $0 != "%" }
        if list.isEmpty { return [] }
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            guard
                let match = Substring(part).wholeMatch(of: #/\s*([0-9]{1,9})(?:-([0-9]{1,9})(?::([0-9]{1,9}))?)?\s*/#),
                let first = Int(match.1)
            else { return nil }
            let last = match.2.flatMap { Int($0) } ?? first
            let step = match.3.flatMap { Int($0) } ?? 1
            guard step > 0, last >= first else { return nil }
            numbers += stride(from: first, through: last, by: step)
        }
        return numbers
    }
}
