import DatacubeIndex
import Documents
import Foundation
import Geo
import Ingest
import Raster

/// One tile to be made: what to compute, where it goes, and what the index shall say of it.
struct TileTask: Sendable {
    /// What messages call it: `tile (12, -4) of 2017-01-15`.
    let name: String
    let cell: TileIndex
    /// All datasets that it is made of.
    let sources: [Dataset]
    let layout: NetCDFTile
    /// The files as documents and the index know them.
    let storage: TileStorage
    /// The files as they are written; nil where that is the same.
    var files: TileStorage?
    /// The blocks to compute; all others stay nodata and cost nothing.
    let blocks: [PixelWindow]
    let program: any TileProgram
    let id: UUID
    let document: DocumentValue
    /// Outside of it pixels are nodata; nil keeps all.
    var clip: Clip?
}

/// What is computed for a tile, block by block.
protocol TileProgram: Sendable {
    /// Which measurements of which datasets it reads.
    var reads: [(datasets: [Dataset], measurements: [String])] { get }

    /// Computes one block and hands over what is not empty of it.
    ///
    /// - `cache`: The open files of the calling thread.
    func run(_ window: PixelWindow, of geoBox: GeoBox, into block: inout ComputedBlock, cache: SourceCache) throws
}

/// What was computed of one block, held until its turn to be written comes.
struct ComputedBlock: Sendable {
    private var merges: [@Sendable (any TileSink) -> [WriteJob]] = []
    /// Which pixels are kept.
    var clip: ClipMask?

    mutating func add<Element: PixelElement>(_ pixels: [Element], variable: String, window: PixelWindow) {
        let pixels = clip?.apply(to: pixels, variable: variable) ?? pixels
        merges.append { $0.merge(pixels, variable: variable, window: window) }
    }

    /// Hands the pixels over; returns what is left to do.
    func merge(into sink: any TileSink) -> [WriteJob] { merges.flatMap { $0(sink) } }
}

/// The files of a tile.
enum TileStorage: Sendable {
    /// One netCDF file that holds everything, its dataset document too.
    case netCDF(path: String)
    /// A folder and the beginning of the names of one GeoTIFF for each measurement, with the document beside them.
    case geoTIFF(stem: String, measurements: [String], compression: BlockCompression = .deflate(level: 6))
    /// One cloud-optimised GeoTIFF with a band for each measurement, which no dataset document goes with.
    case mosaic(path: String, compression: BlockCompression)

    init(driver: IngestionConfig.Driver, stem: String, measurements: [String]) {
        let base = stem.hasSuffix(".nc") ? String(stem.dropLast(3)) : stem
        switch driver {
        case .netCDF: self = .netCDF(path: base + ".nc")
        case .geoTIFF: self = .geoTIFF(stem: base, measurements: measurements)
        }
    }

    /// The file that the index points to.
    var indexedPath: String {
        switch self {
        case .netCDF(let path): path
        case .geoTIFF(let stem, _, _): stem + ".odc-metadata.yaml"
        case .mosaic(let path, _): path
        }
    }

    /// Where the files lie while they are written.
    var folder: String { PendingFile.folder(of: indexedPath) }

    /// The path that all its files begin with.
    var stem: String {
        switch self {
        case .netCDF(let path), .mosaic(let path, _): (path as NSString).deletingPathExtension
        case .geoTIFF(let stem, _, _): stem
        }
    }

    var location: String {
        ObjectStore.isObject(indexedPath) ? indexedPath : URL(fileURLWithPath: indexedPath).absoluteString
    }

    /// The same files elsewhere.
    func moved(_ place: (String) throws -> String) rethrows -> TileStorage {
        switch self {
        case .netCDF(let path): .netCDF(path: try place(path))
        case .geoTIFF(let stem, let measurements, let compression):
            .geoTIFF(stem: try place(stem), measurements: measurements, compression: compression)
        case .mosaic(let path, let compression): .mosaic(path: try place(path), compression: compression)
        }
    }

