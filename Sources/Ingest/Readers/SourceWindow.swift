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
        // GDAL's warper widens its kernels below 95 %.
        isFine = box.width / w <= 1 / 0.95 && box.height / h <= 1 / 0.95
        geoBox = source.cropped(to: window)
    }
}
