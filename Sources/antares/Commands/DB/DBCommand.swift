import ArgumentParser
import Foundation
import Postgres

/// The group `antares db`: the private PostgreSQL.
struct DBCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "db",
        abstract: "Start, stop, look at and enter the private PostgreSQL.",
        discussion: "It serves where no database is configured, starts on demand and keeps running.",
        subcommands: [DBStartCommand.self, DBStopCommand.self, DBStatusCommand.self, DBPsqlCommand.self]
    )
}

/// The command `antares db start`.
struct DBStartCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "start", abstract: "Start it, making it at first.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let services = try common.makeServices()
        _ = try services.privateServer.ensureRunning()
        let report = DBReport(services)
        try common.emit(report) { "PostgreSQL \(report.version ?? "") runs in \(report.folder)." }
    }
}

/// The command `antares db stop`.
struct DBStopCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "stop", abstract: "Stop it in order.")
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let services = try common.makeServices()
        let wasRunning = try services.privateServer.stop()
        try common.emit(DBReport(services)) { wasRunning ? "stopped" : "it was not running" }
    }
}

/// The command `antares db status`.
struct DBStatusCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Say whether it runs, and how Python reaches it."
    )
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = DBReport(try common.makeServices())
        try common.emit(report) { report.text }
    }
}

/// The command `antares db psql`.
struct DBPsqlCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "psql",
        abstract: "Open psql on the index database, configured or private.",
        usage: "antares db psql [<argument of psql> ...]"
    )
    @OptionGroup var common: CommonOptions
    @Argument(parsing: .captureForPassthrough, help: "Handed on to psql.")
    var arguments: [String] = []

    func run() async throws {
        let address = try common.makeServices().indexConnectionSettings()
        let variables = [
            ("PGHOST", address.host), ("PGPORT", address.port.map(String.init)), ("PGDATABASE", address.database),
            ("PGUSER", address.user), ("PGPASSWORD", address.password),
        ]
        for (name, value) in variables { if let value { setenv(name, value, 1) } }
        var words = (["psql"] + arguments).map { strdup($0) } + [nil]
        execvp("psql", &words)
        throw CommandFailure(
            .noInput,
            "cannot run psql: \(String(cString: strerror(errno))). Install postgresql-client."
        )
    }
}
