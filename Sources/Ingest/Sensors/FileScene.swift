import Documents
import Foundation
import Geo

/// A scene of plain raster files, each with its own georeferencing, on the way into a document.
struct FileScene {
    /// A measurement within a file.
    struct Band {
        var name: String
        var path: String
        /// Counted from 1, nil for files with one band.
        var number: Int?
        /// The subdataset, where the file is a container.
        var layer: String?
        /// The name by which GDAL opens a subdataset, nil for the file itself.
        var gdalName: String?
        var scaleFactor: Double?
        var addOffset: Double?

        init(_ name: String, _ path: String, number: Int? = nil, scale: Double? = nil, offset: Double? = nil) {
            (self.name, self.path, self.number) = (name, path, number)
            (scaleFactor, addOffset) = (scale, offset)
        }
    }

    let product: String
    /// The scene's own identifier, of which its id is made.
    let identifier: String
    /// The folder or file that was named, for ids made of paths.
    let path: String
    var bands: [Band]
    var time: TimeRange
    /// Nil for the middle of the time.
    var center: Date?
    var processed: Date?
    var properties = DocumentObject()
    /// What the format is called, nil to go by the files.
    var format: String?
    /// True where the whole lies on one grid or is refused.
    var needsOneGrid = false
    /// The measurement whose nodata tell where data lie; nil for the first.
    var mask: String?

    /// The document; every file is opened, as only they tell their grid.
    func document(_ options: SceneOptions) throws -> DocumentValue {
        var grids = SceneGrids()
        var measurements: [EO3Dataset.Measurement] = []
        var files: [String: BandFile] = [:]
        for band in bands {
            let source = band.gdalName ?? band.path
            let file = try files[source] ?? Self.open(source, isPart: band.gdalName != nil, options)
            files[source] = file
            let grid = try file.grid()
            if needsOneGrid, let first = grids.standard, first != grid {
                let origin = bands.first?.path.split(separator: "/").last.map(String.init) ?? "the first file"
                try file.require(width: first.width, height: first.height, source: origin)
                throw SceneError(file.path, "lies on another grid than \(origin)", hint: "Make it from that file.")
            }
            if let number = band.number, number > file.bandCount {
                let reason = "has \(file.bandCount) bands where band \(number) is wanted"
                throw SceneError(file.path, reason, hint: "Check the names of the bands.")
            }
            measurements.append(
                .init(
                    name: band.name,
                    path: band.path,
                    band: band.number,
                    layer: band.layer,
                    grid: grids.name(of: grid),
                    scaleFactor: band.scaleFactor,
                    addOffset: band.addOffset
                )
            )
        }
        guard let grid = grids.standard, let first = bands.first else {
            throw SceneError(path, "holds no bands", hint: "Check the folder.")
        }
        var ring: [Point]?
        if options.check == .full {
            let masking = bands.first { $0.name == mask } ?? first
            ring = try ValidData.hull(
                of: masking.gdalName ?? masking.path,
                band: masking.number ?? 1,
                nodata: options.nodata
            )
        }
        var properties = properties
        if properties["dea:dataset_maturity"] == nil { properties["dea:dataset_maturity"] = "final" }
        if properties["eo:gsd"] == nil, grid.crs.epsg != 4326 {
            properties["eo:gsd"] = .double(abs(grid.resolution.x))
        }
        return EO3Dataset(
            id: options.identity.datasetID(product: product, identifier: identifier, path: path),
            product: product,
            label: identifier,
            crs: grid.crs,
            validData: ring,
            grids: grids.all,
            measurements: measurements,
            time: center ?? time.center,
            timeRange: time.begin == time.end ? nil : time,
            processed: processed ?? time.end,
            properties: properties,
            fileFormat: format ?? files[first.gdalName ?? first.path]?.format ?? "GeoTIFF"
        ).document
    }

    private static func open(_ path: String, isPart: Bool, _ options: SceneOptions) throws -> BandFile {
        // A part of a container has no path of its own that could be looked for.
        try BandFile(checking: path, isPart ? .none : options.check)
    }
}

/// The last part of a path.
func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

/// A name without what stands behind its last point.
func stem(_ name: String) -> String {
    guard let point = name.lastIndex(of: "."), point != name.startIndex else { return name }
    return String(name[..<point])
}

/// Names of raster files, which then still have to be readable.
func looksLikeRaster(_ name: String) -> Bool {
    let lower = name.lowercased()
    return [".tif", ".tiff", ".gtif", ".jp2", ".img", ".vrt", ".bil", ".asc", ".hgt"].contains { lower.hasSuffix($0) }
}
