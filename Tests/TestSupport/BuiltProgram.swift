import Foundation

/// The `antares` program that was built with the tests, run with a home folder of its own.
public struct BuiltProgram: Sendable {
    public let home: TemporaryFolder

    /// Beside the test bundle.
    public static let path = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("antares").path

    /// What a developer's own configuration must not change; nil takes the variable away.
    private static let isolation: [String: String?] = Dictionary(
        uniqueKeysWithValues: ProcessInfo.processInfo.environment.keys
            .filter { name in
                ["DB_", "DATABASE_", "DATACUBE_", "ANTARES_", "PG", "XDG_", "AWS_", "S3_", "SSL_", "CURL_"].contains {
                    name.hasPrefix($0)
                }
                    || ["DEBUG", "DRIVER", "TEMP_DIR", "SHARED_DIR", "DJANGO_LOG_LEVEL", "INGESTION_PATH"].contains(
                        name
                    )
            }
            .map { ($0, nil) }
    )

    public init() throws { home = try TemporaryFolder() }

    /// Runs a command line without the program's name; words are separated by single blanks.
    public func run(_ line: String, environment: [String: String] = [:]) throws -> ShellResult {
        try run(line.split(separator: " ").map(String.init), environment: environment)
    }

    /// - `name`: What the program is called as; `datacube` answers as the Open Data Cube's command.
    public func run(
        _ arguments: [String],
        as name: String = "antares",
        environment: [String: String] = [:]
    ) throws -> ShellResult {
        try start(arguments, as: name, environment: environment).wait()
    }

    /// Starts a command line and does not wait for its end.
    public func start(
        _ arguments: [String],
        as name: String = "antares",
        environment: [String: String] = [:]
    ) throws -> RunningProgram {
        let program = name == "antares" ? Self.path : "\(try links([name]))/\(name)"
        let own = ["HOME": home.path].merging(environment) { $1 }
        let variables = Self.isolation.merging(own.mapValues { $0 }) { $1 }
        return try TestSupport.start(program, arguments, environment: variables, directory: home.url)
    }

    /// The words that start a command line in the environment of `run`, for a process that another one starts.
    func words(_ arguments: [String]) -> [String] {
        ["/usr/bin/env"] + Self.isolation.keys.flatMap { ["-u", $0] } + ["HOME=\(home.path)", Self.path] + arguments
    }

    /// A folder in which the program goes by other names.
    public func links(_ names: [String]) throws -> String {
        let folder = home.path(".links")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in names where !FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\(name)",
                withDestinationPath: Self.path
            )
        }
        return folder
    }
}
