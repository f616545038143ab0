extension MultiPolygon {
    /// The part inside a box (Sutherland–Hodgman, ring by ring); nil where nothing is left.
    public func clipped(to box: BoundingBox) -> MultiPolygon? {
        let parts = self.parts.compactMap { part -> Part? in
            let rings = part.rings.map { clip($0, to: box) }.filter { $0.count > 3 }
            return rings.isEmpty ? nil : Part(rings: rings)
        }
        return parts.isEmpty ? nil : MultiPolygon(parts: parts)
    }

    /// Every edge cut into `pieces`, so that the outline keeps its course in another CRS.
    public func densified(pieces: Int) -> MultiPolygon {
        MultiPolygon(
            parts: parts.map { part in
                Part(
                    rings: part.rings.map { ring in
                        let edges = zip(ring, ring.dropFirst())
                        let dense = edges.flatMap { from, to in
                            (0..<pieces).map { step in
                                let t = Double(step) / Double(pieces)
                                return Point(x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t)
                            }
                        }
                        return dense + ring.suffix(1)
                    }
                )
            }
        )
    }
}

/// The smallest convex polygon around points as a closed ring, counter-clockwise (Andrew's monotone chain).
///
/// Nil for fewer than three points that are not on one line.
public func convexHull(of points: [Point]) -> [Point]? {
    let sorted = Set(points).sorted { ($0.x, $0.y) < ($1.x, $1.y) }
    guard sorted.count > 2 else { return nil }
    let lower = halfHull(sorted)
    let upper = halfHull(sorted.reversed())
    let ring = lower.dropLast() + upper
    return ring.count > 3 ? Array(ring) : nil
}

private func halfHull(_ points: [Point]) -> [Point] {
    var chain: [Point] = []
    for point in points {
        while chain.count > 1, cross(chain[chain.count - 2], chain[chain.count - 1], point) <= 0 { chain.removeLast() }
        chain.append(point)
    }
    return chain
}

private func cross(_ o: Point, _ a: Point, _ b: Point) -> Double {
    (a.x - o.x) * (b.y - o.y) - (a.y - o.y) * (b.x - o.x)
}

private func clip(_ ring: [Point], to box: BoundingBox) -> [Point] {
    let sides: [(inside: (Point) -> Bool, cut: (Point, Point) -> Point)] = [
        ({ $0.x >= box.left }, { at(x: box.left, $0, $1) }),
        ({ $0.x <= box.right }, { at(x: box.right, $0, $1) }),
        ({ $0.y >= box.bottom }, { at(y: box.bottom, $0, $1) }),
        ({ $0.y <= box.top }, { at(y: box.top, $0, $1) }),
    ]
    var open = ring.first == ring.last ? Array(ring.dropLast()) : ring
    for side in sides {
        guard var previous = open.last else { return [] }
        var next: [Point] = []
        for current in open {
            if side.inside(current) != side.inside(previous) { next.append(side.cut(previous, current)) }
            if side.inside(current) { next.append(current) }
            previous = current
        }
        open = next
    }
    return open + open.prefix(1)
}

private func at(x: Double, _ a: Point, _ b: Point) -> Point {
    Point(x: x, y: a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x))
}

private func at(y: Double, _ a: Point, _ b: Point) -> Point {
    Point(x: a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y), y: y)
}
