import Foundation
public import Jobs

/// What became of a task: `status/<n>.json`, and while it runs `status/<n>.running.json`.
public struct TaskStatus: Sendable, Equatable, Codable {
    public enum State: String, Sendable, Codable { case running, done, failed }

    public let number: Int
    /// Counted from 1.
    public let attempt: Int
    public var state: State
    public var host: String
    public var pid: Int
    public var start: Instant
    public var end: Instant?
    /// Wall time.
    public var seconds: Double
    public var cpuSeconds: Double
    /// In bytes; of the task's process or the largest of its children.
    public var peakMemory: Int
    public var bytesRead: Int
    public var bytesWritten: Int
    public var tiles: [TileOutcome]
    public var failure: TaskFailure?

    public init(number: Int, attempt: Int, state: State, host: String, pid: Int = 0, start: Instant = .now) {
        (self.number, self.attempt, self.state, self.host, self.pid) = (number, attempt, state, host, pid)
        (self.start, seconds, cpuSeconds, peakMemory, bytesRead, bytesWritten) = (start, 0, 0, 0, 0, 0)
        tiles = []
    }

    /// The tiles that the task did not make, with the reason; all of them where it died.
    ///
    /// - `names`: Of the tiles that it was to make.
    public func failedTiles(of names: [String]) -> [FailedTile] {
        let said = tiles.filter { $0.state == .failed }
            .map { FailedTile(task: number, tile: $0.name, reason: $0.reason ?? "no reason given") }
        guard state == .failed else { return said }
        let reason = failure?.reason ?? "no reason given"
        let known = Set(tiles.map(\.name))
        let missing = names.filter { !known.contains($0) }.map { FailedTile(task: number, tile: $0, reason: reason) }
        if said.isEmpty, missing.isEmpty { return [FailedTile(task: number, tile: nil, reason: reason)] }
        return said + missing
    }
}

/// One tile of a task.
public struct TileOutcome: Sendable, Equatable, Codable {
    public enum State: String, Sendable, Codable {
        case made
        /// Was there already.
        case present
        /// No valid pixel: nothing is written.
        case empty
        case failed
    }

    public let name: String
    public let state: State
    public let path: String?
    /// Of the dataset that describes it.
    public let datasetID: String?
    public let reason: String?
    /// What the index is to say of it: one line of JSON.
    public var document: String?
    /// What the index is to point to.
    public var location: String?
    /// Datasets that could not be read and were left out, by id, with the reasons.
    public var leftOut: [String: String]?

    public init(
        _ name: String,
        _ state: State,
        path: String? = nil,
        datasetID: String? = nil,
        reason: String? = nil
    ) {
        (self.name, self.state, self.path, self.datasetID, self.reason) = (name, state, path, datasetID, reason)
    }
}

/// Why a task failed.
public struct TaskFailure: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    public enum Kind: String, Sendable, Codable {
        /// The input is bad: it will be bad the next time.
        case input
        /// The machine is to blame: a full disk, a lost node. Trying again may help.
        case environment
    }

    public let kind: Kind
    public let reason: String

    public init(_ kind: Kind, _ reason: String) { (self.kind, self.reason) = (kind, reason) }

    /// A failure by what is said of it: a full disk and the like are the machine's, the rest the input's.
    public init(_ reason: String) {
        let ofMachine = [ENOSPC, EDQUOT, EIO, ENOMEM, ESTALE].map { String(cString: strerror($0)) }
        self.init(ofMachine.contains { reason.contains($0) } ? .environment : .input, reason)
    }

    public var description: String { reason }
}

/// A tile that a job did not make, as people and programs read it.
public struct FailedTile: Sendable, Equatable, Codable {
    public let task: Int
    /// Nil where the task says nothing of its tiles.
    public let tile: String?
    public let reason: String

    public init(task: Int, tile: String?, reason: String) { (self.task, self.tile, self.reason) = (task, tile, reason) }

    public var text: String {
        // `tile (3, 4) of …`, `scene /archive/S2A_…`, or a word of a user's own.
        let name = tile.map { $0.contains(" ") ? ", \($0)" : ", tile \($0)" } ?? ""
        return "task \(task)\(name): \(reason)"
    }
}
