import Geo
import Raster
import Synchronization

/// Transformations to degrees that are kept: making one takes PROJ longer than carrying a thousand points.
enum TransformCache {
    /// A transformation; whoever took it from the cache is the only one to use it.
    private final class Entry: @unchecked Sendable {
        let transform: CoordinateTransform
        init(_ transform: consuming CoordinateTransform) { self.transform = transform }
    }

    /// Those that nobody uses at the moment.
    private static let idle = Mutex<[CRS: [Entry]]>([:])
    /// Archives have some hundred systems at most; a list of made-up ones must not fill the memory.
    private static let limit = 200

    static func toDegrees(_ points: [Point], from crs: CRS) throws(RasterError) -> [Point] {
        let entry: Entry
        if let kept = idle.withLock({ $0[crs]?.popLast() }) {
            entry = kept
        } else {
            entry = Entry(try CoordinateTransform(from: crs, to: .wgs84))
        }
        let moved = entry.transform.apply(points)
        idle.withLock { cache in
            if cache.count >= limit { cache = [:] }
            cache[crs, default: []].append(entry)
        }
        return moved
    }
}
