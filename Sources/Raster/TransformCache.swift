public import Geo
import Synchronization

/// Transformations that are kept: making one takes PROJ longer than carrying a thousand points.
public enum TransformCache {
    private struct Pair: Hashable {
        let source: CRS
        let target: CRS
    }

    /// A transformation; whoever took it from the cache is the only one to use it.
    private final class Entry: @unchecked Sendable {
        let transform: CoordinateTransform
        init(_ transform: consuming CoordinateTransform) { self.transform = transform }
    }

    /// Those that nobody uses at the moment.
    private static let idle = Mutex<[Pair: [Entry]]>([:])
    /// Archives have some hundred systems at most; a list of made-up ones must not fill the memory.
    private static let limit = 200

    /// The points in the target CRS; a point outside the projection's domain becomes infinite.
    ///
    /// - Throws: `RasterError` for a CRS that PROJ does not know.
    public static func apply(_ points: [Point], from source: CRS, to target: CRS) throws(RasterError) -> [Point] {
        let pair = Pair(source: source, target: target)
        let entry: Entry
        if let kept = idle.withLock({ $0[pair]?.popLast() }) {
            entry = kept
        } else {
            entry = Entry(try CoordinateTransform(from: source, to: target))
        }
        let moved = entry.transform.apply(points)
        idle.withLock { cache in
            if cache.count >= limit { cache = [:] }
            cache[pair, default: []].append(entry)
        }
        return moved
    }
}
