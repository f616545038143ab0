import Synchronization

/// Expanded blocks of which a reader needed a part only, kept for its neighbours; shared by all threads.
///
/// A block whose four corners have been used is given up: readers go on to what lies beside it. Where there is no room,
/// new blocks are not kept rather than older ones given up, because readers come back to a row of blocks after all of it:
/// what is used least recently is needed first. Blocks that nobody comes back to go after a while.
public final class BlockCache: Sendable {
    /// Tells one block of one band of one file from all others.
    struct Key: Hashable {
        let file: String
        let number: Int
    }

    /// The corners of a block that lie in a window.
    struct Corners: OptionSet {
        let rawValue: UInt8
        static let all = Corners(rawValue: 15)

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init(upperLeft: Bool, upperRight: Bool, lowerLeft: Bool, lowerRight: Bool) {
            self.init(rawValue: (upperLeft ? 1 : 0) | (upperRight ? 2 : 0) | (lowerLeft ? 4 : 0) | (lowerRight ? 8 : 0))
        }
    }

    private struct Block {
        let bytes: [UInt8]
        var used: Corners
        /// Bytes that had been offered when it was used last.
        var lastUse: Int
    }

    private struct State {
        var blocks: [Key: Block] = [:]
        /// Keys in the order of their use; some entries are out of date.
        var uses: [(key: Key, time: Int)] = []
        var first = 0
        var held = 0
        /// Bytes of all blocks that were to be kept so far.
        var offered = 0

        mutating func remove(_ key: Key) {
            held -= blocks.removeValue(forKey: key)?.bytes.count ?? 0
        }

        mutating func note(_ key: Key) {
            uses.append((key, offered))
            guard uses.count > 4096 + 4 * blocks.count else { return }
            uses = blocks.map { ($0.key, $0.value.lastUse) }.sorted { $0.1 < $1.1 }
            first = 0
        }

        /// Gives up what nobody came back to while so many bytes were offered.
        mutating func removeUnused(for bytes: Int) {
            while first < uses.count, offered - uses[first].time > bytes {
                let (key, time) = uses[first]
                first += 1
                if blocks[key]?.lastUse == time { remove(key) }
            }
        }
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - `limit`: Bytes that may be held.
    public init(limit: Int) { self.limit = limit }

    /// A block that is kept, of which these corners are used now.
    func block(_ key: Key, using corners: Corners) -> [UInt8]? {
        guard limit > 0 else { return nil }
        return state.withLock { state in
            guard var known = state.blocks[key] else { return nil }
            known.used.formUnion(corners)
            known.lastUse = state.offered
            if known.used == .all {
                state.remove(key)
            } else {
                state.blocks[key] = known
                state.note(key)
            }
            return known.bytes
        }
    }

    /// Keeps a block, of which these corners were used, as far as the limit lets.
    func keep(_ bytes: UnsafeRawBufferPointer, _ key: Key, used corners: Corners) {
        guard bytes.count <= limit / 4, corners != .all else { return }
        let hasRoom = state.withLock { state in
            state.offered += bytes.count
            if state.held + bytes.count > limit { state.removeUnused(for: 3 * limit) }
            guard state.blocks[key] == nil, state.held + bytes.count <= limit else { return false }
            state.held += bytes.count
            return true
        }
        guard hasRoom else { return }
        let copy = Array(bytes)
        state.withLock { state in
            guard state.blocks[key] == nil else {
                state.held -= copy.count
                return
            }
            state.blocks[key] = Block(bytes: copy, used: corners, lastUse: state.offered)
            state.note(key)
        }
    }
}
