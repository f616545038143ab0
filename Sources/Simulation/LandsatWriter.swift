import Foundation
import Geo
import Raster

/// Writes one scene as a folder of Landsat 8, Collection 2, Level 2.
struct LandsatWriter: Sendable {
    let plan: SimulationPlan
    /// The folder in which the scene's folder is made.
    let folder: String

    /// The simulated bands under Landsat's numbers 1...7.
    static let bands: [SpectralBand] = [.b01, .b02, .b03, .b04, .b8a, .b11, .b12]

    /// Writes the scene; returns its folder and its share of clouds.
    func write(
        _ tile: SimulatedTile,
        index: Int,
        day: Date,
        layer: GroundLayer,
        conditions: SceneConditions
    ) throws -> SimulatedScene {
        let time = plan.sensingTime(on: day).addingTimeInterval(Double(index) * 23.9)
        let processed = Date(
            timeIntervalSince1970: (time.timeIntervalSince1970 / 86400).rounded(.down) * 86400 + 14 * 86400
        )
        let (acquired, made) = (Timestamp.compact(time).prefix(8), Timestamp.compact(processed).prefix(8))
        let product = "LC08_L2SP_\(tile.name)_\(acquired)_\(made)_02_T1"
        let path = "\(folder)/\(product)"
        let scene = render(layer, conditions, bands: Self.bands)
        for (number, band) in Self.bands.enumerated() {
            guard let values = scene.reflectance[band] else { continue }
            let numbers = zip(values, scene.sky).map { value, sky -> UInt16 in
                sky == SkyState.outside.rawValue ? 0 : UInt16(min(max(((value + 0.2) / 2.75e-5).rounded(), 1), 65_535))
            }
            try save(numbers, scene.geoBox, "\(path)/\(product)_SR_B\(number + 1).TIF", nodata: 0)
        }
        try save(surfaceTemperature(scene), scene.geoBox, "\(path)/\(product)_ST_B10.TIF", nodata: 0)
        try save(
            scene.sky.indices.map { pixelQuality(scene, $0) },
            scene.geoBox,
            "\(path)/\(product)_QA_PIXEL.TIF",
            nodata: 1
        )
        let saturation = [UInt16](repeating: 0, count: scene.sky.count)
        try save(saturation, scene.geoBox, "\(path)/\(product)_QA_RADSAT.TIF", nodata: nil)
        let aerosol = scene.sky.map { $0 == SkyState.outside.rawValue ? UInt8(1) : 66 }
        try save(aerosol, scene.geoBox, "\(path)/\(product)_SR_QA_AEROSOL.TIF", nodata: 1)
        let share = scene.share { $0 == .mediumCloud || $0 == .highCloud }
        let metadata = LandsatMetadata(
            product: product,
            tile: tile,
            geoBox: scene.geoBox,
            time: time,
            processed: processed,
            sun: conditions.sun,
            cloudPercent: share * 100,
            corners: try tile.footprint()
        )
        try AtomicFile.write(Data(metadata.json().utf8), to: "\(path)/\(product)_MTL.json")
        try AtomicFile.write(Data(metadata.xml().utf8), to: "\(path)/\(product)_MTL.xml")
        try AtomicFile.write(Data(metadata.text().utf8), to: "\(path)/\(product)_MTL.txt")
        return SimulatedScene(path: path, tile: tile.name, time: time, cloudShare: share)
    }

    private func save<Element: PixelElement>(_ pixels: [Element], _ box: GeoBox, _ path: String, nodata: Double?) throws
    {
        try RasterOutput.write(bands: [pixels], on: box, to: path, format: .geoTIFF, nodata: nodata)
    }

    /// Kelvin in steps of 0.00341802 from 149 K: warm dry ground, cool water, cold clouds.
    private func surfaceTemperature(_ scene: RenderedScene) -> [UInt16] {
        let (red, nir) = (scene.reflectance[.b04] ?? [], scene.reflectance[.b8a] ?? [])
        return scene.sky.indices.map { index in
            guard scene.sky[index] != SkyState.outside.rawValue else { return 0 }
            let ndvi = (nir[index] - red[index]) / (nir[index] + red[index])
            let isWater = scene.cover[index] == LandCover.water.rawValue
            let ground: Float = isWater ? 295 : 314 - 16 * min(max(ndvi, 0), 1) + 6 * (scene.light[index] - 1)
            let kelvin = ground + scene.cloud[index] * (262 - ground)
            return UInt16(((kelvin - 149) / 0.00341802).rounded())
        }
    }
}

/// The bits of Collection 2's QA_PIXEL: 0 fill, 1 dilated cloud, 2 cirrus, 3 cloud, 4 shadow, 5 snow, 6 clear, 7 water,
/// and pairs of confidence from 8 on (cloud, shadow, snow, cirrus).
func pixelQuality(_ scene: RenderedScene, _ index: Int) -> UInt16 {
    let low: UInt16 = 1 << 8 | 1 << 10 | 1 << 12 | 1 << 14
    let water: UInt16 = scene.cover[index] == LandCover.water.rawValue ? 1 << 7 : 0
    return switch SkyState(rawValue: scene.sky[index]) ?? .outside {
    case .outside: 1
    case .clear: low | 1 << 6 | water
    case .shadow: low | 1 << 6 | 1 << 4 | 3 << 10 | water
    case .cirrus: low | 1 << 6 | 1 << 2 | 3 << 14 | water
    case .mediumCloud: low & ~(3 << 8) | 1 << 3 | 2 << 8 | water
    case .highCloud: low | 1 << 3 | 3 << 8
    }
}
