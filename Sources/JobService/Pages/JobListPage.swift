import ClusterExec
import Foundation
import Hummingbird
import Jobs

/// The list of jobs: `/jobs`.
struct JobListPage: Sendable {
    let pages: Pages
    private var parts: ServiceParts { pages.parts }
    /// Jobs on a page.
    private static let count = 100

    func add(to router: Router<ServiceContext>) {
        router.get("jobs", use: pages.route(list))
    }

    /// What the list shows, as its address says.
    private struct Choice {
        var kind = ""
        var phases: Set<Phase> = []
        var from = ""
        var until = ""
        var isAll = false
        var before: JobPosition?

        init(_ request: Request) {
            for (name, value) in FormBody.pairs(request.uri.query ?? "") where !value.isEmpty {
                switch name {
                case "type": kind = value
                case "phase": if let phase = Phase(rawValue: value) { phases.insert(phase) }
                case "from": from = value
                case "until": until = value
                case "owner": isAll = value == "all"
                case "before":
                    let halves = value.split(separator: ".", maxSplits: 1)
                    if halves.count == 2, let time = Int64(halves[0]) {
                        before = JobPosition(creationTime: Instant(milliseconds: time), id: String(halves[1]))
                    }
                default: break
                }
            }
        }

        /// The query of this choice from another place on.
        func query(before: JobPosition?) -> String {
            var pairs = [("type", kind), ("from", from), ("until", until), ("owner", isAll ? "all" : "")]
            pairs += phases.map(\.rawValue).sorted().map { ("phase", $0) }
            if let before { pairs.append(("before", "\(before.creationTime.milliseconds).\(before.id)")) }
            let filled = pairs.filter { !$0.1.isEmpty }
            return filled.map { "\($0.0)=\($0.1.queryEscaped)" }.joined(separator: "&")
        }
    }

    private func list(_ request: inout Request, _ context: ServiceContext) async throws -> Response {
        let choice = Choice(request)
        var filter = JobFilter()
        filter.phases = choice.phases
        filter.kind = choice.kind.isEmpty ? nil : choice.kind
        filter.last = Self.count + 1
        filter.before = choice.before
        let mistake = apply(times: choice, to: &filter)
        let isAdministrator = context.identity.isAdministrator
        if let name = context.identity.name {
            if !(isAdministrator && choice.isAll) { filter.ownerID = name }
        } else {
            guard parts.options.allowsAnonymous else {
                throw ServiceError(.unauthenticated, "log in to see your jobs.")
            }
            filter.isWithoutOwner = true
        }
        let found = mistake == nil ? try await parts.jobs.list(matching: filter) : []
        let shown = found.prefix(Self.count)
        let now = Instant.now
        let here = "/jobs?\(choice.query(before: choice.before))"
        let older = found.count > Self.count ? shown.last.map { choice.query(before: JobPosition($0)) } : nil
        var values: Pages.Values = [
            "jobs": shown.map { row($0, now, showsOwner: choice.isAll) },
            "isEmpty": shown.isEmpty, "back": here, "showsOwner": choice.isAll && isAdministrator,
            "types": await types(choice.kind), "phases": Self.phases(choice.phases),
            "from": choice.from, "until": choice.until, "isAll": choice.isAll, "isFirst": choice.before == nil,
            "isFiltered": !choice.kind.isEmpty || !choice.phases.isEmpty || !choice.from.isEmpty
                || !choice.until.isEmpty,
            "firstQuery": choice.query(before: nil),
            "live": shown.filter { !$0.phase.isFinished }.map { "\($0.id):\($0.phase.rawValue)" }.joined(
                separator: ","
            ),
        ]
        values["mistake"] = mistake
        values["olderQuery"] = older
        return try pages.make("jobs", "Jobs", values, context)
    }

    /// - Returns: What is wrong with a time; nil for nothing.
    private func apply(times choice: Choice, to filter: inout JobFilter) -> String? {
        if !choice.from.isEmpty {
            guard let from = Instant(choice.from) else { return "'\(choice.from)' is no day such as 2026-01-31." }
            // The list holds what was made later than its start.
            filter.after = Instant(milliseconds: from.milliseconds - 1)
        }
        if !choice.until.isEmpty {
            guard let until = Instant(choice.until) else { return "'\(choice.until)' is no day such as 2026-01-31." }
            let isDay = choice.until.count <= 10
            let end = JobPosition(creationTime: isDay ? until + 86400 : until, id: "")
            filter.before = min(filter.before ?? end, end)
        }
        return nil
    }

    private func row(_ job: Job, _ now: Instant, showsOwner: Bool) -> Pages.Values {
        var values = JobView(job).values
        values["kind"] = job.kind
        values["runID"] = job.runID ?? ""
        values["owner"] = showsOwner ? job.ownerID ?? "nobody" : ""
        values["created"] = PlainText.time(job.creationTime)
        values["createdISO"] = job.creationTime.description
        if let start = job.startTime {
            values["duration"] = PlainText.duration((job.endTime ?? now).seconds(since: start))
        }
        return values
    }

    private func types(_ chosen: String) async -> [Pages.Values] {
        await parts.descriptions.names.map { ["name": $0, "isChosen": $0 == chosen] }
    }

    private static func phases(_ chosen: Set<Phase>) -> [Pages.Values] {
        Phase.allCases.map {
            ["name": $0.rawValue, "label": JobView.label($0), "isChosen": chosen.contains($0)]
        }
    }
}
