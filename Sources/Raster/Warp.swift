import CGDAL
public import Geo

/// Pixels of one grid carried onto another by GDAL's warper.
///
/// The transformer is approximate to an eighth of a pixel, as `gdalwarp`'s.
///
/// - `pixels`: Row-major, the shape of `source`.
/// - `nodata`: Marks missing pixels in `pixels` and in the result; they never take part in a mean.
/// - `span`: Columns and rows of the source that a pixel of the target spans, by which kernels widen; without it GDAL
///   takes the ratio of what both grids cover.
/// - Returns: Row-major pixels of `target`; `nodata` where `source` has none.
public func warp<Element: PixelElement>(
    _ pixels: [Element],
    from source: GeoBox,
    nodata: Element,
    onto target: GeoBox,
    resampling: Resampling,
    span: XY<Double>? = nil
) throws(RasterError) -> [Element] {
    let from = try MemoryRaster(geoBox: source, type: Element.pixelType, bands: 1, nodata: nodata.real)
    try from.write(pixels, band: 1)
    let onto = try MemoryRaster(geoBox: target, type: Element.pixelType, bands: 1, nodata: nodata.real)
    try onto.write([Element](repeating: nodata, count: target.pixelCount), band: 1)

    let nodataText = nodata.real.isNaN ? "nan" : "\(nodata.real)"
    let scales = span.map { ["-wo", "XSCALE=\(1 / $0.x)", "-wo", "YSCALE=\(1 / $0.y)"] } ?? []
    let arguments = StringList(
        [
            "-r", resampling.rawValue, "-et", "0.125", "-srcnodata", nodataText, "-dstnodata", nodataText, "-ovr",
            "NONE",
            "-wo", "INIT_DEST=NO_DATA",
        ] + scales
    )
    let (succeeded, failures) = withCPLMessages { () -> Bool in
        let options = GDALWarpAppOptionsNew(arguments.pointer, nil)
        defer { GDALWarpAppOptionsFree(options) }
        var usageError: Int32 = 0
        var sources: [GDALDatasetH?] = [from.handle]
        return GDALWarp(nil, onto.handle, 1, &sources, options, &usageError) != nil && usageError == 0
    }
    guard succeeded, failures.isEmpty else {
        throw RasterError(.warpFailed, "\(source.crs) onto \(target.crs)", failures)
    }
    return try onto.read(Element.self, band: 1)
}
