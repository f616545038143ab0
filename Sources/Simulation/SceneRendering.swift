import Foundation
import Geo

/// What covers a pixel of a scene; the raw values grow with the cloud.
enum SkyState: UInt8, Sendable { case outside, clear, shadow, cirrus, mediumCloud, highCloud }

/// The conditions of one scene, shared by its bands.
struct SceneConditions: Sendable {
    let date: Date
    let sun: SunPosition
    let clouds: CloudField
    /// The share of the simulated period that has passed.
    let time: Float
    let isSouthern: Bool
    let northingOffset: Double
    let swathEdge: Double?
    let noise: SeededHash
}

/// The pixels of one scene on one grid, before they become a sensor's digital numbers.
struct RenderedScene: Sendable {
    let geoBox: GeoBox
    /// Reflectance as a fraction, for each band asked for; meaningless where the sky is `outside`.
    let reflectance: [SpectralBand: [Float]]
    /// Raw values of `SkyState`.
    let sky: [UInt8]
    /// Raw values of `LandCover`.
    let cover: [UInt8]
    /// Light on the ground relative to level ground in full sun.
    let light: [Float]
    /// How opaque the clouds are, 0...1.
    let cloud: [Float]

    /// The share of pixels with data that a predicate on the sky picks.
    func share(where predicate: (SkyState) -> Bool) -> Double {
        var (hits, valid) = (0, 0)
        for value in sky where value != SkyState.outside.rawValue {
            valid += 1
            if let state = SkyState(rawValue: value), predicate(state) { hits += 1 }
        }
        return valid == 0 ? 0 : Double(hits) / Double(valid)
    }
}

/// Reflectance of a thick cloud, by band.
private let cloudSpectrum: [Float] = [0.62, 0.62, 0.62, 0.63, 0.63, 0.64, 0.65, 0.65, 0.65, 0.58, 0.46, 0.38]
/// How much of the direct light a full shadow takes.
private let shadowDepth: Float = 0.9

/// Renders the bands of a scene on the grid of a layer.
func render(_ ground: GroundLayer, _ conditions: SceneConditions, bands: [SpectralBand]) -> RenderedScene {
    let geoBox = ground.geoBox
    let count = geoBox.pixelCount
    var sky = [UInt8](repeating: SkyState.outside.rawValue, count: count)
    var cover = [UInt8](repeating: 0, count: count)
    var (light, cloud) = ([Float](repeating: 1, count: count), [Float](repeating: 0, count: count))
    var places = [(x: Int32, y: Int32)](repeating: (0, 0), count: count)
    var index = 0
    for row in 0..<geoBox.height {
        for column in 0..<geoBox.width {
            defer { index += 1 }
            var place = geoBox.affine.apply(column: Double(column) + 0.5, row: Double(row) + 0.5)
            if let edge = conditions.swathEdge, place.x < edge { continue }
            place.y += conditions.northingOffset
            places[index] = (Int32(place.x.rounded(.down)), Int32(place.y.rounded(.down)))
            cover[index] = ground.cover(index, at: conditions.time)
            let opacity = Float(conditions.clouds.opacity(place))
            let shadow = Float(conditions.clouds.shadow(place))
            let isWater = cover[index] == LandCover.water.rawValue
            let lit = Float(
                Illumination.factor(
                    slope: isWater ? 0 : Double(ground.slope[index]),
                    aspect: Double(ground.aspect[index]),
                    sun: conditions.sun
                )
            )
            light[index] = lit - (lit - Float(Illumination.diffuseFraction)) * shadow * shadowDepth
            cloud[index] = opacity
            sky[index] = skyState(opacity: opacity, shadow: shadow).rawValue
        }
    }
    let day = Double(Calendar.utcGregorian.ordinality(of: .day, in: .year, for: conditions.date) ?? 1)
    let table = SpectrumTable(day: day, isSouthern: conditions.isSouthern)
    var reflectance: [SpectralBand: [Float]] = [:]
    for band in bands {
        let noise = conditions.noise.derived(UInt64(band.rawValue))
        let bright = cloudSpectrum[band.rawValue]
        var values = [Float](repeating: 0, count: count)
        for index in 0..<count where sky[index] != SkyState.outside.rawValue {
            let spectrum = table[cover[index], ground.phase[index], band]
            var value = spectrum * light[index] * ground.texture[index]
            let opacity = cloud[index]
            if opacity > 0 { value += opacity * (bright * (0.75 + 0.35 * opacity) - value) }
            let grain = Float(noise.normal(Int(places[index].x), Int(places[index].y)))
            values[index] = max(value + grain * (0.0015 + 0.008 * value), 0.0005)
        }
        reflectance[band] = values
    }
    return RenderedScene(
        geoBox: geoBox,
        reflectance: reflectance,
        sky: sky,
        cover: cover,
        light: light,
        cloud: cloud
    )
}

@inline(__always)
private func skyState(opacity: Float, shadow: Float) -> SkyState {
    if opacity > 0.6 { return .highCloud }
    if opacity > 0.25 { return .mediumCloud }
    if opacity > 0.06 { return .cirrus }
    return shadow > 0.3 ? .shadow : .clear
}

/// The spectra of all classes on one day, for every whole day by which the season may be shifted.
private struct SpectrumTable {
    private static let reach = 16
    private let values: [Float]

    init(day: Double, isSouthern: Bool) {
        var values: [Float] = []
        for raw in 0...UInt8(LandCover.allCases.count) {
            for phase in -Self.reach...Self.reach {
                guard let cover = LandCover(rawValue: raw) else {
                    values += [Float](repeating: 0, count: SpectralBand.allCases.count)
                    continue
                }
                let spectrum = Reflectance.spectrum(of: cover, day: day - Double(phase), isSouthern: isSouthern)
                values += spectrum.map { Float($0) }
            }
        }
        self.values = values
    }

    @inline(__always)
    subscript(cover: UInt8, phase: Int8, band: SpectralBand) -> Float {
        let row = Int(cover) * (2 * Self.reach + 1) + Int(phase) + Self.reach
        return values[row * SpectralBand.allCases.count + band.rawValue]
    }
}
