import CDeflate
import CZstd
import Synchronization

/// How the bytes of a block are compressed.
public enum BlockCompression: Hashable, Sendable {
    case none
    /// zlib's format; as small as zlib makes it at levels 1 to 9, or smaller.
    case deflate(level: Int)
    /// 1 (fast) to 22 (small).
    case zstd(level: Int)

    /// Bytes to which so many can expand at most: no block is larger, whatever the header of its file claims.
    ///
    /// DEFLATE gives 258 bytes for 2 bits, ZSTD 128 KiB for a block of 4 bytes.
    func mostBytes(from size: Int) -> Int {
        switch self {
        case .none: size
        case .deflate: size * 1032
        case .zstd: size * (1 << 15)
        }
    }
}

/// Compresses and expands blocks; used by one thread at a time.
///
/// libdeflate's and zstd's states are made at first use and kept.
final class BlockCodec {
    private var expander: OpaquePointer?
    private var deflaters: [Int: Deflater] = [:]
    private var zstdExpander: OpaquePointer?
    private var zstdCompressor: OpaquePointer?
    /// For compressed bytes on their way, and for expanded ones; grow, and are kept.
    private var room = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var pixels = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit {
        room.deallocate()
        pixels.deallocate()
        if let expander { libdeflate_free_decompressor(expander) }
        ZSTD_freeDCtx(zstdExpander)
        ZSTD_freeCCtx(zstdCompressor)
    }

    /// Lends memory for `size` bytes, whose contents are unknown.
    func withRoom<T>(for size: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> T) rethrows -> T {
        if room.count < size {
            room.deallocate()
            room = .allocate(byteCount: size + size / 4, alignment: 16)
        }
        return try body(room)
    }

    /// Lends memory for the samples of a block, beside that of `withRoom`; not to be asked for twice at one time.
    func withPixels<T>(for size: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> T) rethrows -> T {
        if pixels.count < size {
            pixels.deallocate()
            pixels = .allocate(byteCount: size, alignment: 16)
        }
        return try body(UnsafeMutableRawBufferPointer(rebasing: pixels[..<size]))
    }

    /// Expands `bytes` into `target`; false where they do not give exactly as many bytes as `target` has.
    func expand(
        _ bytes: UnsafeRawBufferPointer,
        _ compression: BlockCompression,
        into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let from = bytes.baseAddress, let to = target.baseAddress else { return bytes.isEmpty && target.isEmpty }
        switch compression {
        case .none:
            guard bytes.count == target.count else { return false }
            target.copyMemory(from: bytes)
            return true
        case .deflate:
            if expander == nil { expander = libdeflate_alloc_decompressor() }
            // A size that is not asked back means: exactly this many bytes.
            return libdeflate_zlib_decompress(expander, from, bytes.count, to, target.count, nil) == LIBDEFLATE_SUCCESS
        case .zstd:
            if zstdExpander == nil { zstdExpander = ZSTD_createDCtx() }
            return ZSTD_decompressDCtx(zstdExpander, to, target.count, from, bytes.count) == target.count
        }
    }

    /// The compressed bytes.
    ///
    /// - `planes`: In how many parts of equal length the bytes differ in kind, as shuffled samples do.
    func compress(_ bytes: UnsafeRawBufferPointer, _ compression: BlockCompression, planes: Int = 1) -> [UInt8] {
        switch compression {
        case .none:
            return Array(bytes)
        case .deflate(let level):
            let deflater = deflaters[level] ?? Deflater(level: level)
            deflaters[level] = deflater
            return deflater.compress(bytes, planes: planes)
        case .zstd(let level):
            if zstdCompressor == nil { zstdCompressor = ZSTD_createCCtx() }
            let bound = ZSTD_compressBound(bytes.count)
            return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
                let (from, to) = (bytes.baseAddress, buffer.baseAddress)
                let size = ZSTD_compressCCtx(zstdCompressor, to, bound, from, bytes.count, Int32(level))
                precondition(ZSTD_isError(size) == 0, "a buffer of the size that zstd asked for is large enough")
                count = size
            }
        }
    }
}

/// Codecs that are not in use: whoever needs one takes it, so that there are as many as threads.
enum CodecPool {
    /// Codecs change hands under the mutex and are used by one thread at a time.
    private struct Idle: @unchecked Sendable { var codecs: [BlockCodec] = [] }

    private static let idle = Mutex(Idle())

    static func with<T>(_ body: (BlockCodec) throws -> T) rethrows -> T {
        let codec = idle.withLock { $0.codecs.popLast() } ?? BlockCodec()
        let handed = Idle(codecs: [codec])
        defer { idle.withLock { $0.codecs.append(contentsOf: handed.codecs) } }
        return try body(codec)
    }
}
