/// Where kernels get the values of some neighbouring pixels from, as keys.
protocol ChunkSource {
    associatedtype Map: KeyMap
    var map: Map { get }
    /// Fills `keys` with those of `count` pixels from `first` on, at one date.
    func load(date: Int, first: Int, count: Int, into keys: UnsafeMutablePointer<Map.Key>)
}

struct UInt16Source: ChunkSource {
    let samples: UnsafePointer<UInt16>
    let pixelCount: Int
    let map: IntegerKeyMap

    @inline(__always)
    func load(date: Int, first: Int, count: Int, into keys: UnsafeMutablePointer<Int16>) {
        let from = samples + (date * pixelCount + first)
        let map = map
        for lane in 0..<count { keys[lane] = map.key(Int16(bitPattern: from[lane] ^ 0x8000)) }
    }
}

struct Int16Source: ChunkSource {
    let samples: UnsafePointer<Int16>
    let pixelCount: Int
    let map: IntegerKeyMap

    @inline(__always)
    func load(date: Int, first: Int, count: Int, into keys: UnsafeMutablePointer<Int16>) {
        let from = samples + (date * pixelCount + first)
        let map = map
        for lane in 0..<count { keys[lane] = map.key(from[lane]) }
    }
}

struct FloatSource: ChunkSource {
    let samples: UnsafePointer<Float>
    let pixelCount: Int
    let map = FloatKeyMap()

    @inline(__always)
    func load(date: Int, first: Int, count: Int, into keys: UnsafeMutablePointer<Float>) {
        let from = samples + (date * pixelCount + first)
        for lane in 0..<count { keys[lane] = abs(from[lane]) < .infinity ? from[lane] : .infinity }
    }
}

struct DoubleSource: ChunkSource {
    let samples: UnsafePointer<Double>
    let pixelCount: Int
    let map = DoubleKeyMap()

    @inline(__always)
    func load(date: Int, first: Int, count: Int, into keys: UnsafeMutablePointer<Double>) {
        let from = samples + (date * pixelCount + first)
        for lane in 0..<count { keys[lane] = abs(from[lane]) < .infinity ? from[lane] : .infinity }
    }
}
