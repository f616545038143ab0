import ClusterExec
import Foundation
import Jobs

/// A job as `jobs list` and `jobs show` print it.
struct JobReport: Encodable {
    struct Failure: Encodable { let task: Int, tile: String?, reason: String }
    struct Value: Encodable { let name: String, value: String }

    let id: String
    let kind: String
    let phase: String
    let owner: String?
    let created: String
    let started: String?
    let ended: String?
    let tasks: JobProgress
    let tiles: JobProgress?
    let parameters: [Value]
    let results: [Value]
    let error: String?
    let failures: [Failure]
    let folder: String
    let master: String?

    init(_ job: Job, folder: JobFolder, holder: JobHolder? = nil, failures: [FailedTile] = []) {
        (id, kind, phase, owner) = (job.id, job.kind, job.phase.rawValue, job.ownerID)
        created = job.creationTime.description
        (started, ended) = (job.startTime?.description, job.endTime?.description)
        (tasks, tiles) = (job.progress, job.tiles)
        parameters = job.parameters.map { Value(name: $0.id, value: $0.value) }
        results = job.results.map { Value(name: $0.id, value: $0.href) }
        error = job.errorSummary?.message
        self.failures = failures.map { Failure(task: $0.task, tile: $0.tile, reason: $0.reason) }
        self.folder = folder.path
        master = holder.map { "\($0.master), at least until \($0.expiry)" }
    }

    /// In tiles, where the job has any.
    var counts: String {
        let shown = tiles ?? tasks
        return "\(shown.done) done, \(shown.failed) failed, \(shown.running) running of \(shown.planned)"
    }

    var text: String {
        var lines = [
            "job       \(id)", "kind      \(kind)", "phase     \(phase)", "tiles     \(counts)",
            "tasks     \(tasks.planned)", "created   \(created)",
        ]
        if let started { lines.append("started   \(started)") }
        if let ended { lines.append("ended     \(ended)") }
        if let owner { lines.append("owner     \(owner)") }
        if let master { lines.append("run by    \(master)") }
        lines.append("folder    \(folder)")
        lines += parameters.map { "          \($0.name) = \($0.value)" }
        if let error { lines.append("error     \(error.split(separator: "\n").first ?? "")") }
        lines += failures.map { failure in
            "failed    \(FailedTile(task: failure.task, tile: failure.tile, reason: failure.reason).text)"
        }
        lines += results.prefix(20).map { "result    \($0.name): \($0.value)" }
        if results.count > 20 { lines.append("          and \(results.count - 20) more results") }
        return lines.joined(separator: "\n")
    }
}

/// What the tasks of a job used.
struct ResourceReport: Encodable {
    struct Entry: Encodable {
        let task: Int
        let attempt: Int
        let state: String
        let host: String
        let seconds: Double
        let cpu_seconds: Double
        let peak_memory: Int
        let bytes_read: Int
        let bytes_written: Int
    }

    let tasks: [Entry]
    let seconds: Double
    let cpu_seconds: Double
    let peak_memory: Int
    let bytes_read: Int
    let bytes_written: Int
    let hosts: [String]

    init(_ statuses: [TaskStatus]) {
        tasks = statuses.map { status in
            Entry(
                task: status.number,
                attempt: status.attempt,
                state: status.state.rawValue,
                host: status.host,
                seconds: status.seconds,
                cpu_seconds: status.cpuSeconds,
                peak_memory: status.peakMemory,
                bytes_read: status.bytesRead,
                bytes_written: status.bytesWritten
            )
        }
        seconds = tasks.reduce(0) { $0 + $1.seconds }
        cpu_seconds = tasks.reduce(0) { $0 + $1.cpu_seconds }
        peak_memory = tasks.map(\.peak_memory).max() ?? 0
        bytes_read = tasks.reduce(0) { $0 + $1.bytes_read }
        bytes_written = tasks.reduce(0) { $0 + $1.bytes_written }
        hosts = Set(tasks.map(\.host)).sorted()
    }

    var text: String {
        func number(_ value: Double) -> String { String(format: "%.1f", value) }
        func megabytes(_ bytes: Int) -> String { "\(bytes >> 20)" }
        let head = ["task", "attempt", "state", "host", "s", "CPU s", "peak MB", "read MB", "written MB"]
        let rows = tasks.map { task in
            [
                "\(task.task)", "\(task.attempt)", task.state, task.host, number(task.seconds),
                number(task.cpu_seconds),
                megabytes(task.peak_memory), megabytes(task.bytes_read), megabytes(task.bytes_written),
            ]
        }
        let total = [
            "all", "", "", "\(hosts.count) hosts", number(seconds), number(cpu_seconds), megabytes(peak_memory),
            megabytes(bytes_read), megabytes(bytes_written),
        ]
        return Output.table([head] + rows + [total])
    }
}
