import Foundation

/// The `antares` program that was built with the tests, run with a home folder of its own.
public struct BuiltProgram: Sendable {
    public let home: TemporaryFolder

    /// Beside the test bundle.
    private static let path = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("antares").path

    /// What a developer's own configuration must not change; nil takes the variable away.
    private static let isolation: [String: String?] = Dictionary(
        uniqueKeysWithValues: ProcessInfo.processInfo.environment.keys
            .filter { name in
                ["DB_", "DATABASE_", "DATACUBE_", "ANTARES_", "PG", "XDG_"].contains { name.hasPrefix($0) }
                    || ["DEBUG", "DRIVER", "TEMP_DIR", "DJANGO_LOG_LEVEL", "INGESTION_PATH"].contains(name)
            }
            .map { ($0, nil) }
    )

    public init() throws { home = try TemporaryFolder() }

    /// Runs a command line without the program's name; words are separated by single blanks.
    public func run(_ line: String, environment: [String: String] = [:]) throws -> ShellResult {
        try run(line.split(separator: " ").map(String.init), environment: environment)
    }

    public func run(_ arguments: [String], environment: [String: String] = [:]) throws -> ShellResult {
        let variables = Self.isolation.merging(environment.mapValues { $0 }) { $1 }.merging(["HOME": home.path]) { $1 }
        return try TestSupport.run(Self.path, arguments, environment: variables, directory: home.url)
    }
}
