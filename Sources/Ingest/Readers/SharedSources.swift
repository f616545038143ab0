public import DatacubeIndex
import Foundation
public import Geo
import Raster
import Synchronization

/// What all threads of a run know about the files they read: each is looked into once.
///
/// Blocks of files that a reader needed a part of are kept for its neighbours, as far as memory goes.
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
        var maps: [MapKey: (map: SourceMap, lastUse: Int)] = [:]
        var mapBytes = 0
        var clock = 0
    }

    private let state = Mutex(State())
    /// Files held open at once, well below what the system grants.
    private let limit: Int
    private let cache: BlockCache
    /// Bytes of maps that are kept.
    private let mapLimit: Int
    private let moved: [String: String]

    /// - Parameters:
    ///   - memory: Bytes that blocks may take of which only a part was used so far, and maps of one grid onto another.
    ///   - moved: Where files are that documents have elsewhere.
    public init(memory: Int = 256 << 20, moved: [String: String] = [:]) {
        self.moved = moved
        mapLimit = min(memory / 4, 64 << 20)
        cache = BlockCache(limit: memory - mapLimit)
        var granted = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &granted)
        granted.rlim_cur = min(granted.rlim_max, 65_536)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &granted)
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &granted)
        limit = max(16, Int(min(granted.rlim_cur, 65_536)) / 2)
    }

    /// The source as it is named on this machine.
    func here(_ source: MeasurementSource) -> MeasurementSource {
        if moved.isEmpty { return source }
        if let place = moved[source.file] { return source.moved(from: source.file, to: place) }
        // A file within an archive.
        guard source.file.hasPrefix("/vsi"),
            let (old, new) = moved.first(where: { source.file.contains("/\($0.key)/") })
        else { return source }
        return source.moved(from: old, to: new)
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
            guard let made = BlockReader(table, cache: cache) else { return nil }
            state.readers[key] = (made, state.clock)
            return made
        }
    }

    /// Where the pixels of one grid lie in another, worked out by `make` where it is not known any more.
    func map(_ key: MapKey, _ make: () throws -> SourceMap) rethrows -> SourceMap {
        let known = state.withLock { state in
            state.clock += 1
            let known = state.maps[key]?.map
            if known != nil { state.maps[key]?.lastUse = state.clock }
            return known
        }
        if let known { return known }
        let made = try make()
        state.withLock { state in
            guard state.maps[key] == nil, made.byteCount <= mapLimit else { return }
            state.maps[key] = (made, state.clock)
            state.mapBytes += made.byteCount
            while state.mapBytes > mapLimit,
                let oldest = state.maps.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.maps[oldest.key] = nil
                state.mapBytes -= oldest.value.map.byteCount
            }
        }
        return made
    }

    /// Columns and rows of the blocks in which a measurement of a dataset is stored; nil where it cannot be opened.
    public func blockSize(of measurement: DatacubeIndex.Measurement, in dataset: Dataset) -> XY<Int>? {
        guard let source = dataset.source(of: measurement.name) else { return nil }
        return try? SourceCache(shared: self).source(source, of: measurement.name, in: dataset).blockSize
    }

    /// The grid of a measurement's file; nil where it cannot be opened.
    public func geoBox(of measurement: DatacubeIndex.Measurement, in dataset: Dataset) -> GeoBox? {
        guard let source = dataset.source(of: measurement.name) else { return nil }
        return try? SourceCache(shared: self).source(source, of: measurement.name, in: dataset).geoBox
    }
}
