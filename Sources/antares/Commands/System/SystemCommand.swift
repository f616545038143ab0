import ArgumentParser
import Config
import DatacubeIndex
import Foundation
import Postgres

/// The group `system`.
struct SystemCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "system",
        abstract: "Make and check the index of the Open Data Cube.",
        subcommands: [SystemInitCommand.self, SystemCheckCommand.self, SystemCloneCommand.self]
    )
}

/// The command `system init`.
struct SystemInitCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make or upgrade the tables of the index.",
        discussion: "Safe to run again, and from several machines at once."
    )
    @OptionGroup var common: CommonOptions
    @Flag(inversion: .prefixedNo, help: "Add the default metadata types to a new index.")
    var defaultTypes = true
    @Flag(inversion: .prefixedNo, help: "Make the roles agdc_user … agdc_admin and grant them their rights.")
    var initUsers = true
    @Flag(inversion: .prefixedNo, help: "Make the views of all products anew.")
    var recreateViews = true
    @Flag(inversion: .prefixedNo, help: "Make all dynamic indexes anew (slow).")
    var rebuild = false
    @Flag(inversion: .prefixedNo, help: "Lock the table while indexes are made.")
    var lockTable = false

    func run() async throws {
        try await DatacubeExit.run {
            let services = try common.makeServices()
            Output.write("Initialising database...")
            let index = try await Index.open(try services.indexConnectionSettings(), logger: services.log)
            var options = InitialisationOptions()
            options.addsDefaultTypes = defaultTypes
            options.initialisesUsers = initUsers
            options.recreatesViews = recreateViews
            options.rebuilds = rebuild
            options.locksTable = lockTable
            Output.write(try await index.initialise(options) ? "Created." : "Updated.")
            Output.write("Checking indexes/views.")
            try await index.checkFields(options)
            Output.write("Done.")
        }
    }
}

/// The command `system check`.
struct SystemCheckCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Print the configuration in use and try the connection."
    )
    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await DatacubeExit.run {
            let services = try common.makeServices()
            // A private server is started first, so that its address can be shown.
            let settings = try services.indexConnectionSettings()
            let report = CheckReport(
                version: Version.datacube,
                configFiles: services.settings.datacubeFiles,
                host: "\(settings.host ?? "localhost"):\(settings.port.map(String.init) ?? "5432")",
                database: settings.database ?? "None",
                user: settings.user ?? "None",
                // Without files the settings come from variables, which belong to no section.
                environment: services.settings.datacubeFiles.isEmpty
                    ? "None" : services.settings.datacubeEnvironment ?? "None",
                indexDriver: "default"
            )
            if !common.json { Output.write(report.text + "\n") }
            let index = try await Index.openInitialised(settings, logger: services.log)
            let roles = try await index.roles()
            try common.emit(report) {
                (["Valid connection:\tYES"] + roles.map { "You have \($0.uppercased()) privileges." })
                    .joined(separator: "\n")
            }
        }
    }
}

/// What `system check` prints.
struct CheckReport: Encodable {
    let version: String
    let configFiles: [String]
    let host: String
    let database: String
    let user: String
    let environment: String
    let indexDriver: String

    var text: String {
        let fields = [
            ("Version", version), ("Config files", configFiles.joined(separator: ",")), ("Host", host),
            ("Database", database), ("User", user), ("Environment", environment), ("Index Driver", indexDriver),
        ]
        return fields.map { "\($0.0):".padding(toLength: 15, withPad: " ", startingAt: 0) + $0.1 }
            .joined(separator: "\n")
    }
}
