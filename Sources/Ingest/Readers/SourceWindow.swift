import Foundation
import Geo
import Raster

/// The part of a source grid that a target grid needs.
struct SourceWindow {
    /// In pixels of the source.
    let window: PixelWindow
    /// The grid of this part.
    let geoBox: GeoBox
    /// Columns and rows of the source that one pixel of the target spans, by which kernels widen.
    ///
    /// Left to itself, GDAL's warper takes the ratio of what both grids cover, which is another one for each block, too large
    /// where grids lie askew, and many times so for a narrow strip.
    let span: XY<Double>
    /// How many whole source pixels one target pixel spans, at least 1; the lesser of both directions.
    let step: Int

    /// True where the target is hardly coarser than the source: four neighbours of a pixel are then all that counts.
    ///
    /// GDAL's warper widens its kernels below 95 %.
    var isFine: Bool { Swift.max(span.x, span.y) <= 1 / 0.95 }

    /// Nil where the grids do not meet.
    ///
    /// - `transform`: From the target's CRS to the source's.
    /// - `back`: The other way.
    init?(of source: GeoBox, under target: GeoBox, transform: TransformBox, back: TransformBox) {
        guard let toPixel = source.affine.inverse else { return nil }
        let (w, h) = (Double(target.width), Double(target.height))
        let steps = (0...16).map { Double($0) / 16 }
        let points = steps.flatMap { y in steps.map { x in target.affine.apply(column: x * w, row: y * h) } }
        let pixels = transform.transform.apply(points).map { toPixel.apply(column: $0.x, row: $0.y) }
        guard let box = BoundingBox(around: pixels) else { return nil }
        let exact = Self.span(of: source, under: target, toPixel, transform, back)
        let span = exact ?? XY(x: box.width / w, y: box.height / h)
        step = Swift.max(1, Int((Swift.min(span.x, span.y) + 1e-3).rounded(.down)))
        self.span = XY(x: Self.settled(span.x), y: Self.settled(span.y))
        // Lanczos reaches furthest, by three pixels.
        let margin = XY(x: Self.margin(span.x), y: Self.margin(span.y))
        let wanted = PixelWindow(
            column: Int(box.left.rounded(.down)) - margin.x,
            row: Int(box.bottom.rounded(.down)) - margin.y,
            width: Int(box.width.rounded(.up)) + 2 * margin.x + 1,
            height: Int(box.height.rounded(.up)) + 2 * margin.y + 1
        )
        let whole = PixelWindow(column: 0, row: 0, width: source.width, height: source.height)
        guard let window = wanted.intersection(whole) else { return nil }
        self.window = window
        geoBox = source.cropped(to: window)
    }

    private static func margin(_ span: Double) -> Int { 2 + Int((3 * Swift.max(1, span)).rounded(.up)) }

    /// A ratio near a whole number is one, as GDAL's warper takes it.
    private static func settled(_ span: Double) -> Double {
        let whole = span.rounded()
        return whole >= 1 && abs(span - whole) < 0.05 ? whole : span
    }

    /// The span in the middle of the source, where that is about the one under the target too; else the latter.
    ///
    /// So all blocks of a scene have one span, and no seams between them.
    private static func span(
        of source: GeoBox,
        under target: GeoBox,
        _ toPixel: Affine,
        _ transform: TransformBox,
        _ back: TransformBox
    ) -> XY<Double>? {
        func span(at places: [Point]) -> XY<Double>? {
            guard let place = places.first else { return nil }
            let (right, below) = (
                Point(x: place.x + target.affine.a, y: place.y + target.affine.d),
                Point(x: place.x + target.affine.b, y: place.y + target.affine.e)
            )
            let at = transform.transform.apply([place, right, below])
                .map { toPixel.apply(column: $0.x, row: $0.y) }
            let x = hypot(at[1].x - at[0].x, at[2].x - at[0].x)
            let y = hypot(at[1].y - at[0].y, at[2].y - at[0].y)
            return x.isFinite && y.isFinite && x > 0 && y > 0 ? XY(x: x, y: y) : nil
        }
        let centre = source.affine.apply(column: Double(source.width) / 2, row: Double(source.height) / 2)
        let middle = target.affine.apply(column: Double(target.width) / 2, row: Double(target.height) / 2)
        let (common, own) = (span(at: back.transform.apply([centre])), span(at: [middle]))
        guard let common, let own else { return own ?? common }
        let isAlike = abs(common.x / own.x - 1) < 0.05 && abs(common.y / own.y - 1) < 0.05
        return isAlike ? common : own
    }
}
