import Foundation
import Geo

/// The metadata of a simulated Landsat scene: groups of keys, written as MTL text, JSON and XML.
struct LandsatMetadata: Sendable {
    /// A value and whether MTL text quotes it.
    struct Entry: Sendable {
        let key: String, value: String
        let isQuoted: Bool
    }
    let groups: [(name: String, entries: [Entry])]

    /// `_MTL.txt`.
    func text() -> String {
        var lines = ["GROUP = LANDSAT_METADATA_FILE"]
        for group in groups {
            lines.append("  GROUP = \(group.name)")
            lines += group.entries.map { "    \($0.key) = \($0.isQuoted ? "\"\($0.value)\"" : $0.value)" }
            lines.append("  END_GROUP = \(group.name)")
        }
        return (lines + ["END_GROUP = LANDSAT_METADATA_FILE", "END", ""]).joined(separator: "\n")
    }

    /// `_MTL.json`; all values are strings, as the USGS writes them.
    func json() -> String {
        let bodies = groups.map { group in
            let entries = group.entries.map { "\"\($0.key)\": \"\($0.value)\"" }
            return "\"\(group.name)\": {\(entries.joined(separator: ", "))}"
        }
        return "{\"LANDSAT_METADATA_FILE\": {\(bodies.joined(separator: ", "))}}"
    }

