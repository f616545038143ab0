public import Foundation
public import Jobs

/// All that a task needs to run: no database and no configuration, but this file.
public struct TaskFile: Sendable, Equatable, Codable {
    /// Counted from 1.
    public let number: Int
    /// Which handler runs it.
    public let kind: String
    /// What the handler reads; nothing else looks into it.
    public let payload: Data
    /// Names of the tiles that the task makes, and no others of its payload: one that dies names what is missing.
    public let tiles: [String]
    /// Absolute paths of files that the task reads; they travel with it where there is no shared file system.
    public let inputs: [String]
    /// Absolute paths of the folders that the task may write to.
    public let outputs: [String]
    /// Folders and beginnings of addresses below which it has to write, as the disk is then; nil for any.
    public let writable: [String]?
    /// Where object stores are, as variables, for machines that do not say so themselves; no secrets.
    var stores: [String: String]?

    public init(
        number: Int,
        kind: String,
        payload: Data,
        tiles: [String] = [],
        inputs: [String] = [],
        outputs: [String] = [],
        writable: [String]? = nil
    ) {
        (self.number, self.kind, self.payload, self.tiles) = (number, kind, payload, tiles)
        (self.inputs, self.outputs, self.writable) = (inputs, outputs, writable)
    }

    /// The same task under another number, for a job that runs it again.
    ///
    /// - Parameters:
    ///   - number: In that job.
    ///   - tiles: Only these; nil for all.
    ///   - payload: Another one; nil for the same.
    /// - Returns: The task.
    public func renumbered(_ number: Int, only tiles: [String]? = nil, payload: Data? = nil) -> TaskFile {
        var task = TaskFile(
            number: number,
            kind: kind,
            payload: payload ?? self.payload,
            tiles: tiles ?? self.tiles,
            inputs: inputs,
            outputs: outputs,
            writable: writable
        )
        task.stores = stores
        return task
    }

    /// Fails for a place that the job may not write to: a folder may have become a link since the task was planned.
    ///
    /// - Throws: `TaskFailure` that names the place.
    public func checkWriting(_ path: String) throws {
        let here = FileManager.default.currentDirectoryPath
        guard let writable, !PermittedFolders(writable).permit(path, relativeTo: here) else { return }
        let known = writable.joined(separator: ", ")
        throw TaskFailure(.input, "'\(path)' is not below a folder that the job may write to (\(known))")
    }

    private enum Key: String, CodingKey {
        case number, kind, tiles, inputs, outputs, writable, stores, payload
        case encodedPayload = "payload_base64"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        number = try container.decode(Int.self, forKey: .number)
        kind = try container.decode(String.self, forKey: .kind)
        tiles = try container.decode([String].self, forKey: .tiles)
        inputs = try container.decode([String].self, forKey: .inputs)
        outputs = try container.decode([String].self, forKey: .outputs)
        writable = try container.decodeIfPresent([String].self, forKey: .writable)
        stores = try container.decodeIfPresent([String: String].self, forKey: .stores)
        if let text = try container.decodeIfPresent(String.self, forKey: .payload) {
            payload = Data(text.utf8)
        } else {
            payload = try container.decode(Data.self, forKey: .encodedPayload)
        }
    }

    /// A payload that is text stays readable.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(number, forKey: .number)
        try container.encode(kind, forKey: .kind)
        try container.encode(tiles, forKey: .tiles)
        try container.encode(inputs, forKey: .inputs)
        try container.encode(outputs, forKey: .outputs)
        try container.encodeIfPresent(writable, forKey: .writable)
        try container.encodeIfPresent(stores, forKey: .stores)
        if let text = String(validating: payload, as: UTF8.self) {
            try container.encode(text, forKey: .payload)
        } else {
            try container.encode(payload, forKey: .encodedPayload)
        }
    }
}

/// What a master needs to run a job that another has begun: `job.json`, written after all the tasks.
public struct JobFile: Sendable, Equatable, Codable {
    public let id: String
    public let kind: String
    /// Tasks are numbered from 1 to this.
    public private(set) var tasks: Int
    /// How many tiles each task makes; nil where tasks make none.
    public private(set) var tiles: [Int]?
    /// The cluster file that the job was started with, nil for this machine.
    public let cluster: ClusterOptions
    public let created: Instant
    /// Handed to the collector: where the results belong, who asked.
    public let collection: Data?
    /// The job whose failed tasks these are.
    public let retryOf: String?

    public init(
        id: String,
        kind: String,
        tasks: Int,
        tiles: [Int]? = nil,
        cluster: ClusterOptions,
        created: Instant = .now,
        collection: Data? = nil,
        retryOf: String? = nil
    ) {
        (self.id, self.kind, self.tasks, self.tiles, self.cluster) = (id, kind, tasks, tiles, cluster)
        (self.created, self.collection, self.retryOf) = (created, collection, retryOf)
    }

    mutating func add(_ more: [TaskFile]) {
        tasks += more.count
        tiles?.append(contentsOf: more.map(\.tiles.count))
    }
}
