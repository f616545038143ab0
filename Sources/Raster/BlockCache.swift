import Synchronization

/// Expanded blocks of which a reader needed a part only, kept for its neighbours; shared by all threads.
///
/// The least recently used are given up when the limit is reached.
public final class BlockCache: Sendable {
    /// Tells one block of one band of one file from all others.
    struct Key: Hashable {
        let file: String
        let number: Int
    }

    private struct State {
        var blocks: [Key: (bytes: [UInt8], lastUse: Int)] = [:]
        /// Keys by the time of their use; some entries are out of date.
        var uses: [(key: Key, time: Int)] = []
        var first = 0
        var clock = 0
        var held = 0
    }

    private let state = Mutex(State())
    private let limit: Int

    /// - `limit`: Bytes that may be held.
    public init(limit: Int) { self.limit = limit }

    func block(_ key: Key) -> [UInt8]? {
        guard limit > 0 else { return nil }
        return state.withLock { state in
            guard let known = state.blocks[key] else { return nil }
            state.clock += 1
            state.blocks[key]?.lastUse = state.clock
            state.uses.append((key, state.clock))
            return known.bytes
        }
    }

    /// Keeps a block as far as the limit lets.
    func keep(_ bytes: UnsafeRawBufferPointer, _ key: Key) {
        guard bytes.count <= limit / 4 else { return }
        let copy = Array(bytes)
        state.withLock { state in
            guard state.blocks[key] == nil else { return }
            state.clock += 1
            state.blocks[key] = (copy, state.clock)
            state.uses.append((key, state.clock))
            state.held += copy.count
            while state.held > limit, state.first < state.uses.count {
                let oldest = state.uses[state.first]
                state.first += 1
                guard let block = state.blocks[oldest.key], block.lastUse == oldest.time else { continue }
                state.blocks[oldest.key] = nil
                state.held -= block.bytes.count
            }
            if state.first > 4096, state.first > state.uses.count / 2 {
                state.uses.removeFirst(state.first)
                state.first = 0
            }
        }
    }
}
