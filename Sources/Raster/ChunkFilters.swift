import CHDF5

/// The filters that a chunk of an HDF5 dataset goes through before it is stored, done here instead of in the library.
struct ChunkFilters: Sendable {
    private enum Filter: Sendable {
        case shuffle(Int)
        case fletcher32
        case deflate(Int)
    }

    private let filters: [Filter]

    /// The filters of an open dataset, nil where it has one that is not known here; within `NetCDFLock` only.
    init?(dataset: Int64) {
        let list = H5Dget_create_plist(dataset)
        guard list >= 0 else { return nil }
        defer { H5Pclose(list) }
        var filters: [Filter] = []
        for index in 0..<max(0, H5Pget_nfilters(list)) {
            var (flags, config, count): (UInt32, UInt32, Int) = (0, 0, 8)
            var values = [UInt32](repeating: 0, count: 8)
            let filter = H5Pget_filter2(list, UInt32(index), &flags, &count, &values, 0, nil, &config)
            switch filter {
            case 1: filters.append(.deflate(Int(values[0])))
            case 2: filters.append(.shuffle(Int(values[0])))
            case 3: filters.append(.fletcher32)
            default: return nil
            }
        }
        self.filters = filters
    }

    /// The bytes of a chunk as they are stored.
    func apply(_ bytes: [UInt8]) -> [UInt8] {
        filters.reduce(bytes) { bytes, filter in
            switch filter {
            case .shuffle(let unit): Self.shuffle(bytes, unit)
            case .fletcher32: Self.checked(bytes)
            case .deflate(let level):
                CodecPool.with { codec in bytes.withUnsafeBytes { codec.compress($0, .deflate(level: level)) } }
            }
        }
    }

    /// Bytes of equal weight side by side: first the lowest of all samples, then the next.
    static func shuffle(_ bytes: [UInt8], _ unit: Int) -> [UInt8] {
        let count = bytes.count / max(unit, 1)
        guard unit > 1, count > 1 else { return bytes }
        return bytes.withUnsafeBufferPointer { from in
            [UInt8](unsafeUninitializedCapacity: bytes.count) { to, filled in
                filled = bytes.count
                if unit == 2 {
                    // A loop of its own: the compiler makes vectors of it.
                    for index in 0..<count {
                        to[index] = from[2 * index]
                        to[count + index] = from[2 * index + 1]
                    }
                } else {
                    for byte in 0..<unit {
                        for index in 0..<count { to[byte * count + index] = from[unit * index + byte] }
                    }
                }
                for index in count * unit..<bytes.count { to[index] = from[index] }
            }
        }
    }

    /// The bytes with HDF5's Fletcher checksum behind them.
    private static func checked(_ bytes: [UInt8]) -> [UInt8] {
        let sum = fletcher32(bytes)
        return bytes + [UInt8(sum & 255), UInt8(sum >> 8 & 255), UInt8(sum >> 16 & 255), UInt8(sum >> 24)]
    }

    /// Fletcher's checksum over 16-bit words, the first byte the higher one, as HDF5 takes it.
    static func fletcher32(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBufferPointer { bytes in
            var (first, second) = (UInt32(0), UInt32(0))
            var (index, words) = (0, bytes.count / 2)
            while words > 0 {
                // So many words keep both sums within 32 bits.
                let part = min(words, 360)
                words -= part
                for _ in 0..<part {
                    first &+= UInt32(bytes[index]) << 8 | UInt32(bytes[index + 1])
                    second &+= first
                    index += 2
                }
                first = (first & 0xFFFF) + (first >> 16)
                second = (second & 0xFFFF) + (second >> 16)
            }
            if bytes.count % 2 == 1 {
                first += UInt32(bytes[index]) << 8
                second += first
                first = (first & 0xFFFF) + (first >> 16)
                second = (second & 0xFFFF) + (second >> 16)
            }
            first = (first & 0xFFFF) + (first >> 16)
            second = (second & 0xFFFF) + (second >> 16)
            return second << 16 | first
        }
    }
}
