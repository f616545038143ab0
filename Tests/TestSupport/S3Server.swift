import Foundation

/// An S3 server on this machine's loopback, until the value is closed.
public final class S3Server: Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// Keeps all in memory, and takes any credentials.
        case moto
        /// The S3 interface of OpenStack's store, which keeps files on disk and checks every signature.
        case openstack

        /// False where it cannot be installed: then suites are skipped, and this says so in capitals.
        public var isAvailable: Bool { programs != nil }

        fileprivate var programs: String? { self == .moto ? S3Server.moto : S3Server.openstack }

        fileprivate static func find(_ kind: Kind) -> String? {
            let found = VirtualEnvironment.programs(of: kind.rawValue)
            if found == nil {
                let reason = "It cannot be installed (scripts/venv.sh \(kind.rawValue))."
                announceSkipped("tests against the S3 server \(kind.rawValue)", because: reason)
            }
            return found
        }
    }

    /// False where none can be installed.
    public static var isAvailable: Bool { Kind.moto.isAvailable }
    /// Those that can be installed.
    public static var kinds: [Kind] { Kind.allCases.filter(\.isAvailable) }

    private static let moto = Kind.find(.moto)
    private static let openstack = Kind.find(.openstack)
    private let kind: Kind
    private let server: ServerProcess

    /// Starts it and waits until it has told its port.
    public init(_ kind: Kind = .moto) throws {
        guard let programs = kind.programs else { throw CocoaError(.fileNoSuchFile) }
        self.kind = kind
        let script = repository.appending(path: "Tests/Python/openstack_store.py").path
        let words =
            kind == .moto
            ? ["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"] : [script, Self.key(kind), Self.secret]
        server = try ServerProcess(
            ["\(programs)/python", "-W", "ignore", "-u"] + words,
            port: #/Running on http://127\.0\.0\.1:(\d+)/#
        )
    }

    /// Who may do everything; OpenStack's names have an account before the colon.
    private static func key(_ kind: Kind) -> String { kind == .moto ? "antares" : "antares:tests" }
    private static let secret = "secret"

    /// Where it is, without a slash at the end.
    public var address: String { server.address }

    /// What tells a program, ours or boto3, where it is and who asks.
    public var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": Self.key(kind), "AWS_SECRET_ACCESS_KEY": Self.secret,
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    /// Runs a Python text that has boto3's client as `s3`, with the arguments after it.
    public func run(_ script: String, _ arguments: [String] = []) throws -> ShellResult {
        guard let programs = kind.programs else { throw CocoaError(.fileNoSuchFile) }
        return try TestSupport.run(
            "\(programs)/python",
            ["-c", "import sys, boto3\ns3 = boto3.client('s3')\n" + script] + arguments,
            environment: environment.mapValues { $0 }
        )
    }

    /// Makes a bucket of all files below a folder, each under its relative path.
    public func makeBucket(_ name: String, of folder: TemporaryFolder) throws {
        let made = try run(
            """
            import os
            _, name, folder = sys.argv
            s3.create_bucket(Bucket=name)
            for place, _, files in os.walk(folder):
                for file in files:
                    path = os.path.join(place, file)
                    s3.upload_file(path, name, os.path.relpath(path, folder))
            """,
            [name, folder.path]
        )
        guard made.status == 0 else { throw ServerProcess.Failure(program: "boto3", said: made.errors) }
    }

    /// Ends it.
    public func close() { server.close() }
}
