import Foundation

/// An S3 server in trouble: it hangs up, is busy or never answers where its rules say so.
///
/// A rule is a method, a part of the path and a deed: `PUT _red.tif drop`; deeds are those of `faulty_store.py`.
public final class FaultyStore: Sendable {
    private let store: S3Server
    private let front: ServerProcess
    private let folder: TemporaryFolder

    /// Stands before a store, which it needs until it is closed.
    public init(before store: S3Server) throws {
        self.store = store
        folder = try TemporaryFolder()
        let rules = try folder.write("", to: "rules")
        let script = repository.appending(path: "Tests/Python/faulty_store.py").path
        let upstream = String(store.address.dropFirst("http://".count))
        front = try ServerProcess(
            ["/usr/bin/env", "python3", "-u", script, upstream, rules],
            port: #/on port (\d+) now/#
        )
    }

    /// What tells a program to go through it, with short pauses between its attempts.
    public var environment: [String: String] {
        store.environment.merging(["AWS_ENDPOINT_URL": front.address, "GDAL_HTTP_RETRY_DELAY": "0.05"]) { $1 }
    }

    /// Spoils requests from now on; an empty text spoils none.
    public func setRules(_ rules: String) throws { _ = try folder.write(rules, to: "rules") }

    public func close() { front.close() }
}
