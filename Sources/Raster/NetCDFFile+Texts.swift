import CNetCDF

extension NetCDFFile {
    /// The texts of a character variable: one for each index of all dimensions but the last.
    ///
    /// NUL characters after a text are left off. Nil where the file has no such variable.
    public func texts(of variable: String) throws(RasterError) -> [String]? {
        guard let shape = shape(of: variable), let length = shape.last else { return nil }
        let count = shape.dropLast().reduce(1, *)
        // What a damaged file claims must not fill the memory.
        guard length <= 1 << 28, count <= 1 << 24, length * max(1, count) <= 1 << 30 else {
            throw RasterError(.readFailed, "\(path):\(variable)", ["it claims \(count) texts of \(length) bytes"])
        }
        return try NetCDFLock.withLock { () throws(RasterError) in
            var (id, kind): (Int32, nc_type) = (0, 0)
            try check(nc_inq_varid(handle, variable, &id), .readFailed, "\(path):\(variable)")
            try check(nc_inq_vartype(handle, id, &kind), .readFailed, "\(path):\(variable)")
            guard kind == NC_CHAR else { throw RasterError(.readFailed, "\(path):\(variable)", ["it holds no text"]) }
            var bytes = [CChar](repeating: 0, count: length * count)
            let hint = "The file may be damaged: make it again."
            try check(nc_get_var_text(handle, id, &bytes), .readFailed, "\(path):\(variable)", hint: hint)
            return (0..<count).map { index in
                let text = bytes[(index * length)..<((index + 1) * length)]
                return String(decoding: text.prefix { $0 != 0 }.lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
        }
    }
}
