import Foundation
public import Ingest
import Raster

/// A scene that was found, and who reads it.
public struct FoundScene: Sendable {
    /// A folder or a file; within archives one of GDAL's names.
    public let path: String
    public let reader: any SceneReader
}

/// Looking for scenes in folders, in folders of folders, and in archives.
struct SceneSearch {
    /// Nil to ask every reader.
    let reader: (any SceneReader)?
    let options: SceneOptions
    /// Only what this finds in the path below the root.
    let pattern: Regex<AnyRegexOutput>?

    /// What a search found.
    struct Findings {
        var scenes: [FoundScene] = []
        /// What lies right below the root and holds no scene.
        var others: [String] = []
    }

    /// Folders may be nested so deep.
    private static let deepest = 12

    /// The scenes at or below a path; in the order of their paths.
    func scenes(at root: String) -> Findings {
        guard let place = Self.place(root) else { return Findings() }
        var findings = Findings()
        let own = here(place)
        if !own.isEmpty {
            findings.scenes = own.filter { $0.path == place.path || isWanted($0.path, below: place.path) }
            return findings
        }
        var seen: Set<String> = []
        for name in place.names {
            let path = "\(place.path)/\(name)"
            guard let child = Self.place(path), child.isFolder else { continue }
            let found = below(child, depth: 1, &seen).filter { isWanted($0.path, below: place.path) }
            findings.scenes += found
            if found.isEmpty, isWanted(path, below: place.path) { findings.others.append(path) }
        }
        return findings
    }

    private func isWanted(_ path: String, below root: String) -> Bool {
        guard let pattern else { return true }
        let relative = path.range(of: root).map { String(path[$0.upperBound...]) } ?? path
        return relative.contains(pattern)
    }

    private func here(_ place: ScenePlace) -> [FoundScene] {
        if let reader {
            return reader.scenes(at: place, options: options).map { FoundScene(path: $0, reader: reader) }
        }
        guard let (reader, paths) = SceneReaders.detect(place, options: options) else { return [] }
        return paths.map { FoundScene(path: $0, reader: reader) }
    }

    private func below(_ place: ScenePlace, depth: Int, _ seen: inout Set<String>) -> [FoundScene] {
        // Links may lead round in circles.
        let real = URL(fileURLWithPath: place.path).resolvingSymlinksInPath().path
        guard depth <= Self.deepest, place.path.hasPrefix("/vsi") || seen.insert(real).inserted else { return [] }
        let own = here(place)
        guard own.isEmpty else { return own }
        return place.names.flatMap { name -> [FoundScene] in
            guard let child = Self.place("\(place.path)/\(name)"), child.isFolder else { return [] }
            return below(child, depth: depth + 1, &seen)
        }
    }

    /// A folder, an archive as the folder that it holds, or a file; nil where there is nothing.
    static func place(_ path: String) -> ScenePlace? {
        switch VirtualFolder.kind(path) {
        case .folder: return ScenePlace(path, isFolder: true)
        case .file:
            if let archive = archive(path) { return ScenePlace(archive, isFolder: true) }
            return ScenePlace(path, isFolder: false)
        case nil: return nil
        }
    }

    /// The name by which GDAL opens an archive, by its first bytes; nil for other files.
    private static func archive(_ path: String) -> String? {
        let name = path.lowercased()
        let isNamed = [".zip", ".tar", ".tgz", ".tar.gz", ".safe"].contains { name.hasSuffix($0) }
        guard isNamed, !path.hasPrefix("/vsizip"), !path.hasPrefix("/vsitar"), let file = VirtualBytes(path) else {
            return nil
        }
        let head = file.bytes(at: 0, count: 265)
        if head.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return "/vsizip/\(path)" }
        let isTar = head.count >= 262 && head[257..<262].elementsEqual("ustar".utf8)
        let isPacked = head.starts(with: [0x1F, 0x8B])
        return isTar || isPacked ? "/vsitar/\(path)" : nil
    }
}
