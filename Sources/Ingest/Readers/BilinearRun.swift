import Geo

/// Some neighbouring pixels of a target with the four source pixels around each, which are mixed many at once.
struct BilinearRun<Element: PixelElement>: ~Copyable {
    static var length: Int { 128 }

    private let missing: Element
    private let beside: Element
    /// The upper left of the four, upper right, lower left, and lower right ones of all pixels.
    private let samples = UnsafeMutablePointer<Element>.allocate(capacity: 4 * length)
    /// Values, then what they are to be divided by; 0 for none.
    private let sums = UnsafeMutablePointer<Float>.allocate(capacity: 2 * length)

    init(missing: Element, beside: Element) { (self.missing, self.beside) = (missing, beside) }

    deinit {
        samples.deallocate()
        sums.deallocate()
    }

    @inline(__always)
    func leaveOut(_ lane: Int) {
        for corner in 0..<4 { samples[corner * Self.length + lane] = missing }
    }

    /// The corners of `count` pixels that lie side by side in the source, `width` pixels a row, from `corner` on.
    @inline(__always)
    func load(_ lane: Int, _ count: Int, _ corner: UnsafePointer<Element>, below width: Int) {
        let (to, length) = (samples + lane, Self.length)
        guard count > 4 else {
            for index in 0..<count {
                (to[index], to[length + index]) = (corner[index], corner[index + 1])
                (to[2 * length + index], to[3 * length + index]) = (corner[width + index], corner[width + index + 1])
            }
            return
        }
        to.update(from: corner, count: count)
        (to + length).update(from: corner + 1, count: count)
        (to + 2 * length).update(from: corner + width, count: count)
        (to + 3 * length).update(from: corner + width + 1, count: count)
    }

    /// Writes the mixtures of `count` pixels.
    ///
    /// - Parameters:
    ///   - target: Those without a valid source pixel, and those not wanted, stay as they are.
    ///   - count: `length` at most.
    ///   - wanted: Nil for all.
    ///   - right: How far right of the upper left one's centre, 0 to 1.
    ///   - down: How far below of it.
    @inline(__always)
    func mix(
        into target: UnsafeMutablePointer<Element>,
        count: Int,
        _ wanted: UnsafePointer<Bool>?,
        right: UnsafePointer<Float>,
        down: UnsafePointer<Float>
    ) {
        guard Element.pixelType.byteCount <= 2, isComplete(count) else {
            return mixValid(into: target, count: count, wanted, right: right, down: down)
        }
        mixAll(count, right: right, down: down)
        switch Element.pixelType {
        case .uint8: storeAll(UInt8.self, into: target, count: count, wanted)
        case .int8: storeAll(Int8.self, into: target, count: count, wanted)
        case .uint16: storeAll(UInt16.self, into: target, count: count, wanted)
        default: storeAll(Int16.self, into: target, count: count, wanted)
        }
    }

    /// True where none of the source pixels is missing.
    @inline(__always)
    private func isComplete(_ count: Int) -> Bool {
        let (length, missing, samples) = (Self.length, missing, samples)
        var found: UInt8 = 0
        for corner in 0..<4 {
            let row = samples + corner * length
            for lane in 0..<count { found |= row[lane] == missing ? 1 : 0 }
        }
        return found == 0
    }

    /// The mixtures of pixels whose source pixels are all there: by the same steps as with missing ones.
    @inline(__always)
    private func mixAll(_ count: Int, right: UnsafePointer<Float>, down: UnsafePointer<Float>) {
        let (length, values) = (Self.length, sums)
        let (a, b, c, d) = (samples, samples + length, samples + 2 * length, samples + 3 * length)
        for lane in 0..<count {
            let (x, y) = (right[lane], down[lane])
            let top = 1 - y
            let (wa, wb) = (top * (1 - x), top * x)
            let (wc, wd) = (y * (1 - x), y * x)
            let sum = wa * a[lane].single + wb * b[lane].single + wc * c[lane].single + wd * d[lane].single
            values[lane] = sum / (wa + wb + wc + wd)
        }
    }