    /// Where the document says a measurement is.
    func place(of measurement: String) -> TileDocument.Place {
        switch self {
        case .netCDF: .variable(measurement)
        case .geoTIFF(let stem, _, _): .file(URL(fileURLWithPath: file(stem, measurement)).lastPathComponent)
        case .mosaic(let path, _): .file(URL(fileURLWithPath: path).lastPathComponent)
        }
    }

    /// What a file holds of the document: a single file has no part that names a path, so that its bytes do not depend on
    /// where it lies.
    func embedded(_ document: DocumentValue) -> DocumentValue {
        guard case .mosaic = self, var object = document.object else { return document }
        object["measurements"] = nil
        return .object(object)
    }

    func makeSink(_ layout: NetCDFTile) throws -> any TileSink {
        switch self {
        case .netCDF(let path): try NetCDFSink(layout, path: path)
        case .geoTIFF(let stem, _, let compression):
            try GeoTIFFSink(layout, compression: compression) { file(stem, $0) }
        case .mosaic(let path, let compression): try MosaicSink(layout, compression: compression, path: path)
        }
    }

    /// Writes what lies beside the pixels, once they are there.
    func finish(_ document: DocumentValue) throws {
        guard case .geoTIFF = self else { return }
        try AtomicFile.write(Data(YAMLText.write(document).utf8), to: indexedPath)
    }

    /// True where all files are there, complete, and made for the dataset `id`.
    ///
    /// - Parameters:
    ///   - id: Of the dataset that the files shall hold.
    ///   - measurements: The names of all measurements.
    ///   - readsAll: Reads every pixel too, which finds damage within a file of the right length.
    /// - Returns: False where the tile has to be made again.
    func isIntact(id: UUID, measurements: [String], readsAll: Bool) -> Bool {
        switch self {
        case .netCDF(let path) where ObjectStore.isObject(path):
            return measurements.prefix(readsAll ? .max : 1).allSatisfy { name in
                let variable = StoredNetCDF.name(path, variable: name)
                guard let file = try? RasterFile(opening: variable), file.metadata("id") == NameUUID.text(id) else {
                    return false
                }
                return !readsAll || canReadAll(file)
            }
        case .netCDF(let path):
            guard FileManager.default.fileExists(atPath: path), let file = try? NetCDFFile(opening: path),
                file.attribute("id") == NameUUID.text(id)
            else { return false }
            return !readsAll || measurements.allSatisfy(file.canReadAll)
        case .mosaic(let path, _):
            guard VirtualFolder.kind(ObjectStore.openable(path)) == .file, let file = try? RasterFile(opening: path),
                file.metadata("id") == NameUUID.text(id), file.bandCount == measurements.count
            else { return false }
            return isIntact(path, readsAll: readsAll)
        case .geoTIFF(let stem, _, _):
            guard let document = try? DatasetFiles.read(indexedPath).first,
                document.value["id"]?.string == NameUUID.text(id)
            else { return false }
            return measurements.allSatisfy { isIntact(file(stem, $0), readsAll: readsAll) }
        }
    }

    private func isIntact(_ geoTIFF: String, readsAll: Bool) -> Bool {
        guard let raster = try? RasterFile(opening: geoTIFF), raster.holdsAllBlocks else { return false }
        return canReadAll(raster, from: readsAll ? 0 : raster.height - 1)
    }

    private func canReadAll(_ raster: borrowing RasterFile, from first: Int = 0) -> Bool {
        let step = 512
        for row in stride(from: first, to: raster.height, by: step) {
            let height = min(step, raster.height - row)
            let window = PixelWindow(column: 0, row: row, width: raster.width, height: height)
            guard (try? raster.read(Double.self, band: 1, window: window)) != nil else { return false }
        }
        return true
    }

    private func file(_ stem: String, _ measurement: String) -> String { "\(stem)_\(measurement).tif" }
}
