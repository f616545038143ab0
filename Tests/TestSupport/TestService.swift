import Foundation
import Synchronization

/// The built program as a job service, on a port and with a home folder of its own; jobs and accounts are in files there.
public final class TestService: Sendable {
    /// Somebody with an account.
    public struct User: Sendable {
        public let name: String
        public let password: String

        public init(name: String, password: String) { (self.name, self.password) = (name, password) }

        /// What names the user to the service.
        public var authorization: String { "Basic " + Data("\(name):\(password)".utf8).base64EncodedString() }
    }

    /// Runs command lines with the service's own home folder.
    public let program: BuiltProgram
    private let words: [String]
    private let environment: [String: String]
    private let server: Mutex<ServerProcess>

    /// Starts it and waits until it answers.
    ///
    /// - Parameters:
    ///   - file: The text of a service file, see `config-templates/service.yaml`; none without it.
    ///   - options: Further words of the command line.
    ///   - environment: Further variables, for the command lines too.
    /// - Throws: With what it printed where it does not start.
    public init(
        file: String? = nil,
        options: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        let program = try BuiltProgram()
        let named = try file.map { ["--service", try program.home.write($0, to: "service.yaml")] } ?? []
        (self.program, self.environment, words) = (program, environment, ["serve"] + named + options)
        server = Mutex(try Self.start(program, words + ["--port", "0"], environment))
    }

    private static func start(
        _ program: BuiltProgram,
        _ words: [String],
        _ environment: [String: String]
    ) throws -> ServerProcess {
        try ServerProcess(
            program.words(words),
            variables: environment,
            port: #/listening on https?://[^ ]*:(\d+)\n/#
        )
    }

    /// Where it answers, without a slash at the end.
    public var address: String { server.withLock(\.address) }

    /// Kills it without a warning and starts it again on the same port.
    public func restart() throws {
        let port = address.split(separator: ":").last.map(String.init) ?? "0"
        try server.withLock { server in
            server.close()
            server = try Self.start(program, words + ["--port", port], environment)
        }
    }

    /// Asks it to end, which it does once it has answered what it has begun.
    public func terminate() throws { try server.withLock { try $0.terminate("antares") } }

    /// The most bytes of memory that it has had.
    public func peakMemory() throws -> Int { try server.withLock { try $0.peakMemory("antares") } }

    /// Ends it; to be called once.
    public func close() { server.withLock { $0.close() } }

    /// Runs a command line, without the program's name, beside the service.
    @discardableResult
    public func antares(_ words: [String]) throws -> ShellResult { try program.run(words, environment: environment) }

    /// Makes an account by `antares users add`.
    ///
    /// - Parameters:
    ///   - name: The name to log in with.
    ///   - options: Further words: `--administrator`, `--roles composite scripts`.
    /// - Returns: The account with its random password.
    /// - Throws: `BadAnswer` with what the command said.
    public func addUser(_ name: String, _ options: String...) throws -> User {
        let added = try antares(["users", "add", name] + options)
        let printed = added.output.split(separator: "\n").first?.split(separator: " ") ?? []
        guard added.status == 0, printed.count == 2 else { throw BadAnswer(added.errors) }
        return User(name: name, password: String(printed[1]))
    }

    /// An answer that a test cannot go on with.
    public struct BadAnswer: Error, CustomStringConvertible {
        public let description: String

        public init(_ description: String) { self.description = description }
    }
}
