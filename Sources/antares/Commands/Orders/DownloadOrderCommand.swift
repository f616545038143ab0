import ArgumentParser
import Catalogs
import Config
import Foundation
import Logging

/// `download_order`: what was ordered from the USGS.
struct DownloadOrderCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "download_order",
        abstract: "Fetch the scenes that create_order ordered, as far as they are ready.",
        discussion: """
            An order stays open until all its scenes are here; running it again goes on where it ended, within files too.
            Example: antares download_order --path scenes --wait 60, then antares index scenes
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(
        name: .shortAndLong,
        help: .init("Folder of the files; TEMP_DIR when left out.", valueName: "folder"),
        completion: .directory
    )
    var path: String?
    @Option(help: .init("Minutes to wait for scenes that are being prepared.", valueName: "n"))
    var wait = 0
    @Option(name: .shortAndLong, help: .init("Files fetched at once.", valueName: "n"))
    var jobs = 3

    func validate() throws {
        guard wait >= 0 else { throw ValidationError("--wait must not be negative, got \(wait).") }
        guard (1...16).contains(jobs) else { throw ValidationError("--jobs must lie within 1 and 16, got \(jobs).") }
    }

    func run() async throws {
        let services = try common.makeServices()
        let account = try services.usgsAccount()
        let folder = services.orders
        var orders = try folder.orders().filter { !$0.isComplete }
        guard !orders.isEmpty else {
            return try common.emit([Report]()) { "no order is open" }
        }
        var fetch = OrderFetch(to: URL(fileURLWithPath: path ?? services.settings.temporaryDirectory.value).path)
        (fetch.parallel, fetch.patience) = (jobs, .seconds(60 * wait))
        let reports = try await WebClient.run(try services.webOptions()) { [fetch] client in
            let api = try M2MClient(
                account.address ?? M2MClient.usual,
                user: account.user,
                token: account.token,
                client: client
            )
            do {
                var reports: [Report] = []
                for place in orders.indices {
                    let progress = SceneProgress()
                    let done = try await fetch.run(&orders[place], in: folder, api, client) { [common] done, total in
                        progress.reporter { common.makeProgress("scenes", total: total) }.update(to: done)
                    }
                    progress.finish()
                    reports.append(Report(orders[place].label, done))
                }
                await api.logOut()
                return reports
            } catch {
                await api.logOut()
                throw error
            }
        }
        for failure in reports.flatMap(\.failures) { services.log.error("\(failure.scene): \(failure.reason)") }
        try common.emit(reports) {
            reports.map { report in
                "order \(report.order): \(report.fetched.count) scenes fetched, \(report.waiting.count) being prepared, "
                    + "\(report.failures.count) failed"
            }.joined(separator: "\n")
        }
        if reports.contains(where: { !$0.failures.isEmpty }) { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    /// What `--json` prints.
    private struct Report: Encodable, Sendable {
        struct Failure: Encodable { let scene: String, reason: String }
        let order: String, fetched: [String], waiting: [String], failures: [Failure]

        init(_ label: String, _ report: OrderFetch.Report) {
            (order, fetched, waiting) = (label, report.fetched, report.waiting)
            failures = report.failures.map { Failure(scene: $0.scene, reason: $0.reason) }
        }
    }
}
