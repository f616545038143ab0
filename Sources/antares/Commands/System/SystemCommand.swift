import ArgumentParser
import Config
import DatacubeIndex
import Foundation
import Postgres
import Raster

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
    @Flag(help: "Check the object store too: list a bucket, write, read and remove an object (AWS_*, S3_ENDPOINT).")
    var s3 = false
    @Option(
        help: .init("The bucket for --s3; left out, that of INGESTION_BUCKET or INGESTION_PATH.", valueName: "name")
    )
    var bucket: String?

    func validate() throws {
        if bucket != nil, !s3 { throw ValidationError("--bucket goes with --s3.") }
    }

    func run() async throws {
        try await DatacubeExit.run {
            let services = try common.makeServices()
            if s3 { try checkStore(services.settings) }
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

    /// Fails where the bucket cannot be used, before anything is made.
    private func checkStore(_ settings: Settings) throws {
        let path = settings.ingestionPath.value
        let known = [settings.ingestionBucket.value, ObjectStore.isObject(path) ? ObjectStore.bucket(of: path) : ""]
        guard let bucket = bucket ?? known.first(where: { !$0.isEmpty }) else {
            throw CommandFailure(.usage, "--s3 needs a bucket: --bucket NAME, or INGESTION_BUCKET in ~/.antares.")
        }
        Output.write("Checking bucket '\(bucket)'...")
        try ObjectStore.check(bucket: bucket)
        Output.write("It can be listed, written, read and tidied up.")
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
