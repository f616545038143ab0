public import Foundation

/// How much of the machine a run may use, and what it leaves out.
public struct RunOptions: Sendable {
    /// Threads that compute at once.
    public var jobs: Int
    /// Bytes that all threads together may hold in blocks.
    public var memory: Int
    /// Plans and reports, writes nothing.
    public var isDryRun: Bool
    /// Makes tiles again that are done and intact.
    public var overwrites: Bool
    /// Reads tiles that are there from end to end, and makes those again that are damaged.
    public var verifies: Bool

    public init(
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount,
        memory: Int = Int(ProcessInfo.processInfo.physicalMemory / 2),
        isDryRun: Bool = false,
        overwrites: Bool = false,
        verifies: Bool = false
    ) {
        (self.jobs, self.memory, self.isDryRun) = (jobs, memory, isDryRun)
        (self.overwrites, self.verifies) = (overwrites, verifies)
    }
}

/// What a run did, tile by tile.
public struct RunSummary: Sendable, Codable, Equatable {
    /// One that could not be made.
    public struct Failure: Sendable, Codable, Equatable {
        public let tile: String
        public let reason: String

        public init(tile: String, reason: String) { (self.tile, self.reason) = (tile, reason) }
    }

    /// One that the run is about.
    public struct PlannedTile: Sendable, Codable, Equatable {
        public let tile: String
        /// The file that the index points to.
        public let path: String
        /// True where it is there and intact.
        public let isDone: Bool
    }

    public var product: String
    /// What there is to do; filled by a dry run only.
    public var tiles: [PlannedTile] = []
    public var planned = 0
    public var written = 0
    public var alreadyThere = 0
    public var interrupted = 0
    public var failures: [Failure] = []
    /// Bytes that the planned tiles take at most, without compression.
    public var bytesAtMost = 0
    /// Bytes that the blocks in work take at most.
    public var peakMemory = 0
    /// Things worth saying that are no failures.
    public var notes: [String] = []

    public init(product: String) { self.product = product }

    public var isComplete: Bool { failures.isEmpty && interrupted == 0 }
}
