import Foundation

/// Where the parts of jobs are on the web.
public struct JobAddresses: Sendable {
    private let list: String
    private let hasKinds: Bool

    /// - `list`: Of the list of jobs of one type, without a slash at its end: `https://maps.example.org/rest/ingest`.
    public init(list: String) { (self.list, hasKinds) = (list, false) }

    /// - `root`: What the lists of all types are below: `https://maps.example.org/rest`.
    public init(root: String) { (list, hasKinds) = (root, true) }

    public func job(_ job: Job) -> String {
        "\(list)\(hasKinds ? "/" + escaped(job.kind) : "")/\(escaped(job.id))"
    }

    public func result(_ name: String, of job: Job) -> String { "\(self.job(job))/results/\(escaped(name))" }

    public func parameter(_ name: String, of job: Job) -> String { "\(self.job(job))/parameters/\(escaped(name))" }

    private static let allowed = CharacterSet(
        charactersIn: "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    )

    private func escaped(_ element: String) -> String {
        element.addingPercentEncoding(withAllowedCharacters: Self.allowed) ?? element
    }
}
