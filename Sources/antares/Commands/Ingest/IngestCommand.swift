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
    var configFile: String?
    @Option(help: .init("Only scenes of this year, or of years like 2015-2017.", valueName: "year"))
    var year: YearRange?
    @Flag(help: "Update the indexed output product where the configuration differs from it; safe changes only.")
    var allowProductChanges = false
    @Option(help: .init("Write the tiles to be made to a file, and make none.", valueName: "file"))
    var saveTasks: String?
    @Option(help: .init("Make the tiles of such a file, instead of -c.", valueName: "file"))
    var loadTasks: String?
    @Option(help: .init("Tiles that may be begun and not yet done; no limit without it.", valueName: "n"))
    var queueSize: Int?

    func validate() throws {
        guard (configFile == nil) != (loadTasks == nil) else {
            throw ValidationError("Give either -c CONFIG or --load-tasks FILE.")
        }
        guard loadTasks == nil || year == nil && saveTasks == nil else {
            throw ValidationError("--load-tasks takes all from its file: leave --year and --save-tasks out.")
        }
        if let queueSize, queueSize < 1 {
            throw ValidationError("--queue-size must be at least 1, got \(queueSize).")
        }
    }

    func run() async throws {
        let services = try common.makeServices()
        let tasks = try loadTasks.map { try IngestionTasks(reading: $0) }
        var configured = try Ingestion(try tasks?.configuration ?? document(), software: Version.software)
        configured.years = tasks?.years ?? year?.years
        configured.allowsProductChanges = allowProductChanges
        configured.tasks = tasks
        let ingestion = configured
        if let path = saveTasks {
            let summary = try await ingestion.save(
                tasksTo: path,
                on: try await services.index(),
                options: try run.makeOptions(),
                log: services.log,
                progress: { _, _ in }
            )
            let open = summary.tiles.count { !$0.isDone }
            try common.emit(summary) { "\(open) of \(summary.planned) tiles of \(summary.product) listed in \(path)\n" }
            return
        }
        let queueSize = queueSize ?? .max
        try await common.makeTiles("Ingesting", services, run) { index, options, log, progress in
            var options = options
            options.tilesAtOnce = queueSize
            return try await ingestion.run(on: index, options: options, log: log, progress: progress)
        }
    }

    private func document() throws -> SourceDocument {
        let path = configFile ?? ""
        guard let document = try YAML.parse(file: path).first else {
            throw DocumentError(origin: path, reason: "is empty")
        }
        return document
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
