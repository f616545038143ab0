import Geo

/// The ground under the pixels of one grid: what does not depend on the date.
struct GroundLayer: Sendable {
    let geoBox: GeoBox
    private(set) var slope: [Float], aspect: [Float], texture: [Float], changeTime: [Float]
    private(set) var before: [UInt8], after: [UInt8]
    private(set) var phase: [Int8]

    /// Each pixel takes the ground at its centre.
    init(_ landscape: Landscape, geoBox: GeoBox, northingOffset: Double) {
        self.geoBox = geoBox
        let count = geoBox.pixelCount
        (slope, aspect) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        (texture, changeTime) = ([Float](repeating: 1, count: count), [Float](repeating: .infinity, count: count))
        (before, after) = ([UInt8](repeating: 0, count: count), [UInt8](repeating: 0, count: count))
        phase = [Int8](repeating: 0, count: count)
        var index = 0
        for row in 0..<geoBox.height {
            for column in 0..<geoBox.width {
                var place = geoBox.affine.apply(column: Double(column) + 0.5, row: Double(row) + 0.5)
                place.y += northingOffset
                let ground = landscape.ground(at: place)
                (slope[index], aspect[index]) = (Float(ground.slope), Float(ground.aspect))
                texture[index] = Float(ground.texture)
                (before[index], after[index]) = (ground.before.rawValue, ground.after.rawValue)
                phase[index] = Int8(ground.phase.rounded())
                if let time = ground.changeTime { changeTime[index] = Float(time) }
                index += 1
            }
        }
    }

    /// The class of a pixel at a share of the simulated period.
    @inline(__always)
    func cover(_ index: Int, at time: Float) -> UInt8 { changeTime[index] <= time ? after[index] : before[index] }
}
