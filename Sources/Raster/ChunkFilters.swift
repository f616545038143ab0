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
        var planes = 1
        return filters.reduce(bytes) { bytes, filter in
            switch filter {
            case .shuffle(let unit):
                planes = max(unit, 1)
                return Self.shuffle(bytes, unit)
            case .fletcher32:
                return Self.checked(bytes)
            case .deflate(let level):
                return CodecPool.with { codec in
                    bytes.withUnsafeBytes { codec.compress($0, .deflate(level: level), planes: planes) }
                }
            }
        }
    }

    /// False where a chunk of so many stored bytes can never hold so many bytes of samples.
    func canExpand(_ size: Int, to bytes: Int) -> Bool {
        let isDeflated = filters.contains { if case .deflate = $0 { true } else { false } }
        return bytes <= (isDeflated ? BlockCompression.deflate(level: 0).mostBytes(from: size) : size)
    }

    /// Puts the samples of a stored chunk in place; false where its checksum or its length does not fit.
    func undo(_ stored: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, _ codec: BlockCodec) -> Bool
    {
        var bytes = stored
        var scratch: [UnsafeMutableRawBufferPointer] = []
        defer { for buffer in scratch { buffer.deallocate() } }
        /// Where a step puts its bytes: the last one into the target.
        func room(_ number: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
            guard number > 0 else { return target }
            scratch.append(.allocate(byteCount: count, alignment: 16))
            return scratch[scratch.count - 1]
        }
        for (number, filter) in filters.enumerated().reversed() {
            switch filter {
            case .fletcher32:
                guard bytes.count > 4 else { return false }
                let sum = UnsafeRawBufferPointer(rebasing: bytes.suffix(4))
                bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))
                guard UInt32(littleEndian: sum.loadUnaligned(as: UInt32.self)) == Self.fletcher32(bytes) else {
                    return false
                }
            case .deflate:
                let checked = filters[..<number].filter { if case .fletcher32 = $0 { true } else { false } }.count
                let next = room(number, target.count + 4 * checked)
                guard codec.expand(bytes, .deflate(level: 0), into: next) else { return false }
                bytes = UnsafeRawBufferPointer(next)
            case .shuffle(let unit):
                let next = room(number, bytes.count)
                guard next.count == bytes.count else { return false }
                Self.unshuffle(bytes, unit, into: next)
                bytes = UnsafeRawBufferPointer(next)
            }
        }
        guard bytes.baseAddress != target.baseAddress.map({ UnsafeRawPointer($0) }) else { return true }
        guard bytes.count == target.count else { return false }
        target.copyMemory(from: bytes)
        return true
    }

    /// The samples as they were before `shuffle`.
    private static func unshuffle(
        _ bytes: UnsafeRawBufferPointer,
        _ unit: Int,
        into target: UnsafeMutableRawBufferPointer
    ) {
        let count = bytes.count / max(unit, 1)
        guard unit > 1, count > 1 else { return target.copyMemory(from: bytes) }
        if unit == 2 {
            // A loop of its own: the compiler makes vectors of it.
            for index in 0..<count {
                target[2 * index] = bytes[index]
                target[2 * index + 1] = bytes[count + index]
            }
        } else {
            for byte in 0..<unit {
                for index in 0..<count { target[unit * index + byte] = bytes[byte * count + index] }
            }
        }
        for index in count * unit..<bytes.count { target[index] = bytes[index] }
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
        let sum = bytes.withUnsafeBytes { fletcher32($0) }
        return bytes + [UInt8(sum & 255), UInt8(sum >> 8 & 255), UInt8(sum >> 16 & 255), UInt8(sum >> 24)]
    }

    /// Fletcher's checksum over 16-bit words, the first byte the higher one, as HDF5 takes it.
    static func fletcher32(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
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
