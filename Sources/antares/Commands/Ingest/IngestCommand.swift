import ArgumentParser
import Documents
import Ingest
import Logging
import Workflows

/// `ingest`: scenes of a product become tiles of a grid.
struct IngestCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Make tiles of a grid from indexed scenes, and index them.",
        discussion: "Tiles that are done and intact are skipped, so that the same command goes on where it stopped."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var run: RunOptionGroup
    @Option(
        name: [.customShort("c"), .customLong("config-file")],
        help: .init("Ingestion configuration (YAML).", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"])
    )
    var configFile: String
    @Option(help: .init("Only scenes of this year, or of years like 2015-2017.", valueName: "year"))
    var year: YearRange?
    @Flag(help: "Go on with the indexed output product where the configuration differs from it.")
    var allowProductChanges = false
    @Option(help: .init("Accepted for command lines of the Open Data Cube; not needed.", visibility: .hidden))
    var queueSize: Int?

    func run() async throws {
        let services = try common.makeServices()
        if let note = run.note { services.log.warning("\(note)") }
        guard let document = try YAML.parse(file: configFile).first else {
            throw DocumentError(origin: configFile, reason: "is empty")
        }
        var configured = try Ingestion(document, software: Version.software)
        configured.years = year?.years
        configured.allowsProductChanges = allowProductChanges
        let ingestion = configured
        try await common.makeTiles("Ingesting", services, try run.makeOptions(), by: ingestion.run)
    }
}

/// A year, or a first and a last one: `2016`, `2015-2017`.
struct YearRange: ExpressibleByArgument, Equatable, Sendable {
    let years: ClosedRange<Int>

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first <= last,
            (1...9999).contains(first), (1...9999).contains(last)
        else { return nil }
        years = first...last
    }
}
