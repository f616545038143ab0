import CNetCDF
import Geo

/// Throws what netCDF says of a status code other than 0.
func check(
    _ status: Int32,
    _ code: RasterError.Code,
    _ subject: String,
    hint: @autoclosure () -> String? = nil
) throws(RasterError) {
    guard status != NC_NOERR else { return }
    throw RasterError(code, subject, [String(cString: nc_strerror(status))], hint: hint())
}

/// Throws for a status code other than 0 while a file is written, with the reason that the file system gives.
func checkWriting(_ status: Int32, _ code: RasterError.Code, _ path: String) throws(RasterError) {
    guard status != NC_NOERR else { return }
    throw AtomicFile.writeFailure(code, path, [String(cString: nc_strerror(status))])
}

extension PixelType {
    var netCDFType: nc_type {
        switch self {
        case .uint8: nc_type(NC_UBYTE)
        case .int8: nc_type(NC_BYTE)
        case .uint16: nc_type(NC_USHORT)
        case .int16: nc_type(NC_SHORT)
        case .uint32: nc_type(NC_UINT)
        case .int32: nc_type(NC_INT)
        case .float32: nc_type(NC_FLOAT)
        case .float64: nc_type(NC_DOUBLE)
        }
    }
}
