import CGDAL
import Synchronization
public import Foundation

/// Pictures as PNG in memory.
public enum PNGPicture {
    private static let counter = Atomic<Int>(0)

    /// - Parameters:
    ///   - bands: One to four of 8 bits, row-major.
    ///   - width: Columns.
    ///   - height: Rows.
    /// - Returns: The bytes of the file.
    /// - Throws: `RasterError` with what GDAL says.
    public static func encode(bands: [[UInt8]], width: Int, height: Int) throws(RasterError) -> Data {
        _ = registerDrivers
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
        let name = "/vsimem/antares-picture-\(number).png"
        defer { VSIUnlink(name) }
        let (isWritten, failures) = withCPLMessages { () -> Bool in
            guard let memory = GDALGetDriverByName("MEM"), let png = GDALGetDriverByName("PNG"),
                let source = GDALCreate(memory, "", Int32(width), Int32(height), Int32(bands.count), GDT_Byte, nil)
            else { return false }
            defer { _ = antares_gdal_close(source) }
            for (index, pixels) in bands.enumerated() {
                var pixels = pixels
                let status = pixels.withUnsafeMutableBytes { buffer in
                    GDALRasterIO(
                        GDALGetRasterBand(source, Int32(index + 1)),
                        GF_Write,
                        0,
                        0,
                        Int32(width),
                        Int32(height),
                        buffer.baseAddress,
                        Int32(width),
                        Int32(height),
                        GDT_Byte,
                        0,
                        0
                    )
                }
                guard status == CE_None else { return false }
            }
            guard let made = GDALCreateCopy(png, name, source, 0, nil, nil, nil) else { return false }
            return antares_gdal_close(made).rawValue < CE_Failure.rawValue
        }
        guard isWritten, failures.isEmpty else { throw RasterError(.writeFailed, "picture in memory", failures) }
        return try VirtualFile.read(name)
    }
}
