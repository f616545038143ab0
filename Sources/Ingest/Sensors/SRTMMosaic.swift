public import Documents
import Foundation
import Geo
import Raster

/// Elevation: mosaics of elevation, slope and aspect as antares3's users prepare them, or the tiles of any elevation
/// model, of which slope and aspect are computed.
public struct SRTMMosaic: SceneReader {
    public let name = "srtm_cgiar"
    public let product = "srtm_cgiar_mosaic"
    public let layout =
        "a folder with srtm_mosaic.tif, slope_mosaic.tif and aspect_mosaic.tif, or with tiles of an elevation model"

    public init() {}

    private static let files = [
        ("elevation", "srtm_mosaic.tif"), ("slope", "slope_mosaic.tif"), ("aspect", "aspect_mosaic.tif"),
    ]
    /// What is computed is kept under this name.
    private static let workFolder = "terrain"

    /// Tiles of elevation by their usual names: CGIAR's and USGS's SRTM, Copernicus DEM, ASTER, ALOS and others.
    private static func isTile(_ name: String) -> Bool {
        guard looksLikeRaster(name) else { return false }
        let pattern =
            #/(?i)^(srtm_\d+_\d+|[ns]\d\d_?[ew]\d{3}|copernicus_dsm_.*_dem|astgtm.*_dem|alpsmlc30_.*_dsm|.*_(dem|dsm|dtm|elevation)|(dem|dsm|dtm|elevation)([_.].*)?)\.[a-z]+$/#
        return name.wholeMatch(of: pattern) != nil
    }

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        guard place.isFolder else { return Self.isTile(place.name) ? [place.path] : [] }
        if Self.files.contains(where: { place.has($0.1) }) { return [place.path] }
        return place.names.contains(where: Self.isTile) ? [place.path] : []
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let path = absolutePath(path)
        let place = ScenePlace(path, isFolder: VirtualFolder.kind(path) == .folder)
        let hasMosaics = Self.files.contains { place.has($0.1) }
        let tiles = place.isFolder ? place.paths(where: Self.isTile) : [path]
        let bands: [FileScene.Band]
        if hasMosaics || tiles.isEmpty {
            bands = Self.files.map { FileScene.Band($0.0, "\(path)/\($0.1)") }
        } else {
            bands = try computed(from: tiles, in: place.isFolder ? path : folder(of: path), options)
        }
        guard let begin = Timestamp.parse("2000-02-11"), let end = Timestamp.parse("2000-02-22") else {
            preconditionFailure("the days of the mission are days")
        }
        let isSRTM = hasMosaics || tiles.allSatisfy { lastPart($0).lowercased().hasPrefix("srtm") }
        let grid = try BandFile(checking: bands[0].path, options.check).grid()
        // The mosaic has no name of its own: its place and size stand for it.
        let corner = "\(grid.affine.c)_\(grid.affine.f)_\(grid.width)x\(grid.height)"
        let product = options.product ?? (isSRTM ? self.product : "elevation")
        var scene = FileScene(
            product: product,
            identifier: corner,
            path: path,
            bands: bands,
            time: options.time ?? TimeRange(begin: begin, end: end),
            processed: end
        )
        scene.needsOneGrid = true
        scene.mask = "elevation"
        if isSRTM {
            scene.properties["eo:platform"] = "Space Shuttle Endeavour"
            scene.properties["eo:instrument"] = "SIR"
        }
        scene.properties["odc:product_family"] = "dem"
        scene.properties["eo:gsd"] = .double(abs(grid.resolution.x) * (grid.crs.epsg == 4326 ? 111_120 : 1))
        var document = try scene.document(options)
        if case .object(var root) = document {
            root["label"] = .string("\(isSRTM ? "srtm" : "elevation")_mosaic_\(corner)")
            document = .object(root)
        }
        return [document]
    }

    public func legacySignature(of document: DocumentValue) -> DocumentObject {
        var signature = LegacyLayout.signature(of: document)
        signature["platform"] = ["code": "Space Shuttle Endeavour"]
        signature["instrument"] = ["name": "SIR"]
        signature["product_type"] = "DEM"
        return signature
    }

    /// Elevation as one mosaic that refers to the tiles, and what follows from it; made anew where a tile is newer.
    private func computed(from tiles: [String], in place: String, _ options: SceneOptions) throws -> [FileScene.Band] {
        let target = options.workFolder.map(absolutePath) ?? "\(place)/\(Self.workFolder)"
        guard !target.hasPrefix("/vsi") else {
            let hint = "Say where slope and aspect may be written by --work-folder."
            throw SceneError(place, "lies in an archive, and slope and aspect have to be computed", hint: hint)
        }
        let whole = "\(target)/elevation.vrt"
        let (slope, aspect) = ("\(target)/slope.tif", "\(target)/aspect.tif")
        do {
            if Self.isOld([whole, slope, aspect], tiles) {
                try Terrain.mosaic(tiles, to: whole)
                let isGeographic = try CRSDescription.of(BandFile(checking: whole, .none).grid().crs).isGeographic
                try Terrain.compute(.slope, of: whole, to: slope, scale: isGeographic ? 111_120 : 1)
                try Terrain.compute(.aspect, of: whole, to: aspect, scale: 1)
            }
        } catch let error as RasterError {
            let reason = "gives no slope and aspect (\(error.messages.joined(separator: "; ")))"
            throw SceneError(place, reason, hint: "Tiles of one model on one grid are needed; see --work-folder.")
        }
        return [.init("elevation", whole), .init("slope", slope), .init("aspect", aspect)]
    }

    private static func isOld(_ made: [String], _ sources: [String]) -> Bool {
        func time(_ path: String) -> Date? {
            try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        }
        let times = made.compactMap(time)
        guard times.count == made.count, let oldest = times.min() else { return true }
        return sources.contains { (time($0) ?? oldest) > oldest }
    }
}
