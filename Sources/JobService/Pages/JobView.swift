import Jobs

/// A job as pages and their scripts show it.
struct JobView: Encodable {
    let id: String
    let phase: String
    /// What people read of it: `running`, `done`.
    let label: String
    /// From 0 to 100; nil where it is not known.
    let percent: Int?
    /// `12 of 40 tiles, 1 failed`; empty where nothing is counted.
    let progress: String
    /// What its user may do now: start, abort.
    let actions: [String]
    let isFinished: Bool

    init(_ job: Job) {
        (id, phase, label) = (job.id, job.phase.rawValue, Self.label(job.phase))
        let counts = job.tiles.flatMap { $0.planned > 0 ? $0 : nil } ?? job.progress
        let ended = counts.done + counts.failed
        percent = counts.planned > 0 && job.phase != .pending ? min(100, 100 * ended / counts.planned) : nil
        let noun = job.tiles.map { $0.planned > 0 } ?? false ? "tile" : "task"
        var text = ""
        if counts.planned > 0 {
            text = "\(ended) of \(counts.planned) \(noun)\(counts.planned == 1 ? "" : "s")"
            if counts.failed > 0 { text += ", \(counts.failed) failed" }
        }
        progress = text
        var actions: [String] = []
        if job.phase == .pending || job.phase == .held { actions.append("start") }
        if !job.phase.isFinished { actions.append("abort") }
        (self.actions, isFinished) = (actions, job.phase.isFinished)
    }

    static func label(_ phase: Phase) -> String {
        switch phase {
        case .pending: "not started"
        case .queued: "waiting"
        case .executing: "running"
        case .completed: "done"
        case .error: "failed"
        case .aborted: "aborted"
        case .held: "held"
        case .suspended: "suspended"
        case .unknown: "unknown"
        case .archived: "archived"
        }
    }

    /// For a template.
    var values: Pages.Values {
        var values: Pages.Values = [
            "id": id, "phase": phase, "label": label, "progress": progress, "isFinished": isFinished,
            "phaseClass": "phase-\(phase.lowercased())", "canStart": actions.contains("start"),
            "canAbort": actions.contains("abort"), "hasProgress": percent != nil && !isFinished,
        ]
        values["percent"] = percent ?? 0
        return values
    }
}
