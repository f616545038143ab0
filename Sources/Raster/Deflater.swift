import CDeflate
import CISAL

/// Compresses bytes in zlib's format, by whichever of two libraries does these bytes better; used by one thread at a time.
///
/// Intel's ISA-L is two to four times as fast as libdeflate. Of samples stored as differences, and of bytes that are
/// nothing but noise (the lower halves of reflectances), its results are as small or smaller; of flags, classes and the
/// upper halves of reflectances libdeflate's are smaller by far. A few short samples of the bytes tell which holds. Both
/// write blocks of the same stream, so that the first part may be one's and the rest the other's. The bytes that come
/// out depend on those that go in alone.
final class Deflater {
    /// What makes shuffled bytes as small as zlib at its levels 0 to 9, measured on simulated and real scenes.
    private static let shuffledLevels: [Int32] = [0, 1, 1, 2, 2, 4, 5, 6, 7, 9]
    private static let sampleCount = 4
    private static let longestSample = 4096

    private let planes: Int
    private let strong: OpaquePointer?
    private let fast: UnsafeMutableRawPointer?

    /// - Parameters:
    ///   - level: libdeflate's, 0 to 12, which of bytes that are not shuffled makes what GDAL makes; of shuffled ones
    ///     zlib's.
    ///   - planes: In how many parts of equal length the bytes differ in kind: 2 for shuffled samples of 16 bits.
    init(level: Int, planes: Int) {
        self.planes = max(planes, 1)
        let isKnown = planes > 1 && Self.shuffledLevels.indices.contains(level)
        let level = isKnown ? Self.shuffledLevels[level] : Int32(min(max(level, 0), 12))
        strong = libdeflate_alloc_compressor(level)
        // Whoever asks for more than zlib has wants the smallest there is.
        fast = level > 0 && level <= 9 ? antares_isal_make() : nil
    }

    deinit {
        libdeflate_free_compressor(strong)
        antares_isal_free(fast)
    }

    /// The compressed bytes.
    func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let room = libdeflate_zlib_compress_bound(strong, bytes.count) + bytes.count / 64 + 1024
        return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            guard let to = buffer.baseAddress else {
                count = 0
                return
            }
            let from = bytes.baseAddress ?? UnsafeRawPointer(to)
            // RFC 1950: deflated, window of 32 KiB.
            (to[0], to[1]) = (0x78, 0x9C)
            count = 2
            var done = fastPart(bytes)
            if done > 0 {
                let size = antares_isal_deflate(fast, from, done, to + count, room - count, done == bytes.count ? 1 : 0)
                if size == 0 { done = 0 }
                count += size
            }
            if done < bytes.count || done == 0 {
                let rest = bytes.count - done
                let size = libdeflate_deflate_compress(strong, from + done, rest, to + count, room - count)
                precondition(size > 0, "a buffer of the size that libdeflate asked for is large enough")
                count += size
            }
            let sum = libdeflate_adler32(1, from, bytes.count)
            for shift in [24, 16, 8, 0] as [UInt32] {
                to[count] = UInt8(truncatingIfNeeded: sum >> shift)
                count += 1
            }
        }
    }

    /// How many bytes from the first on, whole planes, ISA-L shall compress.
    private func fastPart(_ bytes: UnsafeRawBufferPointer) -> Int {
        let length = bytes.count / planes
        guard fast != nil, length >= 16 << 10 else { return 0 }
        var end = 0
        for plane in 1...planes {
            let next = plane == planes ? bytes.count : plane * length
            guard isFastBetter(UnsafeRawBufferPointer(rebasing: bytes[end..<next])) else { break }
            end = next
        }
        return end
    }

    /// True where ISA-L's samples are as small, or where nothing is to be gained.
    private func isFastBetter(_ plane: UnsafeRawBufferPointer) -> Bool {
        let length = min(plane.count / 64, Self.longestSample)
        return withUnsafeTemporaryAllocation(byteCount: 2 * Self.longestSample + 1024, alignment: 16) { room in
            var (own, other) = (0, 0)
            for number in 0..<Self.sampleCount {
                let sample = plane.baseAddress.map { $0 + (plane.count - length) * number / (Self.sampleCount - 1) }
                let size = antares_isal_deflate(fast, sample, length, room.baseAddress, room.count, 1)
                guard size > 0 else { return false }
                own += size
            }
            if own * 100 >= Self.sampleCount * length * 98 { return true }
            for number in 0..<Self.sampleCount {
                let sample = plane.baseAddress.map { $0 + (plane.count - length) * number / (Self.sampleCount - 1) }
                other += libdeflate_deflate_compress(strong, sample, length, room.baseAddress, room.count)
            }
            return own <= other
        }
    }
}
