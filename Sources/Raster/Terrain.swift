import CGDAL

/// Elevation models as GDAL's own tools treat them: tiles as one mosaic, slope and aspect.
public enum Terrain {
    /// Lays raster files side by side as a virtual raster (`gdalbuildvrt`), which refers to them.
    public static func mosaic(_ files: [String], to path: String) throws(RasterError) {
        _ = registerDrivers
        try AtomicFile.write(path) { temporary throws(RasterError) in
            let names = StringList(files)
            let (succeeded, failures) = withCPLMessages { () -> Bool in
                guard let options = GDALBuildVRTOptionsNew(nil, nil) else { return false }
                defer { GDALBuildVRTOptionsFree(options) }
                var usageError: Int32 = 0
                let list = names.pointer.map {
                    UnsafeMutableRawPointer($0).assumingMemoryBound(to: UnsafePointer<CChar>?.self)
                }
                let made = GDALBuildVRT(temporary, Int32(files.count), nil, list, options, &usageError)
                guard let made, usageError == 0 else { return false }
                return antares_gdal_close(made).rawValue < CE_Failure.rawValue
            }
            guard succeeded, failures.isEmpty else { throw AtomicFile.writeFailure(.writeFailed, path, failures) }
        }
    }

    /// What is computed from elevations.
    public enum Measure: String, Sendable {
        /// Degrees, 0 to 90.
        case slope
        /// Degrees clockwise from north; nodata where the ground is level.
        case aspect
    }

    /// Computes slope or aspect (`gdaldem`, Horn's formula) into a GeoTIFF of Float32 with nodata -9999.
    ///
    /// - `scale`: Ground units of a degree, 111120 for metres on a geographic grid; 1 elsewhere.
    public static func compute(
        _ measure: Measure,
        of elevation: String,
        to path: String,
        scale: Double
    ) throws(RasterError) {
        _ = registerDrivers
        let drivers = StringList(try BroughtFiles.check(elevation) ?? [])
        try AtomicFile.write(path) { temporary throws(RasterError) in
            var words = ["-compute_edges", "-of", "GTiff"]
            for option in ["TILED=YES", "COMPRESS=DEFLATE", "PREDICTOR=3", "BIGTIFF=IF_SAFER"] {
                words += ["-co", option]
            }
            if measure == .slope { words += ["-s", "\(scale)"] }
            let arguments = StringList(words)
            let (succeeded, failures) = withCPLMessages { () -> Bool in
                guard let options = GDALDEMProcessingOptionsNew(arguments.pointer, nil) else { return false }
                defer { GDALDEMProcessingOptionsFree(options) }
                let flags = UInt32(GDAL_OF_RASTER | GDAL_OF_VERBOSE_ERROR)
                guard let source = GDALOpenEx(elevation, flags, drivers.constant, nil, nil) else { return false }
                defer { _ = antares_gdal_close(source) }
                var usageError: Int32 = 0
                guard
                    let made = GDALDEMProcessing(temporary, source, measure.rawValue, nil, options, &usageError),
                    usageError == 0
                else { return false }
                return antares_gdal_close(made).rawValue < CE_Failure.rawValue
            }
            guard succeeded, failures.isEmpty else { throw AtomicFile.writeFailure(.writeFailed, path, failures) }
        }
    }
}
