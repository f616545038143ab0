import CGDAL
import Foundation
import Synchronization

/// Keeps files that somebody else made from leading to files that he may not see.
///
/// Some formats name other files: a VRT can show any file of the machine as pixels. What lies on the web never leads to this
/// machine. What the users of a service bring leads to no more than they may read anyway; such files are opened by the
/// drivers of plain formats alone.
public enum BroughtFiles {
    private struct Rule {
        let isBrought: @Sendable (String) -> Bool
        let mayRefer: @Sendable (_ name: String, _ folder: String) -> Bool
    }
    private static let rule = Mutex<Rule?>(nil)

    /// From now on this process tells which files were brought, and what these may refer to.
    ///
    /// - Parameters:
    ///   - isBrought: True for the name of a file that users may have made.
    ///   - mayRefer: Whether such a file may refer to a name; the folder is what it begins at where it is relative.
    public static func restrict(
        isBrought: @escaping @Sendable (String) -> Bool,
        mayRefer: @escaping @Sendable (_ name: String, _ folder: String) -> Bool
    ) {
        rule.withLock { $0 = Rule(isBrought: isBrought, mayRefer: mayRefer) }
    }

    /// The drivers that may open a file that was brought.
    private static let plainDrivers: Set<String> = [
        "AAIGrid", "CSV", "ENVI", "ESRI Shapefile", "FlatGeobuf", "GeoJSON", "GeoJSONSeq", "GIF", "GML", "GPKG", "GPX",
        "GRIB", "GTiff", "HDF4", "HDF4Image", "HDF5", "HDF5Image", "HFA", "JP2ECW", "JP2KAK", "JP2OpenJPEG", "JPEG",
        "KML",
        "LIBKML", "netCDF", "PNG", "SRTMHGT", "TopoJSON", "XYZ",
    ]

    /// Looks at what a file refers to, before it is opened.
    ///
    /// - Returns: GDAL's short names of the drivers that may open it; nil for all.
    /// - Throws: `RasterError` that names the file and what it refers to.
    @discardableResult
    public static func check(_ name: String) throws(RasterError) -> [String]? {
        let name = ObjectStore.openable(name)
        let mayRefer: (String, String) -> Bool
        if isRemote(name) {
            mayRefer = { isRemote($0.contains(#/^\/|:/#) ? $0 : "\($1)/\($0)") }
        } else if let rule = rule.withLock({ $0 }), rule.isBrought(name) {
            mayRefer = rule.mayRefer
        } else {
            return nil
        }
        return try check(name, depth: 0, mayRefer)
    }

    private static func isRemote(_ name: String) -> Bool {
        name.hasPrefix("/vsicurl") || name.hasPrefix("https://") || name.hasPrefix("http://")
    }

    private static func check(
        _ name: String,
        depth: Int,
        _ mayRefer: (String, String) -> Bool
    ) throws(RasterError) -> [String] {
        guard isVRT(name) else { return plainDrivers.sorted() }
        guard depth < 8 else { throw RasterError(.openFailed, name, ["it is a VRT of VRTs of VRTs, too many"]) }
        let here = FileManager.default.currentDirectoryPath
        for reference in references(try VirtualFile.read(name, limit: 64 << 20)) {
            let folder = reference.isRelative ? (name as NSString).deletingLastPathComponent : here
            guard mayRefer(reference.name, folder) else {
                throw RasterError(
                    .openFailed,
                    name,
                    ["it refers to '\(reference.name)', which it may not lead to"],
                    hint: "Bring the files themselves, or have their folder listed among data_folders."
                )
            }
            let isWhole = reference.name.hasPrefix("/") || reference.name.contains("://")
            let path = ObjectStore.openable(isWhole ? reference.name : "\(folder)/\(reference.name)")
            guard VirtualFolder.kind(path) == .file else { continue }
            if try check(path, depth: depth + 1, mayRefer).contains("VRT") { continue }
            guard let driver = GDALIdentifyDriver(path, nil).flatMap(GDALGetDriverShortName),
                plainDrivers.contains(String(cString: driver))
            else {
                throw RasterError(
                    .openFailed,
                    name,
                    ["it refers to '\(reference.name)', which is no plain raster file"]
                )
            }
        }
        return ["VRT", "OGR_VRT"]
    }

    /// By what GDAL's own drivers look for.
    private static func isVRT(_ name: String) -> Bool {
        guard let file = VSIFOpenExL(name, "rb", 1) else { return false }
        defer { VSIFCloseL(file) }
        var start = [UInt8](repeating: 0, count: 8192)
        let count = VSIFReadL(&start, 1, start.count, file)
        let text = String(decoding: start[..<count], as: UTF8.self)
        return text.contains("<VRTDataset") || text.contains("<OGRVRTDataSource")
    }

    private struct Reference {
        let name: String
        /// Whether it begins at the VRT's own folder, not at the one that the program runs in.
        let isRelative: Bool
    }

    /// What a VRT names: the texts of all elements and attributes that are about files, sources and datasets.
    private static func references(_ text: Data) -> [Reference] {
        var text = Array(text) + [0]
        let root = text.withUnsafeMutableBytes { CPLParseXMLString($0.bindMemory(to: CChar.self).baseAddress) }
        defer { CPLDestroyXMLNode(root) }
        var found: [Reference] = []
        collect(root, into: &found)
        return found
    }

    private static let others: Set<String> = ["sourceband", "sourceproperties", "sourcetransfertype"]

    private static func collect(_ first: UnsafeMutablePointer<CPLXMLNode>?, into found: inout [Reference]) {
        for node in siblings(first) {
            let name = text(node).lowercased()
            let isNamed = node.pointee.eType == CXT_Element || node.pointee.eType == CXT_Attribute
            if isNamed, !others.contains(name),
                ["file", "source", "dataset", "path", "url"].contains(where: { name.contains($0) })
            {
                let children = siblings(node.pointee.psChild)
                let isRelative = children.contains { child in
                    child.pointee.eType == CXT_Attribute && text(child).lowercased() == "relativetovrt"
                        && siblings(child.pointee.psChild).contains { text($0) != "0" }
                }
                found += children.filter { $0.pointee.eType == CXT_Text }.map {
                    Reference(name: text($0).trimmingCharacters(in: .whitespacesAndNewlines), isRelative: isRelative)
                }
            }
            collect(node.pointee.psChild, into: &found)
        }
    }

    private static func siblings(_ first: UnsafeMutablePointer<CPLXMLNode>?) -> [UnsafeMutablePointer<CPLXMLNode>] {
        Array(sequence(first: first, next: { $0?.pointee.psNext }).prefix { $0 != nil }).compactMap { $0 }
    }

    private static func text(_ node: UnsafeMutablePointer<CPLXMLNode>) -> String {
        node.pointee.pszValue.map { String(cString: $0) } ?? ""
    }
}
