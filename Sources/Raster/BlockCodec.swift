import CDeflate
import CZstd
import Synchronization

/// How the bytes of a block are compressed.
public enum BlockCompression: Hashable, Sendable {
    case none
    /// zlib's format, 1 (fast) to 12 (small).
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
    private var compressors: [Int32: OpaquePointer] = [:]
    private var zstdExpander: OpaquePointer?
    private var zstdCompressor: OpaquePointer?
    /// For compressed bytes on their way; grows, and is kept.
    private var room = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit {
        room.deallocate()
        if let expander { libdeflate_free_decompressor(expander) }
        for compressor in compressors.values { libdeflate_free_compressor(compressor) }
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
    func compress(_ bytes: UnsafeRawBufferPointer, _ compression: BlockCompression) -> [UInt8] {
        switch compression {
        case .none:
            return Array(bytes)
        case .deflate(let level):
            let compressor = deflater(Int32(level))
            let bound = libdeflate_zlib_compress_bound(compressor, bytes.count)
            return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
                let (from, to) = (bytes.baseAddress, buffer.baseAddress)
                count = libdeflate_zlib_compress(compressor, from, bytes.count, to, bound)
            }
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

    private func deflater(_ level: Int32) -> OpaquePointer? {
        if let known = compressors[level] { return known }
        let made = libdeflate_alloc_compressor(level)
        compressors[level] = made
        return made
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
