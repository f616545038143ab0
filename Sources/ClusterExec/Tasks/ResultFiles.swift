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
        switch (name as NSString).pathExtension.lowercased() {
        case "tif", "tiff": "image/tiff"
        case "nc": "application/x-netcdf"
        case "json": "application/json"
        case "geojson": "application/geo+json"
        case "gpkg": "application/geopackage+sqlite3"
        case "yaml", "yml": "application/yaml"
        case "csv": "text/csv"
        case "txt", "log": "text/plain"
        case "html": "text/html"
        case "xml": "application/xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "pdf": "application/pdf"
        case "zip": "application/zip"
        case "fits", "fit": "application/fits"
        default: nil
        }
    }
}
