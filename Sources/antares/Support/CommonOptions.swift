import ArgumentParser
import Config
import Foundation
import Jobs
import Logging

/// A command that takes the options every command has.
protocol CommonCommand: AsyncParsableCommand {
    var common: CommonOptions { get }
}

/// The options every command has; they may stand before the command as well as behind it.
struct CommonOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Log more; twice for still more.")
    var verbose: Int
    @Flag(name: .shortAndLong, help: "Log errors only, and show no progress.")
    var quiet = false
    @Option(name: [.customShort("E"), .long], help: .init("Section of the datacube configuration.", valueName: "name"))
    var env: String?
    @Option(
        name: [.customShort("C"), .long, .customLong("config_file")],
        help: .init("Datacube configuration to read instead of the usual ones; may be repeated.", valueName: "file"),
        completion: .file()
    )
    var config: [String] = []
    @Option(
        name: [.customShort("R"), .long, .customLong("config-text")],
        help: .init("Datacube configuration as a text: INI, YAML or JSON.", valueName: "text")
    )
    var rawConfig: String?
    @Option(help: .init("Write the log to this file as well; may be repeated.", valueName: "file"), completion: .file())
    var logFile: [String] = []
    @Flag(help: "Log every database statement.")
    var logQueries = false
    @Flag(help: "Print results, and errors, as JSON documents.")
    var json = false
    @Option(help: .init("End when this open descriptor's other end closes.", visibility: .private))
    var parentPipe: Int32?
    @Option(
        help: .init("Read and write below these places alone, as a job of the service has to.", visibility: .private)
    )
    var places: JobPlaces?

    func validate() throws {
        guard rawConfig == nil || config.isEmpty else { throw ValidationError("-R and -C exclude each other.") }
    }

    /// How much is logged, nil where the command line does not say.
    var logLevel: Logger.Level? {
        if quiet { return .error }
        switch verbose {
        case 0: return nil
        case 1: return .info
        case 2: return .debug
        default: return .trace
        }
    }

    /// The logger of the commands.
    var log: Logger { Logger(label: "antares") }

    /// The configuration: these options before environment variables before files before defaults.
    func makeSettings() throws -> Settings {
        try Settings(
            .reading(
                environment: ProcessInfo.processInfo.environment,
                datacubeEnvironment: env,
                datacubeFiles: config,
                datacubeText: rawConfig
            )
        )
    }

    /// What a command works with; warns of configuration keys that nobody knows.
    func makeServices() throws -> Services {
        let settings = try makeSettings()
        if let verbosity = settings.logVerbosity { Logs.applyConfigured(verbosity.value.level) }
        let log = log
        for warning in settings.warnings { log.warning("\(warning)") }
        return Services(settings: settings, log: log)
    }

    /// Shows progress on standard error: a bar on a terminal, rarer and rarer lines elsewhere, nothing with `-q`.
    func makeProgress(_ title: String, total: Int) -> ProgressReporter {
        ProgressReporter(title, total: total, isQuiet: quiet)
    }

    /// Prints a result: the value as a JSON document with `--json`, otherwise the text.
    func emit(_ value: some Encodable, text: () -> String) throws {
        Output.write(json ? try Output.json(value) : text())
    }
}

extension LogVerbosity {
    fileprivate var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
    }
}
