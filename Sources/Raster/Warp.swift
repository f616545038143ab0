import CGDAL
public import Geo

/// Pixels of one grid carried onto another by the kernels of GDAL's warper.
///
/// - Parameters:
///   - pixels: Row-major, the shape of `source`.
///   - source: Their grid.
///   - nodata: Marks missing pixels in `pixels` and in the result; they never take part in a mean.
///   - target: The grid of the result.
///   - resampling: The kernel.
///   - span: Columns and rows of the source that a pixel of the target spans, by which kernels widen.
///   - positions: Where places of the target are in the source.
/// - Returns: Row-major pixels of `target`; `nodata` where `source` has none.
/// - Throws: `RasterError` where GDAL fails, with what it says.
public func warp<Element: PixelElement>(
    _ pixels: [Element],
    from source: GeoBox,
    nodata: Element,
    onto target: GeoBox,
    resampling: Resampling,
    span: XY<Double>,
    positions: WarpPositions
) throws(RasterError) -> [Element] {
    let from = try MemoryRaster(geoBox: source, type: Element.pixelType, bands: 1, nodata: nodata.real)
    try from.write(pixels, band: 1)
    let onto = try MemoryRaster(geoBox: target, type: Element.pixelType, bands: 1, nodata: nodata.real)
    try onto.write([Element](repeating: nodata, count: target.pixelCount), band: 1)
    let (succeeded, failures) = withCPLMessages { () -> Bool in
        guard let options = GDALCreateWarpOptions() else { return false }
        defer { GDALDestroyWarpOptions(options) }
        let texts = [
            "INIT_DEST=NO_DATA", "NUM_THREADS=1", "XSCALE=\(1 / span.x)", "YSCALE=\(1 / span.y)",
        ]
        for text in texts { options.pointee.papszWarpOptions = CSLAddString(options.pointee.papszWarpOptions, text) }
        options.pointee.eResampleAlg = GDALResampleAlg(resampling)
        options.pointee.hSrcDS = from.handle
        options.pointee.hDstDS = onto.handle
        GDALWarpInitDefaultBandMapping(options, 1)
        GDALWarpInitSrcNoDataReal(options, nodata.real)
        GDALWarpInitDstNoDataReal(options, nodata.real)
        options.pointee.pfnTransformer = carry
        options.pointee.pTransformerArg = Unmanaged.passUnretained(positions).toOpaque()
        return withExtendedLifetime(positions) {
            guard let operation = GDALCreateWarpOperation(options) else { return false }
            defer { GDALDestroyWarpOperation(operation) }
            return GDALChunkAndWarpImage(operation, 0, 0, Int32(target.width), Int32(target.height)) == CE_None
        }
    }
    guard succeeded, failures.isEmpty else {
        throw RasterError(.warpFailed, "\(source.crs) onto \(target.crs)", failures)
    }
    return try onto.read(Element.self, band: 1)
}

/// Where places of a warp's target are in its source and the other way round, in pixels from the corners of both.
public final class WarpPositions {
    /// Not finite where there is none.
    fileprivate let toSource: (Point) -> Point
    fileprivate let toTarget: (Point) -> Point

    public init(toSource: @escaping (Point) -> Point, toTarget: @escaping (Point) -> Point) {
        (self.toSource, self.toTarget) = (toSource, toTarget)
    }
}

/// GDAL's `GDALTransformerFunc`.
private func carry(
    _ handed: UnsafeMutableRawPointer?,
    _ isToSource: Int32,
    _ count: Int32,
    _ x: UnsafeMutablePointer<Double>?,
    _ y: UnsafeMutablePointer<Double>?,
    _: UnsafeMutablePointer<Double>?,
    _ isThere: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let handed, let x, let y, let isThere else { return 0 }
    let positions = Unmanaged<WarpPositions>.fromOpaque(handed).takeUnretainedValue()
    let function = isToSource != 0 ? positions.toSource : positions.toTarget
    for index in 0..<Int(count) {
        let place = function(Point(x: x[index], y: y[index]))
        isThere[index] = place.x.isFinite && place.y.isFinite ? 1 : 0
        (x[index], y[index]) = (place.x, place.y)
    }
    return 1
}

extension GDALResampleAlg {
    fileprivate init(_ resampling: Resampling) {
        self =
            switch resampling {
            case .nearest: GRA_NearestNeighbour
            case .bilinear: GRA_Bilinear
            case .cubic: GRA_Cubic
            case .cubicspline: GRA_CubicSpline
            case .lanczos: GRA_Lanczos
            case .average: GRA_Average
            case .rms: GRA_RMS
            case .mode: GRA_Mode
            case .max: GRA_Max
            case .min: GRA_Min
            case .med: GRA_Med
            case .q1: GRA_Q1
            case .q3: GRA_Q3
            case .sum: GRA_Sum
            }
    }
}
