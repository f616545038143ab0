/// What Slurm's programs print, read without any of them.
enum SlurmOutput {
    /// One element of an array, or all of a job without one.
    struct Element: Hashable {
        let job: String
        /// Nil for a job that is no array.
        let index: Int?
    }

    struct Row: Equatable {
        let state: String
        let reason: String?
        let node: String?
        /// `3:0`: exit status and signal.
        var exit: (code: Int, signal: Int)?

        static func == (a: Row, b: Row) -> Bool {
            a.state == b.state && a.reason == b.reason && a.node == b.node && a.exit?.code == b.exit?.code
                && a.exit?.signal == b.exit?.signal
        }
    }

    /// The format that `squeue` is asked for, and how its lines are read: `1_[3-7%2]|PENDING|Resources||name`.
    static let queueFormat = "%i|%T|%r|%N|%j"

    static func queue(_ text: String) -> [Element: Row] {
        rows(text) { fields in
            guard fields.count >= 4 else { return nil }
            return Row(state: word(fields[1]), reason: some(fields[2]), node: some(fields[3]), exit: nil)
        }
    }

    /// Names of submissions and numbers of jobs.
    static func names(_ text: String) -> [(name: String, engineID: String)] {
        var seen: Set<String> = []
        return text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            guard fields.count >= 5, let job = fields[0].split(separator: "_").first else { return nil }
            return seen.insert(String(job)).inserted ? (fields[4...].joined(separator: "|"), String(job)) : nil
        }
    }

    /// The columns that `sacct` is asked for.
    static let accountingFormat = "JobID,State,ExitCode,NodeList"

    /// Rows of the array under its own number, which come while accounting lags, are left out by their caller.
    static func accounting(_ text: String) -> [Element: Row] {
        rows(text) { fields in
            guard fields.count >= 4 else { return nil }
            let node = fields[3] == "None assigned" ? nil : some(fields[3])
            return Row(state: word(fields[1]), reason: nil, node: node, exit: exit(fields[2]))
        }
    }

    /// The lines of `scontrol -o show job`.
    static func details(_ text: String) -> [Element: Row] {
        var result: [Element: Row] = [:]
        for line in text.split(separator: "\n") {
            var values: [Substring: Substring] = [:]
            for part in line.split(separator: " ") {
                let pair = part.split(separator: "=", maxSplits: 1)
                if pair.count == 2, values[pair[0]] == nil { values[pair[0]] = pair[1] }
            }
            guard let state = values["JobState"], let number = values["ArrayJobId"] ?? values["JobId"] else { continue }
            let row = Row(
                state: String(state),
                reason: values["Reason"].map(String.init),
                node: values["NodeList"].flatMap { $0 == "(null)" ? nil : String($0) },
                exit: values["ExitCode"].flatMap(exit)
            )
            guard let tasks = values["ArrayTaskId"] else {
                result[Element(job: String(number), index: nil)] = row
                continue
            }
            for index in NumberRanges.parse(tasks) ?? [] { result[Element(job: String(number), index: index)] = row }
        }
        return result
    }

    /// What a row means for a task.
    static func sight(_ row: Row) -> TaskSight {
        switch row.state {
        case "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD":
            .waiting(row.reason)
        case "RUNNING", "COMPLETING", "SIGNALING", "STAGE_OUT", "RESIZING": .running(host: row.node)
        case "SUSPENDED", "STOPPED": .suspended
        default: .ended(end(row))
        }
    }

    /// Nil where only the accounting says more.
    static func end(_ row: Row) -> TaskEnd? {
        switch row.state {
        case "OUT_OF_MEMORY": return .outOfMemory
        case "TIMEOUT", "DEADLINE": return .timeout
        case "NODE_FAIL": return .lost("node \(row.node ?? "unknown") failed")
        case "BOOT_FAIL": return .lost("node \(row.node ?? "unknown") did not start")
        case "PREEMPTED": return .preempted
        case "CANCELLED", "REVOKED": return .cancelled
        case "COMPLETED": return .exited(0)
        default:
            guard let exit = row.exit else { return nil }
            return exit.signal > 0 ? .killed(signal: exit.signal) : .exited(exit.code)
        }
    }

    private static func rows(_ text: String, _ read: ([Substring]) -> Row?) -> [Element: Row] {
        var result: [Element: Row] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false)
            guard let id = fields.first, !id.contains("."), let row = read(fields) else { continue }
            for element in elements(id) { result[element] = row }
        }
        return result
    }

    /// `14`, `14_3` or `14_[1-4%1]`.
    static func elements(_ text: some StringProtocol) -> [Element] {
        let parts = text.split(separator: "_", maxSplits: 1)
        guard let job = parts.first.map({ String($0) }) else { return [] }
        guard parts.count == 2 else { return [Element(job: job, index: nil)] }
        let list = parts[1].hasPrefix("[") ? parts[1].dropFirst().prefix { $0 != "]" } : parts[1][...]
        return (NumberRanges.parse(list) ?? []).map { Element(job: job, index: $0) }
    }

    /// `CANCELLED by 0` is CANCELLED.
    private static func word(_ text: Substring) -> String { String(text.prefix { $0 != " " && $0 != "+" }) }
    private static func some(_ text: Substring) -> String? { text.isEmpty || text == "None" ? nil : String(text) }
    private static func exit(_ text: Substring) -> (code: Int, signal: Int)? {
        let parts = text.split(separator: ":").compactMap { Int($0) }
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
}
