import CGDAL
public import Geo
import Synchronization

/// A cloud-optimised GeoTIFF with one band, written block by block from any thread.
///
/// Blocks go to an ordinary tiled GeoTIFF beside the target; `finish` copies that into the cloud-optimised layout with
/// overviews. Blocks that nobody writes take no room and read as nodata.
public final class BlockGeoTIFF: Sendable {
    /// A GDAL handle, used under the mutex only.
    private struct Handle: @unchecked Sendable { var dataset: GDALDatasetH? }

    private let handle: Mutex<Handle>
    private let draft: PendingFile
    private let path: String
    private let resampling: String

    /// - `metadata`: Of the file, beside the band's name.
    public init(
        _ path: String,
        geoBox: GeoBox,
        type: PixelType,
        nodata: Double,
        name: String,
        metadata: [(name: String, value: String)]
    ) throws(RasterError) {
        _ = registerDrivers
        let draft = try PendingFile(path)
        (self.path, self.draft) = (path, draft)
        resampling = type.isFloat ? "AVERAGE" : "NEAREST"
        let options = StringList([
            "TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=\(type.isFloat ? 3 : 2)", "ZLEVEL=1", "SPARSE_OK=TRUE",
            "BIGTIFF=IF_SAFER",
        ])
        let (made, failures) = withCPLMessages { () -> GDALDatasetH? in
            guard let driver = GDALGetDriverByName("GTiff") else { return nil }
            let (width, height) = (Int32(geoBox.width), Int32(geoBox.height))
            return GDALCreate(driver, draft.temporary, width, height, 1, GDALDataType(type), options.pointer)
        }
        guard let made else {
            let failure = AtomicFile.writeFailure(.createFailed, path, failures)
            draft.remove()
            throw failure
        }
        handle = Mutex(Handle(dataset: made))
        try withSpatialReference(geoBox.crs) { reference in
            var transform = geoBox.affine.gdal
            GDALSetSpatialRef(made, reference)
            GDALSetGeoTransform(made, &transform)
        }
        let band = GDALGetRasterBand(made, 1)
        GDALSetRasterNoDataValue(band, nodata)
        GDALSetDescription(band, name)
        for (key, value) in metadata { GDALSetMetadataItem(made, key, value, nil) }
    }

    deinit { abandon() }

    /// Writes a block, row-major.
    public func write<Element: PixelElement>(_ pixels: [Element], window: PixelWindow) throws(RasterError) {
        precondition(pixels.count == window.pixelCount, "as many pixels as the window has")
        try handle.withLock { handle throws(RasterError) in
            let band = GDALGetRasterBand(handle.dataset, 1)
            var pixels = pixels
            let (status, failures) = withCPLMessages {
                pixels.withUnsafeMutableBytes { buffer in
                    GDALRasterIO(
                        band,
                        GF_Write,
                        Int32(window.column),
                        Int32(window.row),
                        Int32(window.width),
                        Int32(window.height),
                        buffer.baseAddress,
                        Int32(window.width),
                        Int32(window.height),
                        GDALDataType(Element.pixelType),
                        0,
                        0
                    )
                }
            }
            guard status == CE_None, failures.isEmpty else {
                throw AtomicFile.writeFailure(.writeFailed, path, failures)
            }
        }
    }

    /// Writes the cloud-optimised file and gives it its name.
    public func finish() throws(RasterError) {
        defer { draft.remove() }
        try close()
        let (draft, resampling) = (draft.temporary, resampling)
        try AtomicFile.write(path) { temporary throws(RasterError) in
            let options = StringList([
                "COMPRESS=DEFLATE", "PREDICTOR=YES", "BIGTIFF=IF_SAFER", "SPARSE_OK=TRUE", "RESAMPLING=\(resampling)",
            ])
            let (status, failures) = withCPLMessages { () -> CPLErr in
                guard let source = GDALOpenEx(draft, UInt32(GDAL_OF_RASTER | GDAL_OF_VERBOSE_ERROR), nil, nil, nil)
                else {
                    return CE_Failure
                }
                defer { _ = antares_gdal_close(source) }
                guard let driver = GDALGetDriverByName("COG"),
                    let made = GDALCreateCopy(driver, temporary, source, 0, options.pointer, nil, nil)
                else { return CE_Failure }
                return antares_gdal_close(made)
            }
            guard status.rawValue < CE_Failure.rawValue, failures.isEmpty else {
                throw AtomicFile.writeFailure(.writeFailed, path, failures)
            }
        }
    }

    /// Gives up and removes the draft.
    public func abandon() {
        try? close()
        draft.remove()
    }

    private func close() throws(RasterError) {
        try handle.withLock { handle throws(RasterError) in
            guard let dataset = handle.dataset else { return }
            handle.dataset = nil
            let (status, failures) = withCPLMessages { antares_gdal_close(dataset) }
            guard status.rawValue < CE_Failure.rawValue, failures.isEmpty else {
                throw AtomicFile.writeFailure(.closeFailed, path, failures)
            }
        }
    }
}
