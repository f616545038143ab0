public import Documents
import Foundation
import Geo
import Raster

/// Any rasters: one file a band, files with many bands, or files whose bands are times.
///
/// Dates and bands come from the files' names, by the usual habits or by the pattern of the options.
public struct GeoTIFFFiles: SceneReader {
    public let name = "geotiff"
    public let product = "geotiff"
    public let layout = "raster files whose names tell date and band (--name-pattern), or with --bands, --dates, --time"
    /// A folder of loose files may be a broken scene of some sensor.
    public let isDetected = false

    public init() {}

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        guard place.isFolder else {
            return looksLikeRaster(place.name) || RasterContent.isRaster(place.path) ? [place.path] : []
        }
        return groups(place.path, place.names, options).keys.sorted().map { "\(place.path)/\($0)" }
    }

    /// What a name tells.
    private struct Parts {
        var scene: String
        var band: String?
        var date: Date?
    }

    private func parts(_ name: String, _ options: SceneOptions) -> Parts? {
        if let pattern = options.namePattern, let regex = try? Regex(pattern.replacing("(?P<", with: "(?<")) {
            guard let match = name.firstMatch(of: regex) else { return nil }
            func group(_ name: String) -> String? { match[name]?.substring.map(String.init) }
            let rest = group("band").map { stem(name).replacing($0, with: "") } ?? stem(name)
            let scene = group("scene") ?? rest.split { "_-. ".contains($0) }.joined(separator: "_")
            return Parts(scene: scene, band: group("band"), date: group("date").flatMap(NameDates.parse))
        }
        guard looksLikeRaster(name) else { return nil }
        let whole = stem(name)
        guard let (date, range) = NameDates.find(in: whole) else { return Parts(scene: whole) }
        let separators: Set<Character> = ["_", "-", "."]
        let before = whole[..<range.lowerBound].trimmingCharacters(in: ["_", "-", "."])
        let after = whole[range.upperBound...]
        if let mark = after.first, separators.contains(mark) {
            let rest = String(after.dropFirst())
            // What follows a Landsat-like date may be further dates; the band comes last.
            let band = rest.split { separators.contains($0) }.last.map(String.init) ?? rest
            return Parts(scene: String(whole.dropLast(band.count)), band: band, date: date)
        }
        // Letters right behind the date belong to the scene's name.
        guard after.isEmpty, let cut = before.lastIndex(where: { separators.contains($0) }) else {
            return Parts(scene: whole, date: date)
        }
        let band = String(before[before.index(after: cut)...])
        return Parts(scene: "\(before[..<cut])_\(whole[range])", band: band, date: date)
    }

    private func groups(_ folder: String, _ names: [String]?, _ options: SceneOptions) -> [String: FileGroup] {
        FileGroups.of(folder, kind: "geotiff \(options.namePattern ?? "")", names: names) { name in
            parts(name, options).map { ($0.scene, $0.band ?? "") }
        }
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let path = absolutePath(path)
        if let pattern = options.namePattern, (try? Regex(pattern.replacing("(?P<", with: "(?<"))) == nil {
            throw SceneError(
                pattern,
                "is no regular expression",
                hint: "Write --name-pattern as (?<date>…)_(?<band>…)."
            )
        }
        let group = groups(folder(of: path), nil, options)[lastPart(path)]
        let files = group?.files ?? [(band: "", name: lastPart(path))]
        let whole = parts(lastPart(path), options)
        var stacks: [Stack] = []
        for file in files {
            let filePath = "\(folder(of: path))/\(file.name)"
            stacks.append(try stack(filePath, band: file.band, isOnly: files.count == 1, options))
        }
        let product = options.product ?? Self.productName(group?.key ?? lastPart(path))
        let identifier = (group?.key ?? stem(lastPart(path))).trimmingCharacters(in: ["_", "-", "."])
        let dates = stacks.first?.dates ?? []
        guard !dates.isEmpty else {
            guard let time = whole?.date.map({ TimeRange(begin: $0, end: $0) }) ?? options.time else {
                let hint = "Say it by --time, --dates, or --name-pattern with (?<date>…)."
                throw SceneError(path, "tells no date in its name", hint: hint)
            }
            let bands = stacks.flatMap(\.bands)
            return [try scene(product, identifier, path, bands, time).document(options)]
        }
        return try dates.enumerated().map { index, date in
            let bands = stacks.map { FileScene.Band($0.bands[0].name, $0.bands[0].path, number: index + 1) }
            let name = "\(identifier)/\(Timestamp.day(date))"
            return try scene(product, name, path, bands, TimeRange(begin: date, end: date)).document(options)
        }
    }

    private func scene(
        _ product: String,
        _ identifier: String,
        _ path: String,
        _ bands: [FileScene.Band],
        _ time: TimeRange
    ) -> FileScene {
        var scene = FileScene(product: product, identifier: identifier, path: path, bands: bands, time: time)
        scene.properties["odc:product_family"] = "raster"
        return scene
    }

    /// A file with its measurements, or with the dates of its bands.
    private struct Stack {
        var bands: [FileScene.Band]
        var dates: [Date] = []
    }

    private func stack(_ path: String, band: String, isOnly: Bool, _ options: SceneOptions) throws -> Stack {
        let descriptions: [String]
        do {
            let file = try RasterFile(opening: path)
            descriptions = (1...max(file.bandCount, 1)).map { file.bandDescription($0) }
        } catch {
            throw SceneError(
                path,
                "cannot be read (\(error.messages.joined(separator: "; ")))",
                hint: "Fetch it again."
            )
        }
        let own = Self.measurementName(band.isEmpty ? stem(lastPart(path)) : band)
        let described = descriptions.compactMap(NameDates.parse)
        let dates = !options.dates.isEmpty ? options.dates : described.count == descriptions.count ? described : []
        if !dates.isEmpty, descriptions.count > 1 || options.dates.count == 1 {
            guard dates.count == descriptions.count else {
                let reason = "has \(descriptions.count) bands where \(dates.count) dates are given"
                throw SceneError(path, reason, hint: "Give one date a band by --dates.")
            }
            let name = isOnly ? options.bands.first ?? own : own
            return Stack(bands: [FileScene.Band(name, path)], dates: dates)
        }
        guard descriptions.count > 1 else {
            let name = isOnly && band.isEmpty ? options.bands.first ?? own : own
            return Stack(bands: [FileScene.Band(name, path)])
        }
        var names = descriptions.enumerated().map { index, text in
            text.isEmpty ? "band_\(index + 1)" : Self.measurementName(text)
        }
        if Set(names).count < names.count { names = names.indices.map { "band_\($0 + 1)" } }
        if !options.bands.isEmpty {
            guard options.bands.count == names.count else {
                let reason = "has \(names.count) bands where \(options.bands.count) names are given"
                throw SceneError(path, reason, hint: "Give one name a band by --bands.")
            }
            names = options.bands
        }
        let prefix = isOnly ? "" : "\(own)_"
        return Stack(bands: names.enumerated().map { FileScene.Band(prefix + $1, path, number: $0 + 1) })
    }

    /// Lower case, with letters, digits and underscores.
    static func measurementName(_ text: String) -> String {
        let words = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let name = words.joined(separator: "_")
        return name.first?.isLetter == true ? name : "band_\(name)"
    }

    /// What the names of a series have in common: words without digits.
    private static func productName(_ key: String) -> String {
        let words = key.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        let kept = words.filter { !$0.contains { $0.isNumber } && !["tif", "tiff", "jp2"].contains($0) }
        return kept.isEmpty ? "geotiff" : kept.joined(separator: "_")
    }
}

/// What a file is by its first bytes.
enum RasterContent {
    static func isRaster(_ path: String) -> Bool {
        guard let file = VirtualBytes(path) else { return false }
        let head = file.bytes(at: 0, count: 12)
        let marks: [[UInt8]] = [
            [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0], [0x4D, 0x4D, 0, 0x2B],
            [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20], [0xFF, 0x4F, 0xFF, 0x51],
        ]
        return marks.contains { head.starts(with: $0) }
    }
}
