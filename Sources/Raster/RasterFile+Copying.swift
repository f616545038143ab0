import CGDAL
public import Geo

extension RasterFile {
    /// Writes a window of the file as a cloud-optimised GeoTIFF with its CRS, sample type, nodata and metadata
    /// (`gdal_translate`); it appears whole or not at all.
    ///
    /// - Parameters:
    ///   - window: Pixels of the file; nil for all.
    ///   - band: One band, counted from 1; nil for all.
    ///   - path: The GeoTIFF.
    /// - Throws: `RasterError` with GDAL's reason.
    public func copy(_ window: PixelWindow? = nil, band: Int? = nil, to path: String) throws(RasterError) {
        var words = ["-q", "-of", "COG"]
        for option in ["COMPRESS=DEFLATE", "PREDICTOR=YES", "BIGTIFF=IF_SAFER", "OVERVIEW_RESAMPLING=NEAREST"] {
            words += ["-co", option]
        }
        if let window {
            words += ["-srcwin"] + [window.column, window.row, window.width, window.height].map(String.init)
        }
        if let band { words += ["-b", "\(band)"] }
        try translate(words, to: path)
    }
}
