public import Documents
import Foundation
import Geo

/// Sentinel-1 backscatter, VH and VV, terrain-corrected: what SNAP writes, and the RTC products of several archives.
///
/// Of antares3's folders (`20170103T004512_…_VH_…filtered.tif`) the filtered files are taken.
public struct Sentinel1: SceneReader {
    public let name = "s1_grd_vh_vv"
    public let product = "s1_esa_scene"
    public let layout = "a folder (or pairs of files in it) with VH and VV as rasters and the time in the names"

    public init() {}

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        guard place.isFolder, !Self.pairs(place).isEmpty else { return [] }
        return Self.pairs(place).count == 1 ? [place.path] : Self.pairs(place).map { "\(place.path)/\($0.vv)" }
    }

    /// Files of one scene: their names differ in the polarisation only.
    private static func pairs(_ place: ScenePlace) -> [(key: String, vh: String, vv: String)] {
        var rasters = place.names.filter(looksLikeRaster)
        let filtered = rasters.filter { stem($0).lowercased().hasSuffix("filtered") }
        if !filtered.isEmpty { rasters = filtered }
        var found: [String: [String: String]] = [:]
        for name in rasters {
            guard let match = name.firstMatch(of: #/(?i)(?:^|[_\-.])(vh|vv)(?=[_\-.])/#) else { continue }
            let key = name.replacing(#/(?i)(^|[_\-.])(vh|vv)(?=[_\-.])/#) { "\($0.1)*" }
            found[key, default: [:]][String(match.1).lowercased()] = name
        }
        return found.compactMap { key, files in
            guard let vh = files["vh"], let vv = files["vv"], time(in: key) ?? time(in: place.name) != nil else {
                return nil
            }
            return (key, vh, vv)
        }.sorted { $0.key < $1.key }
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let path = absolutePath(path)
        let isFile = looksLikeRaster(lastPart(path))
        let folder = isFile ? String(path.dropLast(lastPart(path).count + 1)) : path
        let place = ScenePlace(folder, isFolder: true)
        let pairs = Self.pairs(place).filter { !isFile || $0.vv == lastPart(path) }
        guard let pair = pairs.first else {
            throw SceneError(
                path,
                "holds no pair of VH and VV with a time in their names",
                hint: "A scene is \(layout)."
            )
        }
        guard let range = Self.time(in: pair.key) ?? Self.time(in: place.name) else {
            throw SceneError(path, "tells no time", hint: "Name the files (or the folder) YYYYMMDDTHHMMSS_….")
        }
        let isNamed = Self.time(in: place.name) != nil && pairs.count == 1 && !isFile
        let identifier = isNamed ? place.name : stem(pair.vv).replacing(#/(?i)[_\-.]vv(?=[_\-.]|$)/#, with: "")
        var scene = FileScene(
            product: options.product ?? product,
            identifier: identifier,
            path: path,
            bands: [
                .init("polarisation_VH", "\(folder)/\(pair.vh)"), .init("polarisation_VV", "\(folder)/\(pair.vv)"),
            ],
            time: range
        )
        scene.needsOneGrid = true
        let platform = "\(place.name) \(pair.vv)".firstMatch(of: #/S1([A-D])_/#).map {
            "sentinel-1\($0.1.lowercased())"
        }
        scene.properties["eo:platform"] = .string(platform ?? "sentinel-1")
        scene.properties["eo:instrument"] = "C-SAR"
        scene.properties["sar:instrument_mode"] = "IW"
        scene.properties["sar:polarizations"] = ["VH", "VV"]
        scene.properties["odc:product_family"] = "grd"
        return [try scene.document(options)]
    }

    public func legacySignature(of document: DocumentValue) -> DocumentObject {
        var signature = LegacyLayout.signature(of: document)
        signature["platform"] = ["code": "sentinel1"]
        signature["instrument"] = ["name": "IW"]
        signature["processing_level"] = "L1"
        signature["product_type"] = "GRD"
        return signature
    }

    /// The first time in a name, and the end of the acquisition where a second one follows.
    private static func time(in name: String) -> TimeRange? {
        let times = name.matches(of: #/(\d{4})(\d\d)(\d\d)T?(\d\d)(\d\d)(\d\d)(?!\d)/#).compactMap { match in
            Timestamp.parse("\(match.1)-\(match.2)-\(match.3)T\(match.4):\(match.5):\(match.6)")
        }
        guard let first = times.first else {
            return NameDates.find(in: name).map { TimeRange(begin: $0.date, end: $0.date) }
        }
        let end = times.dropFirst().first { $0 > first && $0.timeIntervalSince(first) < 600 }
        return TimeRange(begin: first, end: end ?? first)
    }
}
