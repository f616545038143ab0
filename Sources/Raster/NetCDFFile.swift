import CNetCDF
public import Geo

/// An open netCDF file, read variable by variable; every call into netCDF happens within `NetCDFLock`.
public final class NetCDFFile: Sendable {
    public let path: String
    private let file: Int32
    /// For the extensions of this type; used within `NetCDFLock` alone.
    var handle: Int32 { file }

    /// Opens a netCDF file for reading; a file that was cut short is refused by the library.
    public init(opening path: String) throws(RasterError) {
        self.path = path
        file = try NetCDFLock.withLock { () throws(RasterError) in
            var file: Int32 = 0
            let hint = "Check the path, and that the file is complete."
            try check(nc_open(path, NC_NOWRITE, &file), .openFailed, path, hint: hint)
            return file
        }
    }

    deinit { NetCDFLock.withLock { _ = nc_close(file) } }

    /// A global text attribute, nil where the file has none of this name.
    public func attribute(_ name: String) -> String? {
        NetCDFLock.withLock { text(NC_GLOBAL, name) }
    }

    /// A text attribute of a variable.
    public func attribute(_ name: String, of variable: String) -> String? {
        NetCDFLock.withLock {
            var id: Int32 = 0
            guard nc_inq_varid(file, variable, &id) == NC_NOERR else { return nil }
            return text(id, name)
        }
    }

    /// Sizes of a variable's dimensions, first the slowest; nil where there is no such variable.
    public func shape(of variable: String) -> [Int]? {
        NetCDFLock.withLock {
            var id: Int32 = 0
            guard nc_inq_varid(file, variable, &id) == NC_NOERR else { return nil }
            return shape(id)
        }
    }

    /// Columns and rows of a variable's chunks; nil where it has none.
    public func chunk(of variable: String) -> XY<Int>? {
        NetCDFLock.withLock {
            var (id, storage): (Int32, Int32) = (0, 0)
            guard nc_inq_varid(file, variable, &id) == NC_NOERR else { return nil }
            var sizes = [Int](repeating: 0, count: shape(id).count)
            guard sizes.count >= 2, nc_inq_var_chunking(file, id, &storage, &sizes) == NC_NOERR,
                storage == NC_CHUNKED
            else { return nil }
            return XY(x: sizes[sizes.count - 1], y: sizes[sizes.count - 2])
        }
    }

    /// True where every chunk of a variable with dimensions (time, y, x) can be read and meets its checksum.
    public func canReadAll(of variable: String) -> Bool {
        guard let shape = shape(of: variable), shape.count == 3 else { return false }
        for time in 0..<shape[0] {
            for row in stride(from: 0, to: shape[1], by: 512) {
                let window = PixelWindow(column: 0, row: row, width: shape[2], height: min(512, shape[1] - row))
                guard (try? read(Double.self, variable: variable, time: time, window: window)) != nil else {
                    return false
                }
            }
        }
        return true
    }

    /// A block of a variable with dimensions (time, …, y, x) or (y, x), row-major, converted to `Element`.
    ///
    /// - `time`: Counted from 0; ignored for a variable without time.
    public func read<Element: PixelElement>(
        _ type: Element.Type = Element.self,
        variable: String,
        time: Int = 0,
        window: PixelWindow
    ) throws(RasterError) -> [Element] {
        try NetCDFLock.withLock { () throws(RasterError) in
            var id: Int32 = 0
            try check(nc_inq_varid(file, variable, &id), .readFailed, "\(path):\(variable)")
            // What stands between time and rows has one place only, as a level.
            let leading = max(shape(id).count - 2, 0)
            let start = (0..<leading).map { $0 == 0 ? time : 0 } + [window.row, window.column]
            let count = [Int](repeating: 1, count: leading) + [window.height, window.width]
            var pixels = [Element](repeating: 0, count: window.pixelCount)
            let status = Self.get(file, id, start, count, &pixels)
            try check(status, .readFailed, "\(path):\(variable)", hint: "The file may be damaged: make it again.")
            return pixels
        }
    }

    /// Reads through netCDF's conversion to the wanted type.
    private static func get<Element: PixelElement>(
        _ file: Int32,
        _ id: Int32,
        _ start: [Int],
        _ count: [Int],
        _ pixels: inout [Element]
    ) -> Int32 {
        pixels.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return NC_NOERR }
            return switch Element.pixelType {
            case .uint8: nc_get_vara_uchar(file, id, start, count, base.assumingMemoryBound(to: UInt8.self))
            case .int8: nc_get_vara_schar(file, id, start, count, base.assumingMemoryBound(to: Int8.self))
            case .uint16: nc_get_vara_ushort(file, id, start, count, base.assumingMemoryBound(to: UInt16.self))
            case .int16: nc_get_vara_short(file, id, start, count, base.assumingMemoryBound(to: Int16.self))
            case .uint32: nc_get_vara_uint(file, id, start, count, base.assumingMemoryBound(to: UInt32.self))
            case .int32: nc_get_vara_int(file, id, start, count, base.assumingMemoryBound(to: Int32.self))
            case .float32: nc_get_vara_float(file, id, start, count, base.assumingMemoryBound(to: Float.self))
            case .float64: nc_get_vara_double(file, id, start, count, base.assumingMemoryBound(to: Double.self))
            }
        }
    }

    private func text(_ variable: Int32, _ name: String) -> String? {
        var length = 0
        guard nc_inq_attlen(file, variable, name, &length) == NC_NOERR else { return nil }
        var bytes = [CChar](repeating: 0, count: length)
        guard nc_get_att_text(file, variable, name, &bytes) == NC_NOERR else { return nil }
        return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func shape(_ variable: Int32) -> [Int] {
        var count: Int32 = 0
        guard nc_inq_varndims(file, variable, &count) == NC_NOERR else { return [] }
        var dimensions = [Int32](repeating: 0, count: Int(count))
        nc_inq_vardimid(file, variable, &dimensions)
        return dimensions.map { dimension in
            var length = 0
            nc_inq_dimlen(file, dimension, &length)
            return length
        }
    }
}
