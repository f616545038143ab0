import Geo
import Raster

/// An area outside of which pixels are nodata.
struct Clip: Sendable {
    /// In the grid's CRS.
    let polygon: MultiPolygon

    /// What it does to the pixels of one block; nil where the block lies inside as a whole.
    func mask(of layout: NetCDFTile, under window: PixelWindow) -> ClipMask? {
        let keep = polygon.covers(layout.geoBox.cropped(to: window))
        guard keep.contains(false) else { return nil }
        let nodata = layout.variables.map { ($0.name, $0.nodata) }
        return ClipMask(keep: keep, nodata: Dictionary(nodata) { first, _ in first })
    }
}

/// Which pixels of a block are kept.
struct ClipMask: Sendable {
    /// Row-major.
    let keep: [Bool]
    /// What stands in the place of the others, by variable.
    let nodata: [String: Double]

    func apply<Element: PixelElement>(to pixels: [Element], variable: String) -> [Element] {
        let missing = Element(nearest: nodata[variable] ?? .nan)
        var pixels = pixels
        for index in pixels.indices where !keep[index] { pixels[index] = missing }
        return pixels
    }
}
