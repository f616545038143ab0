import Foundation
import Geo
import Raster

/// The scene classification of sen2cor, as far as it is simulated.
enum SceneClass: UInt8 {
    case noData = 0
    case dark = 2
    case cloudShadow, vegetation, notVegetated, water
    case cloudMedium = 8
    case cloudHigh, thinCirrus
}

/// Writes one scene as a SAFE folder of Sentinel-2 Level-2A.
struct Sentinel2Writer: Sendable {
    let plan: SimulationPlan
    /// The folder in which the SAFE folder is made.
    let folder: String

    static func bands(resolution: Int, baseline: String) -> [SpectralBand] {
        switch resolution {
        case 10: [.b02, .b03, .b04, .b08]
        case 20: ((Double(baseline) ?? 0) >= 4 ? [.b01] : []) + [.b02, .b03, .b04, .b05, .b06, .b07, .b8a, .b11, .b12]
        default: [.b01, .b02, .b03, .b04, .b05, .b06, .b07, .b8a, .b09, .b11, .b12]
        }
    }

    /// Writes the scene; returns its SAFE folder and its share of clouds.
    func write(
        _ tile: SimulatedTile,
        index: Int,
        day: Date,
        layers: [Int: GroundLayer],
        conditions: SceneConditions
    ) throws -> SimulatedScene {
        let names = Sentinel2Names(plan: plan, tile: tile, index: index, day: day)
        let safe = "\(folder)/\(names.product).SAFE"
        let granule = "\(safe)/GRANULE/\(names.granule)"
        var bands: [(resolution: Int, names: [String])] = []
        var content: [(name: String, percent: Double)] = []
        var cloudShare = 0.0
        let offset: Float = (Double(plan.baseline) ?? 0) >= 4 ? 1000 : 0
        for resolution in plan.resolutions.sorted() {
            guard let layer = layers[resolution] else { continue }
            let written = Self.bands(resolution: resolution, baseline: plan.baseline)
            let near: [SpectralBand] = resolution == 10 ? [] : [.b8a]
            let scene = render(layer, conditions, bands: written + near.filter { !written.contains($0) })
            let images = "\(granule)/IMG_DATA/R\(resolution)m"
            for band in written {
                guard let values = scene.reflectance[band] else { continue }
                let numbers = zip(values, scene.sky).map { value, sky -> UInt16 in
                    guard sky != SkyState.outside.rawValue else { return 0 }
                    return UInt16(min(max((value * 10_000 + offset).rounded(), 1), 65_535))
                }
                try save(numbers, scene.geoBox, "\(images)/\(names.bandFile(band.name, resolution: resolution))")
            }
            var listed = written.map(\.name)
            if resolution > 10 {
                let classes = sceneClasses(scene)
                try save(classes, scene.geoBox, "\(images)/\(names.bandFile("SCL", resolution: resolution))")
                let probability = zip(scene.cloud, scene.sky).map { cloud, sky in
                    sky == SkyState.outside.rawValue ? 0 : UInt8((cloud * 100).rounded())
                }
                try save(probability, scene.geoBox, "\(granule)/QI_DATA/MSK_CLDPRB_\(resolution)m")
                listed.append("SCL")
                if content.isEmpty { content = contentIndicators(classes) }
            }
            cloudShare = scene.share { $0 == .mediumCloud || $0 == .highCloud || $0 == .cirrus }
            if content.isEmpty, resolution == plan.resolutions.max() {
                content = [("CLOUDY_PIXEL_PERCENTAGE", cloudShare * 100)]
            }
            bands.append((resolution, listed))
        }
        let metadata = Sentinel2Metadata(
            names: names,
            tile: tile,
            sun: conditions.sun,
            bands: bands,
            format: plan.format,
            content: content,
            footprint: try tile.footprint()
        )
        try AtomicFile.write(Data(metadata.granule().utf8), to: "\(granule)/MTD_TL.xml")
        try AtomicFile.write(Data(metadata.product().utf8), to: "\(safe)/MTD_MSIL2A.xml")
        return SimulatedScene(path: safe, tile: tile.name, time: names.sensingTime, cloudShare: cloudShare)
    }

    private func save<Element: PixelElement>(_ pixels: [Element], _ geoBox: GeoBox, _ path: String) throws {
        let isJPEG = plan.format == .jp2
        try RasterOutput.write(
            bands: [pixels],
            on: geoBox,
            to: path + (isJPEG ? ".jp2" : ".tif"),
            format: isJPEG ? .jpeg2000 : .geoTIFF
        )
    }
}

/// The scene classification that fits the sky, the light and the reflectance of each pixel.
func sceneClasses(_ scene: RenderedScene) -> [UInt8] {
    let (red, nir) = (scene.reflectance[.b04] ?? [], scene.reflectance[.b8a] ?? [])
    return scene.sky.indices.map { index -> UInt8 in
        let sceneClass: SceneClass =
            switch SkyState(rawValue: scene.sky[index]) ?? .outside {
            case .outside: .noData
            case .highCloud: .cloudHigh
            case .mediumCloud: .cloudMedium
            case .cirrus: .thinCirrus
            case .shadow: .cloudShadow
            case .clear:
                if scene.cover[index] == LandCover.water.rawValue {
                    .water
                } else if scene.light[index] < 0.4 {
                    .dark
                } else {
                    (nir[index] - red[index]) / (nir[index] + red[index]) > 0.38 ? .vegetation : .notVegetated
                }
            }
        return sceneClass.rawValue
    }
}

/// Percentages of the classes; those of sen2cor count from the pixels with data.
private func contentIndicators(_ classes: [UInt8]) -> [(name: String, percent: Double)] {
    var counts = [Int](repeating: 0, count: 12)
    for value in classes { counts[Int(value)] += 1 }
    let valid = max(classes.count - counts[0], 1)
    func percent(_ values: Int...) -> Double {
        let share = Double(values.reduce(0) { $0 + counts[$1] }) / Double(valid)
        return (share * 100e6).rounded() / 1e6
    }
    let empty = (Double(counts[0]) / Double(max(classes.count, 1)) * 100e6).rounded() / 1e6
    return [
        ("CLOUDY_PIXEL_PERCENTAGE", percent(8, 9, 10)), ("NODATA_PIXEL_PERCENTAGE", empty),
        ("DARK_FEATURES_PERCENTAGE", percent(2)), ("CLOUD_SHADOW_PERCENTAGE", percent(3)),
        ("VEGETATION_PERCENTAGE", percent(4)), ("NOT_VEGETATED_PERCENTAGE", percent(5)),
        ("WATER_PERCENTAGE", percent(6)), ("UNCLASSIFIED_PERCENTAGE", percent(7)),
        ("MEDIUM_PROBA_CLOUDS_PERCENTAGE", percent(8)), ("HIGH_PROBA_CLOUDS_PERCENTAGE", percent(9)),
        ("THIN_CIRRUS_PERCENTAGE", percent(10)), ("SNOW_ICE_PERCENTAGE", percent(11)),
    ]
}

extension SimulatedTile {
    /// The corners of the part with data in degrees, closed.
    func footprint() throws -> [Point] {
        let valid = BoundingBox(
            left: swathEdge ?? bounds.left,
            bottom: bounds.bottom,
            right: bounds.right,
            top: bounds.top
        )
        let toDegrees = try CoordinateTransform(from: crs, to: .wgs84)
        return toDegrees.apply(valid.corners + [valid.corners[0]])
    }
}
