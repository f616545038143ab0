import Foundation
import Geo
import Raster
import Synchronization

/// What all threads of a run know about the files they read: each is looked into once.
public final class SharedSources: Sendable {
    /// What one band of a file is.
    struct Facts: Sendable {
        let geoBox: GeoBox?
        let width: Int, height: Int
        let nodata: Double?
        let blockSize: XY<Int>
        /// Nil where GDAL reads the file.
        let table: BlockTable?
    }

    private struct State {
        var facts: [String: Facts] = [:]
        var readers: [String: (reader: BlockReader, lastUse: Int)] = [:]
        var clock = 0
    }

    private let state = Mutex(State())
    /// Files held open at once, well below what the system grants.
    private let limit: Int

    public init() {
        var granted = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &granted)
        granted.rlim_cur = min(granted.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &granted)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &granted)
        limit = max(16, Int(min(granted.rlim_cur, 65_536)) / 2)
    }

    /// What is known of a file, found out by `look` the first time.
    func facts(_ key: String, _ look: () throws -> Facts) rethrows -> Facts {
        if let known = state.withLock({ $0.facts[key] }) { return known }
        // Two threads may look at one time: that costs less than waiting for each other.
        let found = try look()
        state.withLock { $0.facts[key] = found }
        return found
    }

    /// The open file of a band; nil where it cannot be opened.
    func reader(_ table: BlockTable) -> BlockReader? {
        state.withLock { state in
            state.clock += 1
            let key = table.key
            if let known = state.readers[key] {
                state.readers[key] = (known.reader, state.clock)
                return known.reader
            }
            if state.readers.count >= limit, let oldest = state.readers.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.readers[oldest.key] = nil
            }
            guard let made = BlockReader(table) else { return nil }
            state.readers[key] = (made, state.clock)
            return made
        }
    }
}
