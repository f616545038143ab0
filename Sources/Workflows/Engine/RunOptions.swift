public import Foundation

/// How much of the machine a run may use, and what it leaves out.
public struct RunOptions: Sendable {
    /// Threads that compute at once.
    public var jobs: Int
    /// Bytes that the program may take, all threads together.
    public var memory: Int
    /// Plans and reports, writes nothing.
    public var isDryRun: Bool
    /// Makes tiles again that are done and intact.
    public var overwrites: Bool
    /// Reads tiles that are there from end to end, and makes those again that are damaged.
    ///
    /// Chunks of netCDF tiles carry checksums; of GeoTIFF tiles only what cannot be decompressed is noticed.
    public var verifies: Bool
    /// Leaves scenes out that cannot be read, instead of giving up the tiles that need them.
    public var skipsBroken: Bool
    /// Scenes that are left out from the beginning, with the reasons.
    var leftOut: [RunSummary.Skipped] = []
    /// Takes the tiles that are missing, instead of their being made here and now.
    public var deferred: DeferredTiles?
    /// Where files of sources are that documents have elsewhere.
    var moved: [String: String] = [:]
    /// How many tiles may be begun and not yet done.
    public var tilesAtOnce = Int.max

    public init(
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount,
        memory: Int = RunOptions.availableMemory / 2,
        isDryRun: Bool = false,
        overwrites: Bool = false,
        verifies: Bool = false,
        skipsBroken: Bool = false
    ) {
        (self.jobs, self.memory, self.isDryRun) = (jobs, memory, isDryRun)
        (self.overwrites, self.verifies, self.skipsBroken) = (overwrites, verifies, skipsBroken)
    }

    /// What the program takes itself, with its libraries and what waits to be written: measured on composites of two
    /// hundred dates and on exports of whole scenes.
    private var ownMemory: Int { min(224 << 20, memory / 2) }

    /// Bytes that one thread may hold in blocks.
    var threadMemory: Int { (memory - ownMemory) / jobs }

    /// Bytes for blocks of sources of which a part was used, beside those in work; some are left to the allocator.
    func memoryToKeep(beside blocks: Int) -> Int {
        min(1 << 30, max(0, memory - ownMemory - blocks) / 4 * 3)
    }

    /// Bytes that programs can have now without others having to give theirs up.
    public static var availableMemory: Int {
        let line = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
        let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return kibibytes.map { $0 << 10 } ?? Int(ProcessInfo.processInfo.physicalMemory)
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
        /// Of the dataset that it becomes.
        public let id: UUID
        /// The file that the index points to.
        public let path: String
        /// True where it is there and intact.
        public let isDone: Bool
    }

    public var product: String
    /// A scene that could not be read and was left out.
    public struct Skipped: Sendable, Codable, Equatable {
        public let dataset: UUID
        public let reason: String

        public init(dataset: UUID, reason: String) { (self.dataset, self.reason) = (dataset, reason) }
    }

    /// What there is to do; filled by a dry run only.
    public var tiles: [PlannedTile] = []
    public var planned = 0
    public var written = 0
    public var alreadyThere = 0
    public var interrupted = 0
    public var failures: [Failure] = []
    /// Bytes that the planned tiles take at most, without compression.
    public var bytesAtMost = 0
    /// Bytes that the blocks in work take at most, with what is kept of the sources.
    public var peakMemory = 0
    /// Columns and rows of the largest block.
    public var blockShape: [Int] = []
    /// Scenes that were left out because they could not be read.
    public var skipped: [Skipped] = []
    /// Scenes that made tiles fail.
    var broken: [Skipped] = []
    /// Things worth saying that are no failures.
    public var notes: [String] = []

    private enum CodingKeys: String, CodingKey {
        case product, tiles, planned, written, alreadyThere, interrupted, failures, bytesAtMost, peakMemory, blockShape
        case skipped, notes
    }

    public init(product: String) { self.product = product }

    public var isComplete: Bool { failures.isEmpty && interrupted == 0 }
}
