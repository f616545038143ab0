import CNetCDF
public import Geo

extension NetCDFFile {
    /// What a file says of one of its variables.
    public struct Variable: Sendable {
        public let name: String
        /// Nil for text and types of the user.
        public let type: PixelType?
        /// First the slowest.
        public let dimensions: [Dimension]
        public let texts: [String: String]
        public let numbers: [String: [Double]]

        /// Sizes of the dimensions.
        public var shape: [Int] { dimensions.map(\.length) }
    }

    /// A named dimension.
    public struct Dimension: Sendable, Hashable {
        public let name: String
        public let length: Int
    }

    /// All variables of the file's root group, in its order.
    public func variables() throws(RasterError) -> [Variable] {
        try NetCDFLock.withLock { () throws(RasterError) in
            var count: Int32 = 0
            try check(nc_inq_nvars(handle, &count), .readFailed, path)
            var found: [Variable] = []
            for id in 0..<count { found.append(try variable(id)) }
            return found
        }
    }

    /// Texts and numbers that the file itself carries.
    public func globalTexts() -> [String: String] { NetCDFLock.withLock { attributes(of: NC_GLOBAL).texts } }

    /// All numbers of a small variable, as coordinates are.
    ///
    /// - Throws: Where it has more than 4 million.
    public func values(of variable: String) throws(RasterError) -> [Double] {
        guard let shape = shape(of: variable) else {
            throw RasterError(.readFailed, "\(path):\(variable)", ["there is no such variable"])
        }
        let (count, overflow) = shape.reduce((1, false)) { product, length in
            let (value, over) = product.0.multipliedReportingOverflow(by: length)
            return (value, over || product.1)
        }
        guard !overflow, count <= 1 << 22 else {
            throw RasterError(.readFailed, "\(path):\(variable)", ["it has too many values for a coordinate"])
        }
        return try NetCDFLock.withLock { () throws(RasterError) in
            var id: Int32 = 0
            try check(nc_inq_varid(handle, variable, &id), .readFailed, "\(path):\(variable)")
            var values = [Double](repeating: 0, count: max(count, 1))
            try check(nc_get_var_double(handle, id, &values), .readFailed, "\(path):\(variable)")
            return Array(values.prefix(count))
        }
    }

    private func variable(_ id: Int32) throws(RasterError) -> Variable {
        var name = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
        var (type, count): (nc_type, Int32) = (0, 0)
        try check(nc_inq_varndims(handle, id, &count), .readFailed, path)
        var ids = [Int32](repeating: 0, count: Int(max(count, 1)))
        try check(nc_inq_var(handle, id, &name, &type, &count, &ids, nil), .readFailed, path)
        let dimensions = ids.prefix(Int(count)).map { dimension in
            var (length, name) = (0, [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1))
            nc_inq_dim(handle, dimension, &name, &length)
            return Dimension(name: Self.text(name), length: length)
        }
        let attributes = attributes(of: id)
        return Variable(
            name: Self.text(name),
            type: PixelType(netCDF: type),
            dimensions: dimensions,
            texts: attributes.texts,
            numbers: attributes.numbers
        )
    }

    private func attributes(of variable: Int32) -> (texts: [String: String], numbers: [String: [Double]]) {
        var count: Int32 = 0
        if variable == NC_GLOBAL { nc_inq_natts(handle, &count) } else { nc_inq_varnatts(handle, variable, &count) }
        var texts: [String: String] = [:]
        var numbers: [String: [Double]] = [:]
        for index in 0..<count {
            var name = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
            var (type, length): (nc_type, Int) = (0, 0)
            guard nc_inq_attname(handle, variable, index, &name) == NC_NOERR,
                nc_inq_att(handle, variable, name, &type, &length) == NC_NOERR, length <= 1 << 20
            else { continue }
            let key = Self.text(name)
            if type == NC_CHAR {
                var bytes = [CChar](repeating: 0, count: length + 1)
                if nc_get_att_text(handle, variable, name, &bytes) == NC_NOERR { texts[key] = Self.text(bytes) }
            } else if type == NC_STRING {
                var strings = [UnsafeMutablePointer<CChar>?](repeating: nil, count: max(length, 1))
                guard nc_get_att_string(handle, variable, name, &strings) == NC_NOERR else { continue }
                texts[key] = strings.first.flatMap { $0 }.map { String(cString: $0) }
                nc_free_string(length, &strings)
            } else {
                var values = [Double](repeating: 0, count: max(length, 1))
                if nc_get_att_double(handle, variable, name, &values) == NC_NOERR {
                    numbers[key] = Array(values.prefix(length))
                }
            }
        }
        return (texts, numbers)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension PixelType {
    /// Nil for text, 64-bit integers and types of the user.
    fileprivate init?(netCDF type: nc_type) {
        switch type {
        case nc_type(NC_UBYTE): self = .uint8
        case nc_type(NC_BYTE): self = .int8
        case nc_type(NC_USHORT): self = .uint16
        case nc_type(NC_SHORT): self = .int16
        case nc_type(NC_UINT): self = .uint32
        case nc_type(NC_INT): self = .int32
        case nc_type(NC_FLOAT): self = .float32
        case nc_type(NC_DOUBLE): self = .float64
        default: return nil
        }
    }
}
