import ArgumentParser
import Config
import DatacubeIndex
import Foundation
import Logging
import Workflows

/// The command `antares init`.
struct InitCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Set up: schemas, PostGIS, borders, and documents in ~/.config/madmex.",
        discussion: """
            Safe to run again: tables are upgraded, borders brought up to date, and documents that you changed are kept \
            (the new text is put beside them as .new).
            """
    )
    @OptionGroup var common: CommonOptions
    @Option(
        name: .shortAndLong,
        parsing: .upToNextOption,
        help: .init("ISO 3166-1 alpha-3 codes of countries whose borders to take in: mex gtm.", valueName: "code")
    )
    var countries: [String] = []
    @Option(
        help: .init("Vector file with countries or states; else installed borders are looked for.", valueName: "file"),
        completion: .file()
    )
    var borders: String?
    @Option(help: .init("Field of --borders that holds the codes.", valueName: "name"))
    var isoField: String?
    @Option(
        help: .init("Vector file, or folder of such files, with first-level regions.", valueName: "file"),
        completion: .file()
    )
    var regions: String?
    @Option(help: .init("Field of --regions that holds the names.", valueName: "name"))
    var regionField: String?
    @Flag(inversion: .prefixedNo, help: "Create or upgrade the tables.")
    var createTables = true
    @Flag(inversion: .prefixedNo, help: "Write documents to ~/.config/madmex.")
    var confSetup = true

    func validate() throws {
        if isoField != nil, borders == nil { throw ValidationError("--iso-field goes with --borders FILE.") }
        if borders != nil, countries.isEmpty {
            throw ValidationError("--borders goes with -c CODE …: name the countries.")
        }
        if regionField != nil, regions == nil { throw ValidationError("--region-field goes with --regions FILE.") }
        for code in countries where code.count != 3 || !code.allSatisfy(\.isLetter) {
            throw ValidationError("'\(code)' is no ISO 3166-1 alpha-3 code: give three letters, as mex.")
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        var summary = InitSummary()
        if createTables { summary.applied = try await makeTables(services) }
        if !countries.isEmpty || regions != nil {
            let ingestion = BorderIngestion(try await services.ownConnection(), log: services.log)
            summary.borders = try await ingestion.run(request(services))
        }
        if confSetup { summary.documents = try installDocuments(services) }
        try common.emit(summary) { summary.text(folder: services.settings.documentDirectory) }
    }

    /// Makes or upgrades all schemas and says what was applied.
    private func makeTables(_ services: Services) async throws -> [String] {
        let own = try await Index.open(try services.ownConnectionSettings(), logger: services.log)
        var applied = try await own.installOwnSchemas()
        let index = try await Index.open(try services.indexConnectionSettings(), logger: services.log)
        // Who may work on an index that is there need not be allowed to make roles.
        var options = InitialisationOptions()
        options.initialisesUsers = try await !index.isInitialised()
        if try await index.initialise(options) { applied.append("agdc V1") }
        try await index.checkFields(options)
        return applied + (await makeFootprints(index, services.log))
    }

    /// Footprints are a comfort: an account that may not make PostGIS gets the rest.
    private func makeFootprints(_ index: Index, _ log: Logger) async -> [String] {
        do {
            guard try await !index.hasFootprints() else { return [] }
            let report = try await index.makeFootprints()
            for problem in report.problems {
                log.warning("dataset \(problem.dataset) has no footprint: \(problem.reason)")
            }
            return ["footprints"]
        } catch {
            log.warning("there will be no searches by geometry: \(error)")
            return []
        }
    }

    private func request(_ services: Services) -> BorderRequest {
        BorderRequest(
            countries: countries,
            borders: borders,
            isoField: isoField,
            regions: regions,
            regionField: regionField,
            regionFolders: [services.settings.regions?.value ?? services.settings.documentDirectory + "/regions"]
        )
    }

    private func installDocuments(_ services: Services) throws -> TemplateInstaller.Summary {
        let settings = services.settings
        let templates = try SharedFiles.directory(settings).appending(path: "config-templates")
        let installer = TemplateInstaller(
            templates: templates,
            folder: URL(fileURLWithPath: settings.documentDirectory)
        )
        return try installer.install(
            TemplateValues(
                ingestionPath: settings.ingestionPath.value,
                bucket: settings.ingestionBucket.value,
                driver: settings.driver.value
            )
        )
    }
}

/// What `antares init` did.
struct InitSummary: Encodable {
    /// Migrations, as `antares V1`; nil where tables were left alone.
    var applied: [String]?
    var borders = BorderSummary()
    var documents = TemplateInstaller.Summary()

    func text(folder: String) -> String {
        var lines: [String] = []
        if let applied { lines.append("tables: " + (applied.isEmpty ? "up to date" : applied.joined(separator: ", "))) }
        if !borders.countries.isEmpty || borders.regions > 0 {
            let regions = borders.regions == 1 ? "1 region" : "\(borders.regions) regions"
            lines.append("borders: \((borders.countries + [regions]).joined(separator: ", "))")
        }
        let count = documents.written.count + documents.unchanged.count + documents.kept.count
        if count > 0 {
            lines.append("documents: \(count) in \(folder), \(documents.written.count) of them written now")
        }
        for path in documents.kept {
            lines.append("kept your \(folder)/\(path); the new text is in \(path).new beside it")
        }
        return lines.joined(separator: "\n")
    }
}
