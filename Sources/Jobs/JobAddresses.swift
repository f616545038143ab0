import Foundation

/// Where the parts of jobs are on the web.
public struct JobAddresses: Sendable {
    /// Of the list of jobs, without a slash at its end: `https://maps.example.org/rest/ingest`.
    public let list: String

    public init(list: String) { self.list = list }

    public func job(_ id: String) -> String { "\(list)/\(escaped(id))" }

    public func result(_ name: String, of id: String) -> String { "\(job(id))/results/\(escaped(name))" }

    public func parameter(_ name: String, of id: String) -> String { "\(job(id))/parameters/\(escaped(name))" }

    private func escaped(_ element: String) -> String {
        let allowed = CharacterSet(charactersIn: "-._~").union(.alphanumerics)
        return element.addingPercentEncoding(withAllowedCharacters: allowed) ?? element
    }
}
