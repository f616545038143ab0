/// A box along the axes of some CRS; half-open where pixels are counted (right and top do not belong to it).
public struct BoundingBox: Hashable, Sendable {
    public var left: Double, bottom: Double, right: Double, top: Double

    public init(left: Double, bottom: Double, right: Double, top: Double) {
        (self.left, self.bottom, self.right, self.top) = (left, bottom, right, top)
    }

    /// The smallest box around points, nil where there are none (or none that is finite).
    public init?(around points: some Sequence<Point>) {
        var box: BoundingBox?
        for point in points where point.x.isFinite && point.y.isFinite {
            let single = BoundingBox(left: point.x, bottom: point.y, right: point.x, top: point.y)
            box = box?.union(single) ?? single
        }
        guard let box else { return nil }
        self = box
    }

    public var width: Double { right - left }
    public var height: Double { top - bottom }
    public var isEmpty: Bool { !(width > 0 && height > 0) }
    public var center: Point { Point(x: (left + right) / 2, y: (bottom + top) / 2) }

    /// Upper left, upper right, lower right, lower left.
    public var corners: [Point] {
        [
            Point(x: left, y: top), Point(x: right, y: top),
            Point(x: right, y: bottom), Point(x: left, y: bottom),
        ]
    }

    public func union(_ other: BoundingBox) -> BoundingBox {
        BoundingBox(
            left: min(left, other.left),
            bottom: min(bottom, other.bottom),
            right: max(right, other.right),
            top: max(top, other.top)
        )
    }

    /// The common part, nil where they only touch or are apart.
    public func intersection(_ other: BoundingBox) -> BoundingBox? {
        let common = BoundingBox(
            left: max(left, other.left),
            bottom: max(bottom, other.bottom),
            right: min(right, other.right),
            top: min(top, other.top)
        )
        return common.isEmpty ? nil : common
    }

    public func intersects(_ other: BoundingBox) -> Bool { intersection(other) != nil }

    /// The outline as points, each side cut into `segments` pieces: enough to carry a box into another CRS.
    public func outline(segments: Int = 16) -> [Point] {
        let ring = corners
        return ring.indices.flatMap { index in
            let (from, to) = (ring[index], ring[(index + 1) % ring.count])
            return (0..<segments).map { step in
                let t = Double(step) / Double(segments)
                return Point(x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t)
            }
        }
    }
}
