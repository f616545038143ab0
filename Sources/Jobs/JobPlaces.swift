/// Where the files lie that a job may name, its parameters and the documents that those name.
///
/// Commands of antares read and write with the rights of the service's user: what a request names decides what its sender
/// gets to see, and what is overwritten.
public struct JobPlaces: Sendable, Equatable, Codable {
    /// Folders, and beginnings of addresses in object stores (`s3://scenes/2026`), of what is read.
    public var reads: [String]
    /// The same of what is written.
    public var writes: [String]
    /// Whether addresses of the web have to lead to the public internet.
    public var isPublicOnly: Bool
    /// Names of parameters that the service file gives, which may name any file.
    public var fixed: Set<String>

    public init(reads: [String] = [], writes: [String] = [], isPublicOnly: Bool = true, fixed: Set<String> = []) {
        (self.reads, self.writes, self.isPublicOnly, self.fixed) = (reads, writes, isPublicOnly, fixed)
    }

    /// Somebody else gives the value of a parameter now.
    mutating func release(_ parameter: String) {
        fixed = fixed.filter { $0.lowercased() != parameter.lowercased() }
    }
}
