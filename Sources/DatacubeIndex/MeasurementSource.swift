import Documents
import Foundation

/// Where the samples of one measurement of one dataset are.
public struct MeasurementSource: Hashable, Sendable {
    /// The name by which GDAL opens it: a path, a `/vsi…` path, or `NETCDF:"path":layer`.
    public let name: String
    /// The file alone: a path or a `/vsi…` path.
    public let file: String
    /// Which band of the file, counted from 1; nil where the document does not say (then it is the first).
    public let band: Int?
    /// The variable or subdataset within the file.
    public let layer: String?
    /// What the document calls the format, as `GeoTIFF` or `NetCDF`.
    public let format: String?
    /// `value = stored · scaleFactor + addOffset`, where the document overrides its product.
    public let scaleFactor: Double?
    public let addOffset: Double?

    /// The file of a local file system that holds the samples, an archive where they are within one; nil for one that is
    /// read over a network or is not there.
    public var localFile: String? {
        guard file.hasPrefix("/vsi") else { return FileManager.default.fileExists(atPath: file) ? file : nil }
        guard let inner = file.firstMatch(of: #/^\/vsi(?:zip|tar|gzip)\/(.+)$/#) else { return nil }
        var path = String(inner.1)
        while path.contains("/") {
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
                return isFolder.boolValue ? nil : path
            }
            path = (path as NSString).deletingLastPathComponent
        }
        return nil
    }

    /// The same samples where the file has another place.
    public func moved(from old: String, to new: String) -> MeasurementSource {
        MeasurementSource(
            name: name.replacing(old, with: new, maxReplacements: 1),
            file: file.replacing(old, with: new, maxReplacements: 1),
            band: band,
            layer: layer,
            format: format,
            scaleFactor: scaleFactor,
            addOffset: addOffset
        )
    }
}

extension Dataset {
    /// Where the samples of a measurement are; nil where the document does not list it or the dataset has no location.
    ///
    /// A `file:` location is preferred, else the newest is taken; the measurement's path is relative to it.
    public func source(of measurement: String) -> MeasurementSource? {
        let entry = isEO3 ? document.at("measurements", measurement) : document.at("image", "bands", measurement)
        guard let entry, let location = preferredLocation else { return nil }
        let path = entry.at("path")?.string ?? ""
        let file = Self.resolve(path, against: location)
        let layerNumber = entry.at("layer")?.integer
        let layer = entry.at("layer").flatMap { $0.string ?? $0.integer.map(String.init) }
        var band = entry.at("band")?.integer ?? layerNumber
        let format = document.at("properties", "odc:file_format")?.string ?? document.at("format", "name")?.string
        var name = file
        let container = (format ?? "").lowercased()
        if let layer, layerNumber == nil, container.contains("netcdf") || container.contains("hdf") {
            name = "\(container.contains("netcdf") ? "NETCDF" : format ?? "HDF5"):\"\(file)\":\(layer)"
        }
        // EO3's schema lets nothing stand beside the path; documents of other origin may have it there.
        func scaling(_ key: String) -> Double? {
            entry.at(key)?.double ?? document.at("properties", EO3.scaling, measurement, key)?.double
        }
        if path.isEmpty, band == nil, let part = Self.part(of: location) { band = part + 1 }
        return MeasurementSource(
            name: name,
            file: file,
            band: band,
            layer: layerNumber == nil ? layer : nil,
            format: format,
            scaleFactor: scaling("scale_factor"),
            addOffset: scaling("add_offset")
        )
    }

    /// The names of the measurements that the document lists, in its order.
    public var measurementNames: [String] {
        (isEO3 ? document.at("measurements") : document.at("image", "bands"))?.object?.keys ?? []
    }

    /// The first `file:` location, else the newest; nil where the dataset has none.
    public var preferredLocation: String? { locations.first { $0.hasPrefix("file:") } ?? locations.first }

    /// The path of the first `file:` location on this machine.
    public var localPath: String? {
        locations.first { $0.hasPrefix("file:") }.map { Self.openable(Self.withoutFragment($0)) }
    }

    /// `part` of a location's fragment `#part=n`, counted from 0.
    private static func part(of location: String) -> Int? {
        guard let fragment = location.split(separator: "#", omittingEmptySubsequences: false).dropFirst().last,
            fragment.hasPrefix("part=")
        else { return nil }
        return Int(fragment.dropFirst(5))
    }

    /// The name by which GDAL opens a file that a document at `location` names, whether relative to it or not.
    public static func fileName(of path: String, relativeTo location: String) -> String {
        resolve(path, against: location)
    }

    /// A measurement's path seen from the location of its document, as GDAL opens it.
    static func resolve(_ path: String, against location: String) -> String {
        if path.isEmpty { return openable(withoutFragment(location)) }
        if path.hasPrefix("/") || hasScheme(path) { return openable(path) }
        let base = withoutFragment(location)
        guard let slash = base.lastIndex(of: "/") else { return path }
        var folder = base[..<slash].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // A leading ".." must not eat the host of a URL or the root of a path.
        let fixed = base.contains("://") ? 3 : 1
        for step in path.split(separator: "/", omittingEmptySubsequences: false).map(String.init) where step != "." {
            if step == ".." {
                if folder.count > fixed { folder.removeLast() }
            } else {
                folder.append(step)
            }
        }
        return openable(folder.joined(separator: "/"))
    }

    /// A URI or path as GDAL's name of a file.
    static func openable(_ uri: String) -> String {
        guard let colon = uri.range(of: "://") else {
            guard uri.hasPrefix("file:") else { return uri }
            return decoded(String(uri.dropFirst(5)))
        }
        let rest = String(uri[colon.upperBound...])
        switch uri[..<colon.lowerBound].lowercased() {
        case "file": return decoded(rest.hasPrefix("localhost/") ? String(rest.dropFirst(9)) : rest)
        case "s3": return "/vsis3/" + rest
        case "gs": return "/vsigs/" + rest
        case "az", "wasb", "wasbs": return "/vsiaz/" + rest
        case "http", "https", "ftp": return "/vsicurl/" + uri
        default: return uri
        }
    }

    private static func decoded(_ text: String) -> String { text.removingPercentEncoding ?? text }

    private static func hasScheme(_ text: String) -> Bool {
        text.prefixMatch(of: #/[A-Za-z][A-Za-z0-9+.-]*:\/\//#) != nil
    }

    private static func withoutFragment(_ location: String) -> String {
        String(location.prefix { $0 != "#" })
    }
}
