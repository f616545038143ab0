import CGDAL
import Foundation
public import Geo

/// The file formats that rasters are written in.
public enum RasterFormat: Sendable {
    /// Tiled, deflated GeoTIFF.
    case geoTIFF
    /// Cloud-optimised GeoTIFF with overviews.
    case cog
    /// Lossless JPEG 2000 with georeferencing.
    case jpeg2000
    /// 8-bit picture with 1 to 4 bands, without georeferencing.
    case png

    var driver: String {
        switch self {
        case .geoTIFF: "GTiff"
        case .cog: "COG"
        case .jpeg2000: "JP2OpenJPEG"
        case .png: "PNG"
        }
    }

    var options: [String] {
        switch self {
        case .geoTIFF: ["TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=2", "BIGTIFF=IF_SAFER"]
        case .cog: ["COMPRESS=DEFLATE", "PREDICTOR=YES", "BIGTIFF=IF_SAFER", "NUM_THREADS=1"]
        case .jpeg2000: ["QUALITY=100", "REVERSIBLE=YES", "YCBCR420=NO", "GMLJP2=YES", "GeoJP2=YES"]
        case .png: []
        }
    }
}

/// Writes whole rasters; a file appears under its name complete or not at all.
public enum RasterOutput {
    /// What describes one band besides its pixels.
    public struct BandInfo: Sendable {
        public let name: String
        public let metadata: [String: String]

        public init(name: String, metadata: [String: String] = [:]) { (self.name, self.metadata) = (name, metadata) }
    }

    /// Writes bands of one type on one grid.
    ///
    /// - `bands`: Row-major, each of the shape of `geoBox`.
    /// - `info`: Names and metadata of the bands, in their order; may be empty.
    /// - `options`: Creation options of the driver, KEY=VALUE, after the format's own.
    /// - `metadata`: Metadata of the file.
    public static func write<Element: PixelElement>(
        bands: [[Element]],
        on geoBox: GeoBox,
        to path: String,
        format: RasterFormat,
        nodata: Double? = nil,
        info: [BandInfo] = [],
        options: [String] = [],
        metadata: [String: String] = [:]
    ) throws(RasterError) {
        let memory = try MemoryRaster(geoBox: geoBox, type: Element.pixelType, bands: bands.count, nodata: nodata)
        for (index, pixels) in bands.enumerated() {
            try memory.write(pixels, band: index + 1)
            if index < info.count { describe(memory, band: index + 1, info[index]) }
        }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            GDALSetMetadataItem(memory.handle, key, value, nil)
        }
        let floating = Element.pixelType.isFloat
        let own = format.options.map { floating && $0 == "PREDICTOR=2" ? "PREDICTOR=3" : $0 }
        try copy(memory, to: path, driver: format.driver, options: own + options)
    }

    private static func describe(_ raster: borrowing MemoryRaster, band: Int, _ info: BandInfo) {
        guard let handle = GDALGetRasterBand(raster.handle, Int32(band)) else { return }
        GDALSetDescription(handle, info.name)
        for (key, value) in info.metadata.sorted(by: { $0.key < $1.key }) {
            GDALSetMetadataItem(handle, key, value, nil)
        }
    }

    private static func copy(
        _ raster: borrowing MemoryRaster,
        to path: String,
        driver name: String,
        options: [String]
    ) throws(RasterError) {
        let source = raster.handle
        try AtomicFile.write(path) { temporary throws(RasterError) in
            let list = StringList(options)
            let (status, failures) = withCPLMessages { () -> CPLErr in
                guard let driver = GDALGetDriverByName(name) else {
                    antares_cpl_error(CE_Failure, CPLErrorNum(CPLE_AppDefined), "GDAL here has no driver \(name)")
                    return CE_Failure
                }
                guard let made = GDALCreateCopy(driver, temporary, source, 0, list.pointer, nil, nil) else {
                    return CE_Failure
                }
                return antares_gdal_close(made)
            }
            guard status.rawValue < CE_Failure.rawValue, failures.isEmpty else {
                throw AtomicFile.writeFailure(.writeFailed, path, failures)
            }
        }
    }
}
