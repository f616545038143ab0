import Foundation
public import Jobs

/// The folders, and beginnings of addresses in object stores (`s3://scenes/2026`), below which files must lie.
public struct PermittedFolders: Sendable {
    private let folders: [String]

    /// Beginnings by which GDAL reaches databases, services and its own memory without a path, in small letters.
    private static let connections: Set<String> = [
        "amigocloud", "carto", "csw", "daas", "eeda", "eedai", "es", "gmlas", "hana", "mem", "mongodb", "mongodbv3",
        "mssql",
        "mysql", "ngw", "oapif", "oci", "odbc", "ogcapi", "pg", "plmosaic", "plscenes", "postgresql", "wcs", "wfs",
        "wfs3",
        "wms", "wmts",
    ]

    public init(_ folders: [String]) { self.folders = folders }

    /// True for a path below one of the folders, as it is on the disk now: without symbolic links and `..`.
    ///
    /// - Parameters:
    ///   - name: A path, an address or one of GDAL's names of files; `http` addresses are no files of this machine.
    ///   - base: The folder that a relative path begins at; nil where it is a name that leads nowhere else.
    /// - Returns: False for what lies elsewhere, and for what cannot be told.
    public func permit(_ name: String, relativeTo base: String? = nil) -> Bool {
        var path = name.hasPrefix("/vsis3/") ? "s3://" + name.dropFirst(7) : name
        // A description of a file in place of its name, which names other files.
        if path.contains(#/^\s*<|<\w*(vrt|gdal|wms|wcs|wmts)/#.ignoresCase()) { return folders.contains("/") }
        if let match = path.prefixMatch(of: #/([A-Za-z][A-Za-z0-9+.-]+):/#) {
            let scheme = match.1.lowercased()
            if scheme == "http" || scheme == "https" { return true }
            guard scheme == "file" else {
                // A store's address, or GDAL's way to name a part of a file.
                guard path.contains("/") || Self.connections.contains(scheme), !scheme.hasPrefix("epsg") else {
                    return true
                }
                return folders.contains("/")
                    || (!path.contains("..") && folders.contains { $0.contains("://") && Self.isBelow(path, $0) })
            }
            path = URL(string: path)?.path ?? "/"
        }
        guard !path.hasPrefix("~") else { return folders.contains("/") }
        if !path.hasPrefix("/") {
            guard let base else { return true }
            path = "\(base)/\(path)"
        }
        guard let whole = Self.resolved(path) else { return false }
        return folders.contains { folder in
            folder.hasPrefix("/") && Self.resolved(folder).map { Self.isBelow(whole, $0) } ?? false
        }
    }

    private static func isBelow(_ path: String, _ folder: String) -> Bool {
        let beginning = folder.hasSuffix("/") ? folder : folder + "/"
        return path == folder || path.hasPrefix(beginning)
    }

    /// A path without symbolic links and dots, as far as it exists; nil where a link leads to what is not there, or in
    /// circles.
    private static func resolved(_ path: String) -> String? {
        var known = path
        var rest: [String] = []
        while true {
            if let real = realpath(known, nil) {
                defer { free(real) }
                let whole = ([String(cString: real)] + rest.reversed()).joined(separator: "/")
                return (whole as NSString).standardizingPath
            }
            if (try? FileManager.default.destinationOfSymbolicLink(atPath: known)) != nil { return nil }
            let folder = (known as NSString).deletingLastPathComponent
            guard folder != known, !folder.isEmpty else { return (path as NSString).standardizingPath }
            rest.append((known as NSString).lastPathComponent)
            known = folder
        }
    }
}

extension JobPlaces {
    /// Parameters whose values are conditions and patterns, in small letters: never names of files.
    private static let conditions: Set<String> = ["filter", "query", "pattern", "name-pattern"]

    /// What of a job's parameters lies outside of what it may read.
    ///
    /// - Parameters:
    ///   - parameters: Their values, and each word of one that may be a list.
    ///   - job: The job's own folder, which is always allowed.
    /// - Returns: The first parameter and word of it that names a file elsewhere; nil for none.
    public func objection(to parameters: [JobParameter], ofJobIn job: String) -> (parameter: String, word: String)? {
        let folders = PermittedFolders([job] + reads)
        for parameter in parameters where !parameter.isByReference && !fixed.contains(parameter.id) {
            let name = parameter.id.lowercased().replacing("_", with: "-")
            if Self.conditions.contains(name) { continue }
            let given = name == "bucket" ? ["s3://\(parameter.value)/"] : Self.words(parameter.value)
            for word in given {
                let path = String(word.trimmingPrefix("@"))
                // Without dots it is a name in the job's own folder, where it is one.
                let isName = !path.split(separator: "/").contains("..")
                guard folders.permit(path, relativeTo: isName ? nil : "\(job)/results") else {
                    return (parameter.id, word)
                }
            }
        }
        return nil
    }

    /// A value as a whole, and each word of it, where it may be a list.
    public static func words(_ value: String) -> [String] {
        [value] + (JobParameter.list(value) ?? value.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
