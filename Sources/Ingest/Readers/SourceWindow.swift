import Geo
import Raster

/// The part of a source grid that a target grid needs, decimated where the target is coarser.
struct SourceWindow {
    /// In pixels of the source.
    let window: PixelWindow
    /// The shape to read it in.
    let width: Int, height: Int
    /// The grid of what is read.
    let geoBox: GeoBox

    /// True where source pixels are left out when reading.
    let isDecimated: Bool
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
        // How many source pixels one target pixel spans; whole steps of it can be left out when reading.
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
        isDecimated = step.x > 1 || step.y > 1
        // GDAL's warper widens its kernels below 95 %.
        isFine = box.width / w <= 1 / 0.95 && box.height / h <= 1 / 0.95
        width = (window.width + step.x - 1) / step.x
        height = (window.height + step.y - 1) / step.y
        let corner = source.affine.shifted(columns: window.column, rows: window.row)
        let (sx, sy) = (Double(window.width) / Double(width), Double(window.height) / Double(height))
        geoBox = GeoBox(
            crs: source.crs,
            affine: Affine(
                a: corner.a * sx,
                b: corner.b * sy,
                c: corner.c,
                d: corner.d * sx,
                e: corner.e * sy,
                f: corner.f
            ),
            width: width,
            height: height
        )
    }
}