    /// `_MTL.xml`.
    func xml() -> String {
        var lines = [#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>"#, "<LANDSAT_METADATA_FILE>"]
        for group in groups {
            lines.append("  <\(group.name)>")
            lines += group.entries.map { "    <\($0.key)>\($0.value)</\($0.key)>" }
            lines.append("  </\(group.name)>")
        }
        return (lines + ["</LANDSAT_METADATA_FILE>", ""]).joined(separator: "\n")
    }

    init(
        product: String,
        tile: SimulatedTile,
        geoBox: GeoBox,
        time: Date,
        processed: Date,
        sun: SunPosition,
        cloudPercent: Double,
        corners: [Point]
    ) {
        let bands = 1...7
        let contents: [Entry] =
            [
                quoted("ORIGIN", "Simulated by antares"), quoted("LANDSAT_PRODUCT_ID", product),
                quoted("PROCESSING_LEVEL", "L2SP"),
                plain("COLLECTION_NUMBER", "02"), quoted("COLLECTION_CATEGORY", "T1"),
                quoted("OUTPUT_FORMAT", "GEOTIFF"),
            ]
            + bands.map { quoted("FILE_NAME_BAND_\($0)", "\(product)_SR_B\($0).TIF") }
            + [
                quoted("FILE_NAME_BAND_ST_B10", "\(product)_ST_B10.TIF"),
                quoted("FILE_NAME_QUALITY_L2_AEROSOL", "\(product)_SR_QA_AEROSOL.TIF"),
                quoted("FILE_NAME_QUALITY_L1_PIXEL", "\(product)_QA_PIXEL.TIF"),
                quoted("FILE_NAME_QUALITY_L1_RADIOMETRIC_SATURATION", "\(product)_QA_RADSAT.TIF"),
                quoted("FILE_NAME_METADATA_ODL", "\(product)_MTL.txt"),
                quoted("FILE_NAME_METADATA_XML", "\(product)_MTL.xml"),
            ] + bands.map { quoted("DATA_TYPE_BAND_\($0)", "UINT16") }
        let (path, row) = (Int(tile.name.prefix(3)) ?? 0, Int(tile.name.suffix(3)) ?? 0)
        let iso = Timestamp.iso(time)
        let attributes: [Entry] = [
            quoted("SPACECRAFT_ID", "LANDSAT_8"), quoted("SENSOR_ID", "OLI_TIRS"), plain("WRS_TYPE", "2"),
            plain("WRS_PATH", "\(path)"), plain("WRS_ROW", "\(row)"), plain("DATE_ACQUIRED", Timestamp.day(time)),
            quoted("SCENE_CENTER_TIME", String(iso.dropFirst(11).dropLast()).padded7 + "Z"),
            quoted("STATION_ID", "SIM"),
            plain("CLOUD_COVER", decimals(cloudPercent, 2)), plain("CLOUD_COVER_LAND", decimals(cloudPercent, 2)),
            plain("SUN_AZIMUTH", decimals(sun.azimuth, 8)), plain("SUN_ELEVATION", decimals(90 - sun.zenith, 8)),
        ]
        groups = [
            ("PRODUCT_CONTENTS", contents), ("IMAGE_ATTRIBUTES", attributes),
            ("PROJECTION_ATTRIBUTES", projection(tile: tile, geoBox: geoBox, corners: corners)),
            (
                "LEVEL2_PROCESSING_RECORD",
                [
                    quoted("LANDSAT_PRODUCT_ID", product), quoted("PROCESSING_LEVEL", "L2SP"),
                    plain("DATE_PRODUCT_GENERATED", Timestamp.iso(processed)),
                    quoted("PROCESSING_SOFTWARE_VERSION", "antares"),
                ]
            ),
            (
                "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS",
                bands.map { plain("REFLECTANCE_MULT_BAND_\($0)", "2.75e-05") }
                    + bands.map { plain("REFLECTANCE_ADD_BAND_\($0)", "-0.2") }
            ),
            (
                "LEVEL2_SURFACE_TEMPERATURE_PARAMETERS",
                [plain("TEMPERATURE_MULT_BAND_ST_B10", "0.00341802"), plain("TEMPERATURE_ADD_BAND_ST_B10", "149.0")]
            ),
        ]
    }
}

private func quoted(_ key: String, _ value: String) -> LandsatMetadata.Entry {
    .init(key: key, value: value, isQuoted: true)
}
private func plain(_ key: String, _ value: String) -> LandsatMetadata.Entry {
    .init(key: key, value: value, isQuoted: false)
}

/// Corners are the centres of the corner pixels, as the USGS gives them.
private func projection(tile: SimulatedTile, geoBox: GeoBox, corners: [Point]) -> [LandsatMetadata.Entry] {
    let half = geoBox.resolution.x / 2
    let box = geoBox.bounds
    let (left, right) = (box.left + half, box.right - half)
    let (bottom, top) = (box.bottom + half, box.top - half)
    let places = [("UL", left, top), ("UR", right, top), ("LL", left, bottom), ("LR", right, bottom)]
    return [
        quoted("MAP_PROJECTION", "UTM"), quoted("DATUM", "WGS84"), quoted("ELLIPSOID", "WGS84"),
        plain("UTM_ZONE", "\(tile.zone.number)"), plain("GRID_CELL_SIZE_REFLECTIVE", "30.00"),
        plain("GRID_CELL_SIZE_THERMAL", "30.00"), plain("REFLECTIVE_LINES", "\(geoBox.height)"),
        plain("REFLECTIVE_SAMPLES", "\(geoBox.width)"), quoted("ORIENTATION", "NORTH_UP"),
    ]
        + zip(["UL", "UR", "LR", "LL"], corners).flatMap { name, degrees in
            [
                plain("CORNER_\(name)_LAT_PRODUCT", decimals(degrees.y, 5)),
                plain("CORNER_\(name)_LON_PRODUCT", decimals(degrees.x, 5)),
            ]
        }
        + places.flatMap { name, x, y in
            [
                plain("CORNER_\(name)_PROJECTION_X_PRODUCT", decimals(x, 3)),
                plain("CORNER_\(name)_PROJECTION_Y_PRODUCT", decimals(y, 3)),
            ]
        }
}

private func decimals(_ value: Double, _ count: Int) -> String { String(format: "%.\(count)f", value) }

extension String {
    /// A clock time with seven digits behind the point.
    fileprivate var padded7: String {
        let text = contains(".") ? self : self + "."
        let digits =
            text.count - (text.firstIndex(of: ".").map { text.distance(from: text.startIndex, to: $0) } ?? 0) - 1
        return text + String(repeating: "0", count: max(0, 7 - digits))
    }
}
