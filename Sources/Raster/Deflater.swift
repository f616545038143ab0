import CDeflate
import CISAL

/// Compresses bytes in zlib's format, by whichever of two libraries does these bytes better; used by one thread at a time.
///
/// Intel's ISA-L is two to four times as fast as libdeflate. Of samples stored as differences, and of bytes that are
/// nothing but noise (the lower halves of reflectances), its results are as small or smaller; of flags, classes and the
/// upper halves of reflectances libdeflate's are smaller by far. A few short samples of the bytes tell which holds, and
/// whether there is anything to be gained: noise is stored as it is. All are blocks of the same stream, so that one part
/// may be one's and the rest another's. The bytes that come out depend on those that go in alone.
final class Deflater {
    /// What makes shuffled bytes as small as zlib at its levels 0 to 9, measured on simulated and real scenes: reflectances to
    /// 1 %, flags to 5 %.
    private static let shuffledLevels: [Int32] = [0, 1, 1, 1, 1, 4, 5, 6, 7, 9]
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
            var done = 0
            for (way, end) in stretches(bytes) {
                let (part, free) = (end - done, room - count)
                let isLast = end == bytes.count
                let size =
                    switch way {
                    case .stored: Self.store(from + done, part, to + count, isLast: isLast)
                    case .fast: antares_isal_deflate(fast, from + done, part, to + count, free, isLast ? 1 : 0)
                    }
                guard size > 0 else { break }
                (count, done) = (count + size, end)
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

    private enum Way { case stored, fast }

    /// How far each way goes, in whole planes; what is left is libdeflate's, whose blocks end the stream.
    private func stretches(_ bytes: UnsafeRawBufferPointer) -> [(way: Way, end: Int)] {
        let length = bytes.count / planes
        guard fast != nil, length >= 16 << 10 else { return [] }
        var (stretches, begin): ([(way: Way, end: Int)], Int) = ([], 0)
        for plane in 1...planes {
            let end = plane == planes ? bytes.count : plane * length
            guard let way = way(of: UnsafeRawBufferPointer(rebasing: bytes[begin..<end])) else { break }
            if stretches.last?.way == way { stretches.removeLast() }
            stretches.append((way, end))
            begin = end
        }
        return stretches
    }

    /// What does a plane best, by samples: as it is where ISA-L makes nothing smaller of them, else ISA-L where its are as
    /// small as libdeflate's; nil for libdeflate.
    private func way(of plane: UnsafeRawBufferPointer) -> Way? {
        let length = min(plane.count / 64, Self.longestSample)
        let samples = (0..<Self.sampleCount).map { number in
            plane.baseAddress.map { $0 + (plane.count - length) * number / (Self.sampleCount - 1) }
        }
        return withUnsafeTemporaryAllocation(byteCount: 2 * Self.longestSample + 1024, alignment: 16) { room in
            var (own, other) = (0, 0)
            for sample in samples {
                let size = antares_isal_deflate(fast, sample, length, room.baseAddress, room.count, 1)
                guard size > 0 else { return nil }
                own += size
            }
            if own >= Self.sampleCount * length { return .stored }
            if own * 100 >= Self.sampleCount * length * 98 { return .fast }
            for sample in samples {
                other += libdeflate_deflate_compress(strong, sample, length, room.baseAddress, room.count)
            }
            return own <= other ? .fast : nil
        }
    }

    /// Writes blocks of bytes as they are (RFC 1951, 3.2.4), from a whole byte on; returns how many bytes they take.
    private static func store(
        _ from: UnsafeRawPointer,
        _ size: Int,
        _ to: UnsafeMutablePointer<UInt8>,
        isLast: Bool
    ) -> Int {
        var (done, count) = (0, 0)
        while done < size {
            let part = min(size - done, 65535)
            to[count] = isLast && done + part == size ? 1 : 0
            for (offset, length) in [(1, part), (3, part ^ 0xFFFF)] {
                to[count + offset] = UInt8(truncatingIfNeeded: length)
                to[count + offset + 1] = UInt8(truncatingIfNeeded: length >> 8)
            }
            UnsafeMutableRawPointer(to + count + 5).copyMemory(from: from + done, byteCount: part)
            (done, count) = (done + part, count + 5 + part)
        }
        return count
    }
}
