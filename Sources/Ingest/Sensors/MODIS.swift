public import Documents
import Foundation
import Geo
import Raster

/// MODIS vegetation indices (MOD13Q1, MYD13Q1) and surface reflectance (MOD09): HDF files, or rasters made of them.
public struct MODIS: SceneReader {
    public let name = "modis"
    public let product = "modis_mod13q1"
    public let layout =
        "MOD13Q1, MOD09A1, MOD09Q1 or MOD09GA files (.hdf), or rasters with their band and date in the name"

    public init() {}

    /// Measurements by what stands in the names of files and of subdatasets.
    private static let bands: [(mark: String, name: String, scale: Double?)] = [
        ("ndvi", "ndvi", 0.0001), ("evi", "evi", 0.0001),
        ("vi quality", "vi_quality", nil), ("pixel reliability", "pixel_reliability", nil),
        ("red reflectance", "red", 0.0001), ("nir reflectance", "nir", 0.0001),
        ("blue reflectance", "blue", 0.0001), ("mir reflectance", "mir", 0.0001),
        ("composite day of the year", "day_of_year", nil),
        ("sur refl b01", "red", 0.0001), ("sur refl b02", "nir", 0.0001), ("sur refl b03", "blue", 0.0001),
        ("sur refl b04", "green", 0.0001), ("sur refl b05", "nir2", 0.0001), ("sur refl b06", "swir1", 0.0001),
        ("sur refl b07", "swir2", 0.0001), ("sur refl state", "state_qa", nil), ("state 1km", "state_qa", nil),
    ]

    private static func band(_ text: String) -> (mark: String, name: String, scale: Double?)? {
        let words = text.lowercased().split { !($0.isLetter || $0.isNumber) }.joined(separator: " ")
        return bands.first { " \(words) ".contains(" \($0.mark) ") || " \(words) ".contains(" \($0.mark) 1 ") }
    }

    /// Product, tile and date of a name, and the band of a raster.
    private static func classify(_ name: String) -> (key: String, band: String)? {
        let lower = name.lowercased()
        let isMODIS =
            lower.hasPrefix("mod13") || lower.hasPrefix("myd13") || lower.hasPrefix("mod09")
            || lower.hasPrefix("myd09") || lower.contains("modis")
        guard isMODIS, looksLikeRaster(name), let band = band(stem(name)), let found = NameDates.find(in: stem(name))
        else { return nil }
        let series = lower.firstMatch(of: #/m[oy]d(?:13|09)[a-z0-9]{2}/#).map { String($0.0) } ?? "modis"
        let tile = lower.firstMatch(of: #/(h\d\dv\d\d)|_(\d{6})(?=_)/#).map { ".\($0.1 ?? $0.2 ?? "")" } ?? ""
        return ("\(series)\(tile).\(Timestamp.day(found.date))", band.name)
    }

    private static func isHDF(_ path: String) -> Bool {
        guard lastPart(path).firstMatch(of: #/(?i)^m[oy]d(13|09)/#) != nil, let file = VirtualBytes(path) else {
            return false
        }
        // HDF4's signature.
        return file.bytes(at: 0, count: 4) == [0x0E, 0x03, 0x13, 0x01]
    }

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        guard place.isFolder else {
            return Self.isHDF(place.path) || Self.classify(place.name) != nil ? [place.path] : []
        }
        let groups = FileGroups.of(place.path, kind: name, names: place.names, Self.classify)
        let files = place.paths { $0.lowercased().hasSuffix(".hdf") }.filter(Self.isHDF)
        return groups.keys.sorted().map { "\(place.path)/\($0)" } + files
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let path = absolutePath(path)
        return [try (Self.isHDF(path) ? hdf(path, options) : rasters(path, options)).document(options)]
    }

    private func rasters(_ path: String, _ options: SceneOptions) throws -> FileScene {
        let groups = FileGroups.of(folder(of: path), kind: name, Self.classify)
        guard let group = groups[lastPart(path)], let date = NameDates.find(in: stem(lastPart(path)))?.date else {
            throw SceneError(path, "is no MODIS raster with band and date in its name", hint: "A scene is \(layout).")
        }
        let bands = group.files.map { file in
            FileScene.Band(
                file.band,
                "\(folder(of: path))/\(file.name)",
                scale: scale(of: file),
                offset: scale(of: file).map { _ in 0 }
            )
        }
        return scene(group.key, path, bands, date, options)
    }

    /// Rasters of real numbers hold values, integers their ten thousandfold.
    private func scale(of file: (band: String, name: String)) -> Double? {
        guard let scale = Self.band(stem(file.name))?.scale else { return nil }
        return file.name.lowercased().contains("float") ? nil : scale
    }

    private func hdf(_ path: String, _ options: SceneOptions) throws -> FileScene {
        let parts: [(name: String, description: String)]
        do {
            parts = try RasterFile(opening: path).subdatasets
        } catch {
            let reason = "cannot be read (\(error.messages.joined(separator: "; ")))"
            throw SceneError(path, reason, hint: "GDAL's driver HDF4 is needed; or convert it to GeoTIFF.")
        }
        let prefix = "HDF4_EOS:EOS_GRID:\"\(path)\":"
        let bands = parts.compactMap { part -> FileScene.Band? in
            guard part.name.hasPrefix(prefix), let known = Self.band(part.name) else { return nil }
            var band = FileScene.Band(known.name, path, scale: known.scale, offset: known.scale.map { _ in 0 })
            (band.layer, band.gdalName) = (String(part.name.dropFirst(prefix.count)), part.name)
            return band
        }
        guard !bands.isEmpty, let date = NameDates.find(in: stem(lastPart(path)))?.date else {
            throw SceneError(
                path,
                "holds no band that is known",
                hint: "MOD13Q1, MOD09A1, MOD09Q1 and MOD09GA are read."
            )
        }
        var scene = scene(stem(lastPart(path)), path, bands, date, options)
        scene.format = "HDF4_EOS:EOS_GRID"
        return scene
    }

    private func scene(
        _ identifier: String,
        _ path: String,
        _ bands: [FileScene.Band],
        _ date: Date,
        _ options: SceneOptions
    ) -> FileScene {
        let lower = identifier.lowercased()
        let series = lower.firstMatch(of: #/^m[oy]d(?:13|09)[a-z0-9]{2}/#).map { String($0.0) } ?? "mod13q1"
        let days = series.contains("13") ? 16 : series.hasSuffix("ga") ? 1 : 8
        let end = date.addingTimeInterval(Double(days) * 86_400 - 1e-6)
        var scene = FileScene(
            product: options.product ?? "modis_\(series)",
            identifier: identifier,
            path: path,
            bands: bands,
            time: TimeRange(begin: date, end: end)
        )
        scene.center = date
        scene.properties["eo:platform"] = series.hasPrefix("myd") ? "aqua" : "terra"
        scene.properties["eo:instrument"] = "MODIS"
        scene.properties["odc:product_family"] = series.contains("13") ? "vi" : "sr"
        scene.properties["odc:region_code"] = lower.firstMatch(of: #/h\d\dv\d\d/#).map { .string(String($0.0)) }
        return scene
    }
}
