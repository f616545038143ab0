import CVectors
import Geo

/// TIFF's predictors: samples of a row are stored as differences to their left neighbours.
///
/// Plain loops with wrapping operators, which the compiler turns into one sum a cycle; of 16 bits, which most scenes have,
/// vectors make three.
enum Predictor {
    /// Turns differences (predictor 2) of each row back into samples.
    ///
    /// - Parameters:
    ///   - bytes: Rows of `width` samples of `sampleBytes` bytes; whole rows.
    ///   - sampleBytes: 1, 2 or 4.
    ///   - width: Samples of a row.
    static func undo(_ bytes: UnsafeMutableRawBufferPointer, sampleBytes: Int, width: Int) {
        switch sampleBytes {
        case 1: sum(bytes.bindMemory(to: UInt8.self), width)
        case 2:
            guard let first = bytes.bindMemory(to: UInt16.self).baseAddress, width > 0 else { return }
            for row in 0..<bytes.count / 2 / width { antares_sum_row_16(first + row * width, width) }
        case 4: sum(bytes.bindMemory(to: UInt32.self), width)
        default: preconditionFailure("samples of 1, 2 or 4 bytes")
        }
    }

    /// Turns samples of each row into differences (predictor 2).
    static func apply(_ bytes: UnsafeMutableRawBufferPointer, sampleBytes: Int, width: Int) {
        switch sampleBytes {
        case 1: subtract(bytes.bindMemory(to: UInt8.self), width)
        case 2: subtract(bytes.bindMemory(to: UInt16.self), width)
        case 4: subtract(bytes.bindMemory(to: UInt32.self), width)
        default: preconditionFailure("samples of 1, 2 or 4 bytes")
        }
    }

    /// Predictor 3 (Adobe's technical note 3): bytes of equal weight of a row side by side, the highest first, then
    /// differences of bytes.
    static func applyFloating(_ bytes: UnsafeMutableRawBufferPointer, sampleBytes: Int, width: Int) {
        let size = width * sampleBytes
        guard size > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { row in
            for start in stride(from: 0, to: bytes.count, by: size) {
                let samples = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + size])
                for column in 0..<width {
                    for byte in 0..<sampleBytes {
                        row[(sampleBytes - 1 - byte) * width + column] = samples[column * sampleBytes + byte]
                    }
                }
                samples[0] = row[0]
                for index in 1..<size { samples[index] = row[index] &- row[index - 1] }
            }
        }
    }

    @inline(__always)
    private static func sum<Sample: FixedWidthInteger>(_ samples: UnsafeMutableBufferPointer<Sample>, _ width: Int) {
        guard var row = samples.baseAddress, width > 0 else { return }
        for _ in 0..<samples.count / width {
            var total: Sample = 0
            for column in 0..<width {
                total &+= row[column]
                row[column] = total
            }
            row += width
        }
    }

    @inline(__always)
    private static func subtract<Sample: FixedWidthInteger>(
        _ samples: UnsafeMutableBufferPointer<Sample>,
        _ width: Int
    ) {
        guard var row = samples.baseAddress, width > 0 else { return }
        for _ in 0..<samples.count / width {
            var left: Sample = 0
            for column in 0..<width {
                let sample = row[column]
                row[column] = sample &- left
                left = sample
            }
            row += width
        }
    }
}
