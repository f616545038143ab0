import ArgumentParser
import Config
import Foundation
import JobService
import Jobs

/// The group `antares schedules`: jobs that the service makes again and again.
struct SchedulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules",
        abstract: "Jobs that the service makes again and again.",
        subcommands: [
            SchedulesListCommand.self, SchedulesAddCommand.self, SchedulesRemoveCommand.self,
            SchedulesPauseCommand.self, SchedulesRunCommand.self,
        ]
    )
}

extension CommonOptions {
    /// The schedules of the configured store.
    fileprivate func schedules() async throws -> ScheduleBook {
        ScheduleBook(try await ServiceRecords.open(try makeServices()))
    }
}

/// The command `antares schedules list`.
struct SchedulesListCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List schedules with their next slot."
    )
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let schedules = try await common.schedules().all().map(ScheduleDocument.init)
        try common.emit(schedules) {
            Output.table(
                schedules.map { schedule in
                    [
                        schedule.id, schedule.owner, schedule.kind, schedule.cron, schedule.zone,
                        schedule.paused ? "paused" : schedule.next.map { "next \($0)" } ?? "no slot", schedule.name,
                        schedule.lastError ?? "",
                    ]
                }
            )
        }
    }
}

/// The command `antares schedules add`.
struct SchedulesAddCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make jobs of a type at the times of a cron expression.",
        discussion: """
            Five fields: minute, hour, day of the month, month, day of the week, with names, lists, ranges and steps, as
            '30 4 * * mon-fri'; or @daily, @hourly, @weekly, @monthly, @yearly. docs/service-api.md has the rules.
            """
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "What people call it.") var name: String
    @Option(help: .init("Whose jobs these are: an account.", valueName: "name")) var user: String
    @Option(help: .init("Job type, see `antares jobs kinds`.", valueName: "type")) var kind: String
    @Option(help: .init("When, five fields of cron.", valueName: "expression")) var cron: String
    @Option(help: .init("Time zone of the expression.", valueName: "zone")) var zone = "UTC"
    @Option(help: .init("Service file, for job types that its users have described.", valueName: "file"))
    var service: String?
    @Argument(help: .init("Parameters of each job, NAME=VALUE.", valueName: "parameter")) var parameters: [String] = []

    private func given() throws -> [JobParameter] {
        try parameters.map { text in
            let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard halves.count == 2, !halves[0].isEmpty else {
                throw ValidationError("'\(text)' is no parameter such as product=ls8_espa.")
            }
            return JobParameter(halves[0], halves[1])
        }
    }

    func validate() throws { _ = try given() }

    func run() async throws {
        let services = try common.makeServices()
        let records = try await ServiceRecords.open(services)
        let owner = try await Accounts(records).user(user)
        let folder = try services.serviceOptions(service).folder
        let type = try await ScheduleBook.jobType(kind, in: folder, builtIn: JobKind.all.map(\.description))
        let schedule = try await ScheduleBook(records).add(
            name,
            of: owner.name,
            type: type,
            parameters: try given(),
            cron: cron,
            zone: zone
        )
        try common.emit(ScheduleDocument(schedule)) { schedule.id }
    }
}

/// The command `antares schedules remove`.
struct SchedulesRemoveCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove a schedule; its jobs stay."
    )
    struct Report: Encodable { let removed: String }
    @OptionGroup var common: CommonOptions
    @Argument(help: "The schedule.") var id: String

    func run() async throws {
        try await common.schedules().remove(id)
        try common.emit(Report(removed: id)) { "removed \(id)" }
    }
}

/// The command `antares schedules pause`.
struct SchedulesPauseCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop a schedule until it is resumed; slots meanwhile are left out."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The schedule.") var id: String
    @Flag(help: "Let it go on.") var resume = false

    func run() async throws {
        let schedule = try await common.schedules().setPaused(!resume, id)
        try common.emit(ScheduleDocument(schedule)) { schedule.next.map { "next \($0)" } ?? "paused" }
    }
}

/// The command `antares schedules run`.
struct SchedulesRunCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Ask for a run now, besides the slots; the service makes the job within some seconds."
    )
    @OptionGroup var common: CommonOptions
    @Argument(help: "The schedule.") var id: String

    func run() async throws {
        let schedule = try await common.schedules().requestRun(id)
        try common.emit(ScheduleDocument(schedule)) { "asked for a run of \(schedule.name)" }
    }
}
