import Foundation

/// An S3 server on this machine's loopback (moto's, which keeps all in memory), until the value is closed.
///
/// It takes any credentials, and none.
public final class S3Server: Sendable {
    /// False where it cannot be installed: then suites are skipped, and this says so in capitals.
    public static let isAvailable: Bool = {
        if programs != nil { return true }
        announceSkipped("tests against an S3 server", because: "It cannot be installed (scripts/venv.sh moto).")
        return false
    }()

    private static let programs = VirtualEnvironment.programs(of: "moto")
    private let server: ServerProcess

    /// Starts it and waits until it has told its port.
    public init() throws {
        guard let programs = Self.programs else { throw CocoaError(.fileNoSuchFile) }
        server = try ServerProcess(
            ["\(programs)/python", "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            port: #/Running on http://127\.0\.0\.1:(\d+)/#
        )
    }

    /// Where it is, without a slash at the end.
    public var address: String { server.address }

    /// What tells a program, ours or boto3, where it is and who asks.
    public var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "antares", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
        ]
    }

    /// Runs a Python text that has boto3's client as `s3`, with the arguments after it.
    public func run(_ script: String, _ arguments: [String] = []) throws -> ShellResult {
        guard let programs = Self.programs else { throw CocoaError(.fileNoSuchFile) }
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
