import Jobs

/// A file that a job has made or read, under a name of its own; what is known of it outlives the file.
struct Entity: Record, Equatable {
    enum Role: String, Sendable, Codable { case result, input }

    static let recordKind = "entity"
    /// `JOB.RESULT` or `JOB~PARAMETER`.
    let id: String
    let job: String
    /// The result or the parameter.
    let name: String
    let role: Role
    let path: String
    /// In hexadecimal digits.
    let sha256: String
    /// In bytes.
    let size: Int
    let contentType: String
    /// The owner of the job; nil for nobody.
    let owner: String?
    let created: Instant
    /// Of an input, the entity that was asked for, or the address it was fetched from.
    let origin: String?
    var revision = 0

    var key: String? { job }

    /// The name that a browser keeps it under.
    var fileName: String { path.split(separator: "/").last.map(String.init) ?? name }

    static func id(ofResult name: String, of job: String) -> String { "\(job).\(name)" }

    static func id(ofInput name: String, of job: String) -> String { "\(job)~\(name)" }

    /// The job and the name of an identifier; nil for what is none.
    static func parts(of id: String) -> (job: String, role: Role, name: String)? {
        guard let end = id.firstIndex(where: { $0 == "." || $0 == "~" }) else { return nil }
        let name = String(id[id.index(after: end)...])
        return name.isEmpty ? nil : (String(id[..<end]), id[end] == "." ? .result : .input, name)
    }
}

/// Finds entities by what is in them.
struct EntityContent: Record {
    static let recordKind = "entity-content"
    let entity: String
    let sha256: String
    var revision = 0

    var id: String { "\(sha256)/\(entity)" }
    var key: String? { sha256 }

    init(_ entity: Entity) { (self.entity, sha256) = (entity.id, entity.sha256) }
}
