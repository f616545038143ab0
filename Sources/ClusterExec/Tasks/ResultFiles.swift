import Foundation

/// Files that a job has made, by their names.
public enum ResultFiles {
    /// Regular files below a folder, sorted; hidden ones and links are no results.
    static func names(in folder: String) -> [String] {
        let found = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return found.sorted().filter { name in
            guard !name.split(separator: "/").contains(where: { $0.hasPrefix(".") }) else { return false }
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return attributes?[.type] as? FileAttributeType == .typeRegular
        }
    }

    /// Whether a name fits a shell's pattern; `*` does not go beyond a slash.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        fnmatch(pattern, name, FNM_PATHNAME | FNM_PERIOD) == 0
    }

    /// By the end of the name; nil for one that says nothing.
    public static func contentType(of name: String) -> String? {
        contentTypes[(name as NSString).pathExtension.lowercased()]
    }

    private static let contentTypes = [
        "tif": "image/tiff", "tiff": "image/tiff", "jp2": "image/jp2", "png": "image/png", "jpg": "image/jpeg",
        "jpeg": "image/jpeg", "svg": "image/svg+xml", "nc": "application/x-netcdf", "fits": "application/fits",
        "fit": "application/fits", "gpkg": "application/geopackage+sqlite3", "geojson": "application/geo+json",
        "json": "application/json", "yaml": "application/yaml", "yml": "application/yaml", "xml": "application/xml",
        "vot": "application/x-votable+xml", "csv": "text/csv", "txt": "text/plain", "log": "text/plain",
        "html": "text/html", "css": "text/css", "js": "text/javascript", "pdf": "application/pdf",
        "zip": "application/zip", "tar": "application/x-tar", "gz": "application/gzip",
    ]
}
