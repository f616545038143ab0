/// Polygons with holes, in some CRS; each ring is a list of points, closed or not.
public struct MultiPolygon: Hashable, Sendable {
    /// One polygon: the outer ring first, then its holes.
    public struct Part: Hashable, Sendable {
        public var rings: [[Point]]
        public init(rings: [[Point]]) { self.rings = rings }
    }

    public var parts: [Part]

    public init(parts: [Part]) { self.parts = parts }

    /// One polygon without holes.
    public init(ring: [Point]) { parts = [Part(rings: [ring])] }

    /// A box as a polygon.
    public init(_ box: BoundingBox) { self.init(ring: box.corners + [box.corners[0]]) }

    /// The smallest box around all parts, nil where there is no point.
    public var bounds: BoundingBox? { BoundingBox(around: parts.lazy.flatMap { $0.rings.joined() }) }

    /// Every point carried elsewhere, as by a change of CRS.
    public func mapPoints(_ transform: (Point) throws -> Point) rethrows -> MultiPolygon {
        MultiPolygon(parts: try parts.map { Part(rings: try $0.rings.map { try $0.map(transform) }) })
    }

    /// True where the point lies inside (even-odd rule); points on an edge may fall on either side.
    public func contains(_ point: Point) -> Bool {
        var inside = false
        for ring in parts.lazy.flatMap(\.rings) where ring.count > 2 {
            var previous = ring[ring.count - 1]
            for current in ring {
                if (current.y > point.y) != (previous.y > point.y) {
                    let t = (point.y - current.y) / (previous.y - current.y)
                    if point.x < current.x + t * (previous.x - current.x) { inside.toggle() }
                }
                previous = current
            }
        }
        return inside
    }

    /// True where polygon and box share area or an edge crosses the box.
    public func intersects(_ box: BoundingBox) -> Bool {
        guard let bounds, bounds.intersects(box) else { return false }
        if box.corners.contains(where: contains) || contains(box.center) { return true }
        return parts.lazy.flatMap(\.rings).contains { ring in
            guard var previous = ring.last else { return false }
            for current in ring {
                if segment(previous, current, crosses: box) { return true }
                previous = current
            }
            return false
        }
    }
}

/// Liang–Barsky: whether any of the segment lies strictly within the box.
private func segment(_ from: Point, _ to: Point, crosses box: BoundingBox) -> Bool {
    var (enter, leave) = (0.0, 1.0)
    let delta = Point(x: to.x - from.x, y: to.y - from.y)
    let sides = [
        (-delta.x, from.x - box.left), (delta.x, box.right - from.x),
        (-delta.y, from.y - box.bottom), (delta.y, box.top - from.y),
    ]
    for (p, q) in sides {
        if p == 0 {
            if q <= 0 { return false }
        } else if p < 0 {
            enter = max(enter, q / p)
        } else {
            leave = min(leave, q / p)
        }
    }
    return enter < leave
}
