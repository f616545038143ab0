import Geo
import Raster

/// The part of a source grid that a target grid needs.
struct SourceWindow {
    /// In pixels of the source.
    let window: PixelWindow
    /// The grid of this part.
    let geoBox: GeoBox

    /// How many whole source pixels one target pixel spans, at least 1; the lesser of both directions.
    let step: Int
    /// True where the target is hardly coarser than the source: four neighbours of a pixel are then all that counts.
    let isFine: Bool
    /// Columns and rows of the source that one pixel of a long and narrow target spans, nil for others.
    ///
    /// GDAL's warper widens its kernels by the ratio of what both grids cover, and a strip of five pixels that lies askew
    /// covers many times its width. With this a strip at a tile's edge fits to the block beside it.
    let narrowSpan: XY<Double>?

    /// Nil where the grids do not meet.
    ///
    /// - `transform`: From the target's CRS to the source's.
    init?(of source: GeoBox, under target: GeoBox, transform: borrowing CoordinateTransform) {
        guard let toPixel = source.affine.inverse else { return nil }
        let (w, h) = (Double(target.width), Double(target.height))
        let steps = (0...16).map { Double($0) / 16 }
        let points = steps.flatMap { y in steps.map { x in target.affine.apply(column: x * w, row: y * h) } }
        let pixels = transform.apply(points).map { toPixel.apply(column: $0.x, row: $0.y) }
        guard let box = BoundingBox(around: pixels) else { return nil }
        let step = XY(
            x: Swift.max(1, Int((box.width / w + 1e-3).rounded(.down))),
            y: Swift.max(1, Int((box.height / h + 1e-3).rounded(.down)))
        )
        let margin = XY(x: 3 * step.x, y: 3 * step.y)
        let wanted = PixelWindow(
            column: Int(box.left.rounded(.down)) - margin.x,
            row: Int(box.bottom.rounded(.down)) - margin.y,
            width: Int(box.width.rounded(.up)) + 2 * margin.x + 1,
            height: Int(box.height.rounded(.up)) + 2 * margin.y + 1
        )
        let whole = PixelWindow(column: 0, row: 0, width: source.width, height: source.height)
        guard let window = wanted.intersection(whole) else { return nil }
        self.window = window
        self.step = Swift.min(step.x, step.y)
        let isNarrow = Swift.max(target.width, target.height) >= 4 * Swift.min(target.width, target.height)
        narrowSpan = isNarrow ? Self.span(in: toPixel, at: target, transform) : nil
        let span = narrowSpan ?? XY(x: box.width / w, y: box.height / h)
        // GDAL's warper widens its kernels below 95 %.
        isFine = Swift.max(span.x, span.y) <= 1 / 0.95
        geoBox = source.cropped(to: window)
    }

    /// What a square target in the middle of this one covers, for each of its pixels.
    private static func span(
        in toPixel: Affine,
        at target: GeoBox,
        _ transform: borrowing CoordinateTransform
    ) -> XY<Double>? {
        let (column, row) = (Double(target.width) / 2, Double(target.height) / 2)
        let points = [(column, row), (column + 1, row), (column, row + 1)].map {
            target.affine.apply(column: $0.0, row: $0.1)
        }
        let places = transform.apply(points).map { toPixel.apply(column: $0.x, row: $0.y) }
        let (right, down) = (places[1], places[2])
        let x = abs(right.x - places[0].x) + abs(down.x - places[0].x)
        let y = abs(right.y - places[0].y) + abs(down.y - places[0].y)
        return x.isFinite && y.isFinite && x > 0 && y > 0 ? XY(x: x, y: y) : nil
    }
}
