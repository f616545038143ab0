import ArgumentParser
import DatacubeIndex
import Documents
import Foundation
import Postgres

/// Exit codes under the name `datacube`: the Open Data Cube's own, where they differ from those of antares.
enum DatacubeExit {
    /// True where the program was called by the name `datacube` or `datacube-search`.
    static let isDatacube = ["datacube", "datacube-search"]
        .contains(URL(fileURLWithPath: CommandLine.arguments.first ?? "antares").lastPathComponent)

    /// Runs a command; under the name `datacube` every failure ends with exit code 1.
    static func run(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch  where isDatacube && (error is IndexError || error is PostgresError || error is DocumentError) {
            throw CommandFailure(.failed, "\(prefix(error))\(error)")
        }
    }

    private static func prefix(_ error: any Error) -> String {
        (error as? PostgresError)?.isUnreachable == true ? "Error Connecting to database: " : ""
    }

    /// Ends with a code of the Open Data Cube's under that name, and with a failure of our own otherwise.
    static func fail(datacube: Int32, antares: ExitStatus = .failed) -> ExitCode {
        ExitCode(isDatacube ? datacube : antares.rawValue)
    }

    /// An error as the log gives it: the Open Data Cube's lines begin with what is wrong, ours with where.
    static func line(_ error: any Error) -> String {
        guard isDatacube else { return "\(error)" }
        switch error {
        case let error as IndexError where !error.reason.isEmpty:
            return "\(error.reason) (\(error.subject))." + (error.hint.map { " " + $0 } ?? "")
        case let error as DocumentError where error.line == nil && error.reason.hasPrefix("No "):
            return "\(error.reason) \(error.origin)." + (error.hint.map { " " + $0 } ?? "")
        case let error as DocumentError: return "Failed reading documents from \(error)"
        default: return "\(error)"
        }
    }

    /// Says that arguments are missing, prints the help and ends with exit code 1.
    ///
    /// - `argument`: What the Open Data Cube's help calls the arguments.
    static func missing(_ what: String, _ command: (some ParsableCommand).Type, argument: String) -> ExitCode {
        let line = what.isEmpty ? "" : "Error: no \(what) provided\n\n"
        // Click leaves the program's name out of the help that it prints this way, and tests look for that.
        let help = command.helpMessage().split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("USAGE:") }.joined(separator: "\n")
        Output.write(line + "Usage:  [OPTIONS] [\(argument)]...\n\n" + help)
        return ExitCode(isDatacube ? 1 : ExitStatus.usage.rawValue)
    }
}
