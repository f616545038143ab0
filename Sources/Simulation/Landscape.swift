import Foundation
public import Geo

/// The ground at one place: what grows there, how it lies, and what becomes of it.
public struct GroundPoint: Sendable, Hashable {
    /// Metres above the sea.
    public var elevation: Double
    /// In radians, 0 is level.
    public var slope: Double
    /// The direction in which the slope falls, in radians clockwise from north.
    public var aspect: Double
    /// The class before any change.
    public var before: LandCover
    /// The class after the change; the same as `before` where nothing changes.
    public var after: LandCover
    /// When the change happens, as a share of the simulated period; nil where nothing changes.
    public var changeTime: Double?
    /// By how many days the season comes later here.
    public var phase: Double
    /// Factor on the reflectance, around 1.
    public var texture: Double
}

/// A landscape without end: every property is a function of the seed and the position in metres (UTM easting and
/// northing, northing negative south of the equator), so that overlapping tiles of one zone agree.
public struct Landscape: Sendable {
    /// The share of the patches that change class.
    public let changeFraction: Double
    private let terrain: Terrain
    private let fieldHash: SeededHash, townHash: SeededHash, patchHash: SeededHash
    private let moisture: ValueNoise, groves: ValueNoise, edges: ValueNoise, grain: ValueNoise

    /// - Parameters:
    ///   - seed: Two landscapes of one seed are equal.
    ///   - changeFraction: The share of the patches that change class, 0...1.
    public init(seed: UInt64, changeFraction: Double = 0.04) {
        let hash = SeededHash(seed: seed)
        self.changeFraction = changeFraction
        terrain = Terrain(hash)
        (fieldHash, townHash, patchHash) = (hash.derived(3), hash.derived(4), hash.derived(5))
        (moisture, groves) = (ValueNoise(hash.derived(6)), ValueNoise(hash.derived(7)))
        (edges, grain) = (ValueNoise(hash.derived(8)), ValueNoise(hash.derived(9)))
    }

    /// Metres above the sea.
    public func elevation(at p: Geo.Point) -> Double { terrain.point(p.x, p.y).elevation }

    /// All properties of a place.
    public func ground(at p: Geo.Point) -> GroundPoint {
        let (x, y) = (p.x, p.y)
        let relief = terrain.point(x, y)
        let (slope, aspect) = terrain.gradient(x, y, elevation: relief.elevation)
        let field = cell(x, y, size: 260, hash: fieldHash)
        let before = cover(x, y, relief: relief, slope: slope, field: field)
        var ground = GroundPoint(
            elevation: relief.elevation,
            slope: slope,
            aspect: aspect,
            before: before,
            after: before,
            changeTime: nil,
            phase: (fieldHash.unit(field.x, field.y &+ 7919) - 0.5) * 24,
            texture: 0.88 + 0.24 * grain.fractal(x, y, wavelength: 90, octaves: 3, gain: 0.7)
        )
        if before == .irrigatedCrop || before == .rainfedCrop || before == .pasture {
            ground.texture *= 0.94 + 0.12 * fieldHash.unit(field.x &+ 104_729, field.y)
        }
        let patch = cell(x, y, size: 420, hash: patchHash)
        if patchHash.unit(patch.x &+ 31, patch.y) < changeFraction,
            let successor = before.successor(patchHash.unit(patch.x, patch.y &+ 57))
        {
            ground.after = successor
            ground.changeTime = 0.1 + 0.8 * patchHash.unit(patch.x &+ 77, patch.y &+ 77)
        }
        return ground
    }

    private func cover(_ x: Double, _ y: Double, relief: Terrain.Point, slope: Double, field: TileIndex) -> LandCover {
        let isRiver = relief.valley < 0.016 && relief.height < 0.7
        if relief.height < Terrain.lakeLevel || isRiver { return .water }
        let degrees = slope * 180 / .pi
        if degrees < 14, isTown(x, y) { return .urban }
        let wet = moisture.fractal(x, y, wavelength: 5_000, octaves: 5, gain: 0.5)
        if relief.height > 0.72 || degrees > 17 {
            let rock = grain.fractal(x, y, wavelength: 700, octaves: 4, gain: 0.55)
            if rock > 0.66, degrees > 12 { return .bare }
            return wet + 0.2 * (relief.height - 0.6) > 0.5 ? .forest : .dryForest
        }
        if groves.fractal(x, y, wavelength: 1_600, octaves: 4, gain: 0.5) > 0.6 {
            return wet > 0.5 ? .forest : .dryForest
        }
        let random = fieldHash.unit(field.x, field.y)
        let irrigated = relief.valley < 0.22 || relief.height < 0.16 ? 0.55 : 0.12
        if random < irrigated { return .irrigatedCrop }
        let rest = (random - irrigated) / (1 - irrigated)
        return rest < 0.48 ? .rainfedCrop : rest < 0.9 ? .pasture : .bare
    }

    /// Towns lie one to a cell of 5 km, of very different size, with ragged edges.
    private func isTown(_ x: Double, _ y: Double) -> Bool {
        let size = 5_000.0
        let (cx, cy) = (Int((x / size).rounded(.down)), Int((y / size).rounded(.down)))
        for j in (cy - 1)...(cy + 1) {
            for i in (cx - 1)...(cx + 1) {
                let px = (Double(i) + 0.15 + 0.7 * townHash.unit(i, j)) * size
                let py = (Double(j) + 0.15 + 0.7 * townHash.unit(i &+ 999, j)) * size
                let draw = townHash.unit(i, j &+ 999)
                let radius = 300 + 1_500 * draw * draw
                let distance = ((x - px) * (x - px) + (y - py) * (y - py)).squareRoot()
                guard distance < radius * 1.7 else { continue }
                if distance < radius * (0.35 + 1.3 * edges.fractal(x, y, wavelength: 800, octaves: 4)) { return true }
            }
        }
        return false
    }

    /// The parcel in which a place lies: cells around jittered points, with straight edges.
    private func cell(_ x: Double, _ y: Double, size: Double, hash: SeededHash) -> TileIndex {
        let (u, v) = ((0.94 * x + 0.34 * y) / size, (-0.34 * x + 0.94 * y) / (size * 1.3))
        let (cu, cv) = (Int(u.rounded(.down)), Int(v.rounded(.down)))
        var nearest = (distance: Double.infinity, x: cu, y: cv)
        for j in (cv - 1)...(cv + 1) {
            for i in (cu - 1)...(cu + 1) {
                let bits = hash.bits(i, j)
                let du = Double(i) + 0.2 + 0.6 * Double(bits & 0xFFFF) / 65535 - u
                let dv = Double(j) + 0.2 + 0.6 * Double(bits >> 16 & 0xFFFF) / 65535 - v
                let distance = max(abs(du), abs(dv)) + 0.35 * min(abs(du), abs(dv))
                if distance < nearest.distance { nearest = (distance, i, j) }
            }
        }
        return TileIndex(x: nearest.x, y: nearest.y)
    }
}
