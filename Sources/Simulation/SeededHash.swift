/// Numbers that depend on a seed and a place alone, so that a landscape has one value at each point of the ground.
///
/// The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, 2014): two rounds of xor-shift and
/// multiplication over 64 bits. No state is kept: any order and any number of threads give the same bytes.
public struct SeededHash: Sendable, Hashable {
    public let seed: UInt64

    public init(seed: UInt64) { self.seed = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15) }

    /// An independent source for another purpose.
    public func derived(_ purpose: UInt64) -> SeededHash { SeededHash(seed: seed ^ Self.mix(purpose)) }

    /// 64 bits for a pair of whole numbers.
    @inline(__always)
    public func bits(_ x: Int, _ y: Int) -> UInt64 {
        let a = UInt64(bitPattern: Int64(x)) &* 0x9E37_79B9_7F4A_7C15
        let b = UInt64(bitPattern: Int64(y)) &* 0xC2B2_AE3D_27D4_EB4F
        return Self.mix(seed ^ a ^ (b &+ 0x1656_67B1_9E37_79F9))
    }

    /// A number in 0..<1 for a pair of whole numbers.
    @inline(__always)
    public func unit(_ x: Int, _ y: Int) -> Double { Double(bits(x, y) >> 11) * 0x1p-53 }

    /// About normally distributed with mean 0 and standard deviation 1: the sum of four 16-bit numbers.
    @inline(__always)
    public func normal(_ x: Int, _ y: Int) -> Double {
        let h = bits(x, y)
        let sum = (h & 0xFFFF) + (h >> 16 & 0xFFFF) + (h >> 32 & 0xFFFF) + (h >> 48)
        return (Double(sum) / 65535 - 2) * 1.732_050_8
    }

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
