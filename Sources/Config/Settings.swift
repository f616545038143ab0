import Foundation
import Postgres

/// How much is logged, by the names that the configuration uses.
public enum LogVerbosity: String, Sendable, CaseIterable {
    case debug = "DEBUG"
    case info = "INFO"
    case warning = "WARNING"
    case error = "ERROR"
    case critical = "CRITICAL"
}

/// The resolved configuration: options before environment variables before files before defaults.
public struct Settings: Sendable {
    /// Where the Open Data Cube's index lives.
    public let indexDatabase: Sourced<DatabaseTarget>
    /// Where antares' own tables live.
    public let ownDatabase: Sourced<DatabaseTarget>
    /// The section of the datacube configuration, nil where there is none.
    public let datacubeEnvironment: String?
    /// The datacube configuration files that were read.
    public let datacubeFiles: [String]

    /// The folder that tiles are written to.
    public let ingestionPath: Sourced<String>
    /// The storage driver that `antares init` writes into ingestion documents.
    public let driver: Sourced<String>
    /// `storage.bucket` of ingestion documents; empty where none is used.
    public let ingestionBucket: Sourced<String>
    /// The folder of trained models.
    public let modelDirectory: Sourced<String>
    public let temporaryDirectory: Sourced<String>
    /// The folder of jobs, which all machines that work on them see under the same path.
    public let sharedDirectory: Sourced<String>
    /// A vector file or folder of vector files with regions, which `antares init` reads.
    public let regions: Sourced<String>?
    /// Where SQL and templates are found, if not beside the program.
    public let share: Sourced<String>?
    /// The account at the USGS's Machine-to-Machine API, nil where it is not complete.
    public let usgs: USGSAccount?
    /// The STAC API that is meant where none is named, with what it asks for.
    public let stac: STACAccess
    public let isDebug: Sourced<Bool>
    /// Nil where the configuration says nothing.
    public let logVerbosity: Sourced<LogVerbosity>?

    /// `~/.config/madmex`: indexing, ingestion and recipe documents.
    public let documentDirectory: String
    /// `$XDG_DATA_HOME/antares`: the private server, tiles, models.
    public let dataDirectory: String

    /// Every setting, for `antares config show`.
    public let all: [Setting]
    /// Unknown keys, each with file and line.
    public let warnings: [String]

    /// The folder of the private PostgreSQL.
    public var privateServerDirectory: String { dataDirectory + "/postgres" }

    public init(_ input: ConfigurationInput) throws(ConfigError) {
        let values = try AntaresValues(input)
        let datacube = try DatacubeConfiguration(input)
        let dataHome = input.environment["XDG_DATA_HOME"].nonEmpty ?? input.home + "/.local/share"
        dataDirectory = dataHome + "/antares"
        documentDirectory = input.home + "/.config/madmex"

        (indexDatabase, ownDatabase) = Self.databases(
            own: try values.databaseAddress(),
            ownOrigin: values[.databaseName]?.origin,
            datacube: datacube
        )
        (datacubeEnvironment, datacubeFiles) = (datacube?.environment.value, datacube?.files ?? [])

        ingestionPath = values[.ingestionPath] ?? Sourced(dataDirectory + "/tiles", .builtIn)
        driver = values[.driver] ?? Sourced("NetCDF CF", .builtIn)
        ingestionBucket = values[.ingestionBucket] ?? Sourced("", .builtIn)
        modelDirectory = values[.serializedObjects] ?? Sourced(dataDirectory + "/models", .builtIn)
        temporaryDirectory = values[.temporary] ?? Self.temporaryDirectory(input.environment)
        sharedDirectory = values[.shared] ?? Sourced(dataDirectory, .builtIn)
        regions = values[.regions]
        share = values[.share]
        usgs = USGSAccount(values)
        stac = STACAccess(values)
        isDebug = values[.debug].map { Sourced(!Self.isFalse($0.value), $0.origin) } ?? Sourced(false, .builtIn)
        logVerbosity = try Self.verbosity(values[.logLevel], isDebug)
        warnings = values.warnings + (datacube?.warnings ?? [])

        all =
            [
                Setting("index database", Self.text(indexDatabase.value), indexDatabase.origin),
                Setting("antares database", Self.text(ownDatabase.value), ownDatabase.origin),
                Setting("datacube environment", datacubeEnvironment, datacube?.environment.origin ?? .builtIn),
                Setting("private PostgreSQL", dataDirectory + "/postgres", Self.dataOrigin(input)),
                Setting("documents", documentDirectory, .builtIn),
            ]
            + Self.keySettings(
                values,
                defaults: [
                    .ingestionPath: ingestionPath, .driver: driver, .ingestionBucket: ingestionBucket,
                    .serializedObjects: modelDirectory, .temporary: temporaryDirectory,
                    .shared: sharedDirectory,
                    .debug: Sourced(String(isDebug.value), isDebug.origin),
                ]
            ) + (datacube?.settings ?? [])
    }

