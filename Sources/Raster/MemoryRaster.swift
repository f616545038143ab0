import CGDAL
import Geo

/// A raster in memory that GDAL's algorithms can work on; owned by one function call.
struct MemoryRaster: ~Copyable {
    let handle: GDALDatasetH

    /// Bands of `geoBox`'s shape; without values they start at 0.
    init(geoBox: GeoBox, type: PixelType, bands: Int, nodata: Double?) throws(RasterError) {
        _ = registerDrivers
        let (made, failures) = withCPLMessages { () -> GDALDatasetH? in
            guard let driver = GDALGetDriverByName("MEM") else { return nil }
            let (width, height) = (Int32(geoBox.width), Int32(geoBox.height))
            return GDALCreate(driver, "", width, height, Int32(bands), GDALDataType(type), nil)
        }
        guard let made else { throw RasterError(.createFailed, "raster in memory", failures) }
        do throws(RasterError) {
            try withSpatialReference(geoBox.crs) { reference in
                var transform = geoBox.affine.gdal
                GDALSetSpatialRef(made, reference)
                GDALSetGeoTransform(made, &transform)
            }
        } catch {
            _ = antares_gdal_close(made)
            throw error
        }
        for band in 1...bands {
            if let nodata { GDALSetRasterNoDataValue(GDALGetRasterBand(made, Int32(band)), nodata) }
        }
        handle = made
    }

    deinit { _ = antares_gdal_close(handle) }

    /// Puts a whole band (counted from 1) in place.
    func write<Element: PixelElement>(_ pixels: [Element], band: Int) throws(RasterError) {
        let (status, failures) = withCPLMessages {
            var pixels = pixels
            return pixels.withUnsafeMutableBytes { transfer(GF_Write, $0.baseAddress, Element.pixelType, band) }
        }
        guard status == CE_None else { throw RasterError(.writeFailed, "raster in memory", failures) }
    }

    /// A whole band (counted from 1).
    func read<Element: PixelElement>(_ type: Element.Type, band: Int) throws(RasterError) -> [Element] {
        let count = Int(GDALGetRasterXSize(handle)) * Int(GDALGetRasterYSize(handle))
        var pixels = [Element](repeating: 0, count: count)
        let (status, failures) = withCPLMessages {
            pixels.withUnsafeMutableBytes { transfer(GF_Read, $0.baseAddress, Element.pixelType, band) }
        }
        guard status == CE_None else { throw RasterError(.readFailed, "raster in memory", failures) }
        return pixels
    }

    private func transfer(
        _ direction: GDALRWFlag,
        _ buffer: UnsafeMutableRawPointer?,
        _ type: PixelType,
        _ band: Int
    ) -> CPLErr {
        let (width, height) = (GDALGetRasterXSize(handle), GDALGetRasterYSize(handle))
        let raster = GDALGetRasterBand(handle, Int32(band))
        return GDALRasterIO(
            raster,
            direction,
            0,
            0,
            width,
            height,
            buffer,
            width,
            height,
            GDALDataType(type),
            0,
            0
        )
    }
}
