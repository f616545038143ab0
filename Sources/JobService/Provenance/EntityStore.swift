import Checksums
import ClusterExec
import Crypto
import Dispatch
import Foundation
import Jobs

/// Knows the files that jobs have made and read; a file is looked at once, when its job has ended or somebody asks.
struct EntityStore: Sendable {
    let jobs: any JobStore
    let records: any RecordStore

    /// The results of a job that has completed, in the job's order; those that are elsewhere are no files.
    func results(of job: Job) async throws -> [Entity] {
        guard job.phase == .completed else { return try await known(job.id, .result) }
        let known = Dictionary(
            try await known(job.id, .result).map { ($0.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var entities: [Entity] = []
        for result in job.results {
            if let entity = known[result.id] {
                entities.append(entity)
            } else if let path = Self.path(result.href),
                let entity = try await add(.result, result.id, path, result.contentType, of: job, from: nil)
            {
                entities.append(entity)
            }
        }
        return entities
    }

    /// What a job has read: files that came with it, and those that were put in place for it.
    func inputs(of job: Job) async throws -> [Entity] {
        var entities = try await known(job.id, .input)
        for parameter in job.parameters
        where parameter.isByReference && !entities.contains(where: { $0.name == parameter.id }) {
            guard let path = Self.path(parameter.value),
                let entity = try await add(.input, parameter.id, path, nil, of: job, from: nil)
            else { continue }
            entities.append(entity)
        }
        return entities
    }

    /// The entity of an identifier; nil where there is none.
    func find(_ id: String) async throws -> Entity? {
        if let entity: Entity = try await records.find(id) { return entity }
        guard let (name, role, _) = Entity.parts(of: id), let job = try await jobs.job(name) else { return nil }
        let entities = try await role == .result ? results(of: job) : inputs(of: job)
        return entities.first { $0.id == id }
    }

    /// Notes an input that is in its place.
    ///
    /// - Parameters:
    ///   - name: The parameter.
    ///   - path: The file.
    ///   - job: Which reads it.
    ///   - origin: The entity or the address that was asked for; nil for an upload.
    /// - Throws: What the store says.
    func addInput(_ name: String, _ path: String, of job: Job, from origin: String?) async throws {
        let id = Entity.id(ofInput: name, of: job.id)
        try await records.remove(id, Entity.self)
        _ = try await add(.input, name, path, nil, of: job, from: origin)
    }

    /// The entities of the same owner with the same content, oldest first.
    func twins(of entity: Entity) async throws -> [Entity] {
        guard entity.size > 0 else { return [] }
        var twins: [Entity] = []
        for content in try await records.all(EntityContent.self, of: entity.sha256) where content.entity != entity.id {
            if let twin: Entity = try await records.find(content.entity), twin.owner == entity.owner {
                twins.append(twin)
            }
        }
        return twins.sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }

    /// Forgets the files of a job.
    func remove(_ job: String) async throws {
        for entity in try await records.all(Entity.self, of: job) {
            try await records.remove(EntityContent(entity).id, EntityContent.self)
            try await records.remove(entity.id, Entity.self)
        }
    }

    private func known(_ job: String, _ role: Entity.Role) async throws -> [Entity] {
        try await records.all(Entity.self, of: job).filter { $0.role == role }
    }

    private func add(
        _ role: Entity.Role,
        _ name: String,
        _ path: String,
        _ contentType: String?,
        of job: Job,
        from origin: String?
    ) async throws -> Entity? {
        guard let (digest, size) = await Self.digest(path) else { return nil }
        let entity = Entity(
            id: role == .result ? Entity.id(ofResult: name, of: job.id) : Entity.id(ofInput: name, of: job.id),
            job: job.id,
            name: name,
            role: role,
            path: path,
            sha256: digest,
            size: size,
            contentType: contentType ?? MediaTypes.type(ofFile: path),
            owner: job.ownerID,
            created: role == .result ? job.endTime ?? .now : .now,
            origin: origin
        )
        // Another request may have been faster, and found the same.
        if try await records.insert(StoredRecord(entity)) {
            _ = try await records.insert(StoredRecord(EntityContent(entity)))
        }
        return entity
    }

    /// The path of a file on this machine; nil for an address elsewhere.
    static func path(_ href: String) -> String? {
        if href.hasPrefix("/") { return href }
        return href.hasPrefix("file://") ? URL(string: href)?.path : nil
    }

    /// The SHA-256 and the size of a file, nil where it cannot be read; large files do not hold up requests.
    private static func digest(_ path: String) async -> (String, Int)? {
        await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .utility).async {
                guard let file = FileHandle(forReadingAtPath: path) else { return continuation.resume(returning: nil) }
                defer { try? file.close() }
                var (hash, size) = (SHA256(), 0)
                do {
                    while let part = try file.read(upToCount: 1 << 20), !part.isEmpty {
                        hash.update(data: part)
                        size += part.count
                    }
                } catch {
                    return continuation.resume(returning: nil)
                }
                continuation.resume(returning: (hash.finalize().hexadecimal, size))
            }
        }
    }
}