    /// Each falls back to the other's database before both fall back to the private server.
    private static func databases(
        own: ConnectionSettings?,
        ownOrigin: Origin?,
        datacube: DatacubeConfiguration?
    ) -> (index: Sourced<DatabaseTarget>, own: Sourced<DatabaseTarget>) {
        let index = datacube.map { Sourced(DatabaseTarget.server($0.address), $0.environment.origin) }
        let ours = own.map { Sourced(DatabaseTarget.server($0), ownOrigin ?? .builtIn) }
        let nothing = Sourced(DatabaseTarget.privateServer, .builtIn)
        return (
            index ?? ours.map { Sourced($0.value, .derived("the antares database (\($0.origin))")) } ?? nothing,
            ours ?? index.map { Sourced($0.value, .derived("the index database (\($0.origin))")) } ?? nothing
        )
    }

    private static func keySettings(_ values: AntaresValues, defaults: [AntaresKey: Sourced<String>]) -> [Setting] {
        AntaresKey.allCases.compactMap { key in
            guard let value = defaults[key] ?? values[key] else {
                return key.unusedBecause == nil ? Setting(key.rawValue, nil, .builtIn) : nil
            }
            let note = key.unusedBecause.map { "unused: \($0)" }
            return Setting(key.rawValue, value.value, value.origin, isSecret: key.isSecret, note: note)
        }
    }

    private static func verbosity(
        _ level: Sourced<String>?,
        _ isDebug: Sourced<Bool>
    ) throws(ConfigError) -> Sourced<LogVerbosity>? {
        guard let level else { return isDebug.value ? Sourced(.debug, isDebug.origin) : nil }
        guard let verbosity = LogVerbosity(rawValue: level.value.uppercased()) else {
            let known = LogVerbosity.allCases.map(\.rawValue).joined(separator: ", ")
            throw ConfigError(
                "\(level.origin)",
                "DJANGO_LOG_LEVEL has the unknown value '\(level.value)'",
                hint: "Known: \(known)."
            )
        }
        return Sourced(verbosity, level.origin)
    }

    private static func isFalse(_ text: String) -> Bool {
        ["false", "no", "off", "0", "f", "n", "none"].contains(text.lowercased())
    }

    private static func temporaryDirectory(_ environment: [String: String]) -> Sourced<String> {
        environment["TMPDIR"].nonEmpty.map { Sourced($0, .environment(variable: "TMPDIR")) }
            ?? Sourced("/tmp", .builtIn)
    }

    private static func dataOrigin(_ input: ConfigurationInput) -> Origin {
        input.environment["XDG_DATA_HOME"].nonEmpty == nil ? .builtIn : .environment(variable: "XDG_DATA_HOME")
    }

    /// A database without its password.
    private static func text(_ target: DatabaseTarget) -> String {
        guard case .server(let address) = target else { return "private PostgreSQL" }
        let place = address.host.map { " on \($0)\(address.port.map { ":\($0)" } ?? "")" } ?? " on the local socket"
        return "'\(address.database ?? "")'\(place)\(address.user.map { " as \($0)" } ?? "")"
    }
}
