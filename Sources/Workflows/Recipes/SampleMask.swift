import Analysis
import DatacubeIndex
import Documents
import Geo

/// A mask of a recipe on the measurements of one product.
struct SampleMask: Sendable {
    let condition: MaskCondition
    let steps: [MaskStep]
    /// The measurements that rules look at.
    let measurements: [Measurement]
    /// A rule holds where any of its tests does.
    private let tests: [MaskRule: [BitTest]]
    /// Where all rules look at one measurement of up to 16 bits: what becomes of each of its samples, by its bits.
    private let table: [State]?
    /// Where the table says no more than this: the bits of which none may be set, and what stands for no data.
    private let forbidden: (bits: UInt16, missing: UInt16?)?

    /// - Throws: `IndexError` that names the nearest measurement, flag or meaning where one is unknown.
    init(_ condition: MaskCondition, steps: [MaskStep], on product: Product) throws {
        (self.condition, self.steps) = (condition, steps)
        var measurements: [Measurement] = []
        var tests: [MaskRule: [BitTest]] = [:]
        for rule in condition.rules {
            let measurement = try product.measurement(rule.measurement)
            if !measurements.contains(measurement) { measurements.append(measurement) }
            tests[rule] = try rule.meanings.map { try measurement.test(flag: rule.flag, meaning: $0) }
        }
        (self.measurements, self.tests) = (measurements, tests)
        guard measurements.count == 1, measurements[0].dtype.byteCount <= 2 else {
            (table, forbidden) = (nil, nil)
            return
        }
        let nodata = measurements[0].nodata
        let missing = nodata.isNaN ? nil : UInt64(UInt16(truncatingIfNeeded: Int(nodata)))
        let table: [State] = (0...UInt64(UInt16.max)).map { sample in
            if sample == missing { return .unknown }
            return condition.holds { rule in tests[rule]?.contains { $0.matches(sample) } ?? false } ? .kept : .dropped
        }
        self.table = table
        forbidden = Self.forbidden(table, missing: missing.map { UInt16(truncatingIfNeeded: $0) })
    }

    /// The bits of which none may be set, where that is all that a table asks.
    private static func forbidden(_ table: [State], missing: UInt16?) -> (bits: UInt16, missing: UInt16?)? {
        let single = (0..<16).map { UInt16(1) << $0 }
        // A bit that is itself "no data" may be forbidden or not: samples with a second bit tell.
        let bits = single.filter { bit in
            bit != missing
                ? table[Int(bit)] == .dropped
                : !single.contains { table[Int(bit | $0)] == .kept }
        }
        let mask = bits.reduce(0, |)
        let isAll = table.indices.allSatisfy { sample in
            let sample = UInt16(sample)
            return table[Int(sample)] == (sample == missing ? .unknown : sample & mask == 0 ? .kept : .dropped)
        }
        return isAll ? (mask, missing) : nil
    }

    /// How many pixels around a block its mask depends on.
    var halo: Int { steps.map(\.halo).reduce(0, +) }

    /// What is known of each pixel.
    enum State: UInt8 { case kept, dropped, unknown }

    /// The state of each pixel of the grown block of a slice, before any step.
    func states(_ reader: SliceReader) throws -> [State] {
        let count = reader.grown.pixelCount
        guard table != nil else {
            return states(try measurements.map { try reader.readGrown(Int32.self, $0) }, count: count)
        }
        let measurement = measurements[0]
        return switch measurement.dtype {
        case .uint8: states(try reader.readGrown(UInt8.self, measurement), count: count)
        case .int16: states(try reader.readGrown(Int16.self, measurement), count: count)
        default: states(try reader.readGrown(UInt16.self, measurement), count: count)
        }
    }

    /// By the table; nil where the only measurement has no data.
    @_specialize(where Sample == UInt8)
    @_specialize(where Sample == UInt16)
    @_specialize(where Sample == Int16)
    private func states<Sample: FixedWidthInteger>(_ flags: [Sample]?, count: Int) -> [State] {
        guard let flags, let table else { return [State](repeating: .unknown, count: count) }
        if let forbidden { return states(flags, without: forbidden.bits, missing: forbidden.missing) }
        return table.withUnsafeBufferPointer { table in
            flags.map { table[Int(UInt16(truncatingIfNeeded: $0))] }
        }
    }

    /// By bits of which none may be set: the compiler does many samples at once.
    @inline(__always)
    private func states<Sample: FixedWidthInteger>(
        _ flags: [Sample],
        without bits: UInt16,
        missing: UInt16?
    ) -> [State] {
        // Without "no data" 0 stands for it, which is kept either way.
        let (nodata, ifMissing) = missing.map { ($0, State.unknown) } ?? (0, .kept)
        return [State](unsafeUninitializedCapacity: flags.count) { result, count in
            flags.withUnsafeBufferPointer { flags in
                for index in 0..<flags.count {
                    let sample = UInt16(truncatingIfNeeded: flags[index])
                    let state = sample & bits == 0 ? State.kept : .dropped
                    result[index] = sample == nodata ? ifMissing : state
                }
            }
            count = flags.count
        }
    }

    /// By the conditions; `flags` are the samples of `measurements`, nil for one that has no data.
    private func states(_ flags: [[Int32]?], count: Int) -> [State] {
        guard !flags.contains(where: { $0 == nil }) else { return [State](repeating: .unknown, count: count) }
        let planes = flags.compactMap { $0 }
        let nodata = measurements.map { Int32(clamping: Int($0.nodata.isNaN ? -1e9 : $0.nodata)) }
        let numbers = Dictionary(uniqueKeysWithValues: measurements.enumerated().map { ($1.name, $0) })
        let places = Dictionary(
            uniqueKeysWithValues: Set(condition.rules).map { rule in
                (rule, measurements.firstIndex { $0.answers(to: rule.measurement) } ?? numbers[rule.measurement] ?? 0)
            }
        )
        return (0..<count).map { pixel in
            for (plane, missing) in zip(planes, nodata) where plane[pixel] == missing { return .unknown }
            let isKept = condition.holds { rule in
                let sample = UInt64(UInt32(bitPattern: planes[places[rule] ?? 0][pixel]))
                return tests[rule]?.contains { $0.matches(sample) } ?? false
            }
            return isKept ? .kept : .dropped
        }
    }
}

extension Measurement {
    /// The test for a meaning as recipes write it.
    ///
    /// `true` and `false` are tried as booleans and as texts first; for a single bit they then mean 1 and 0 whatever
    /// its values are called, so that `cloud: false` works on every product.
    func test(flag name: String, meaning text: String) throws -> BitTest {
        guard text == "true" || text == "false" else { return try test(flag: name, meaning: .string(text)) }
        if let test = try? test(flag: name, meaning: .bool(text == "true")) { return test }
        if let test = try? test(flag: name, meaning: .string(text)) { return test }
        if let flag = flags.first(where: { $0.name == name }), flag.bits.count == 1 {
            let mask = UInt64(1) << UInt64(flag.bits[0])
            return BitTest(mask: mask, value: text == "true" ? mask : 0)
        }
        return try test(flag: name, meaning: .string(text))
    }
}