    /// Rounds mixtures half up to integers of 16 bits or less; `Sample` is `Element`.
    @inline(__always)
    private func storeAll<Sample: FixedWidthInteger>(
        _: Sample.Type,
        into target: UnsafeMutablePointer<Element>,
        count: Int,
        _ wanted: UnsafePointer<Bool>?
    ) {
        let target = UnsafeMutableRawPointer(target).assumingMemoryBound(to: Sample.self)
        let values = sums
        let (missing, beside) = (
            Sample(truncatingIfNeeded: Int(missing.real)), Sample(truncatingIfNeeded: Int(beside.real))
        )
        @inline(__always)
        func mixed(_ lane: Int) -> Sample {
            // A number so large leaves no room for a fraction; whole numbers are then its lowest bits.
            let large: Float = 12_582_912
            let even = (values[lane] + large) - large
            let whole = even + (values[lane] - even == 0.5 ? 1 : 0)
            let sample = Sample(truncatingIfNeeded: (whole + large).bitPattern)
            return sample == missing ? beside : sample
        }
        if let wanted {
            for lane in 0..<count {
                let old = target[lane]
                target[lane] = wanted[lane] ? mixed(lane) : old
            }
        } else {
            for lane in 0..<count { target[lane] = mixed(lane) }
        }
    }

    @inline(__always)
    private func mixValid(
        into target: UnsafeMutablePointer<Element>,
        count: Int,
        _ wanted: UnsafePointer<Bool>?,
        right: UnsafePointer<Float>,
        down: UnsafePointer<Float>
    ) {
        // Names of their own, so that the compiler knows that nothing changes them and does several pixels at once.
        let (length, missing) = (Self.length, missing)
        let (a, b, c, d) = (samples, samples + length, samples + 2 * length, samples + 3 * length)
        let (values, totals) = (sums, sums + length)
        for lane in 0..<count {
            let (x, y) = (right[lane], down[lane])
            let isA: Float = a[lane] == missing || a[lane] != a[lane] ? 0 : 1
            let isB: Float = b[lane] == missing || b[lane] != b[lane] ? 0 : 1
            let isC: Float = c[lane] == missing || c[lane] != c[lane] ? 0 : 1
            let isD: Float = d[lane] == missing || d[lane] != d[lane] ? 0 : 1
            let own = y >= 0.5 ? (x >= 0.5 ? isD : isC) : (x >= 0.5 ? isB : isA)
            let (top, bottom) = (1 - y, y)
            let (wa, wb) = (isA * (top * (1 - x)), isB * (top * x))
            let (wc, wd) = (isC * (bottom * (1 - x)), isD * (bottom * x))
            let total = wa + wb + wc + wd
            // Missing ones may be infinite: their numbers must not be multiplied, not even by 0.
            let (va, vb) = (isA == 0 ? 0 : a[lane].single, isB == 0 ? 0 : b[lane].single)
            let (vc, vd) = (isC == 0 ? 0 : c[lane].single, isD == 0 ? 0 : d[lane].single)
            values[lane] = wa * va + wb * vb + wc * vc + wd * vd
            totals[lane] = own * total
        }
        let isInteger = !Element.pixelType.isFloat
        let beside = beside
        for lane in 0..<count where wanted?[lane] ?? true {
            let (total, old) = (totals[lane], target[lane])
            let value = Double(values[lane] / (total > 1e-5 ? total : 1))
            let mixed = Element(nearest: isInteger ? value.roundedHalfUp : value)
            let valid = mixed == missing ? beside : mixed
            target[lane] = total > 1e-5 ? valid : old
        }
    }
}

extension Double {
    /// The nearest whole number, of two the greater one; for numbers below 2 to the 51st, without a branch.
    @inline(__always)
    fileprivate var roundedHalfUp: Double {
        let large = 6_755_399_441_055_744.0
        let even = (self + large) - large
        return even + (self - even == 0.5 ? 1 : 0)
    }
}
