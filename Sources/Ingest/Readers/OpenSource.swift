import DatacubeIndex
import Documents
import Foundation
import Geo
import Raster

/// An open file of a measurement, whatever library reads it; used by one thread at a time.
protocol OpenSource: AnyObject {
    /// The grid of the file.
    var geoBox: GeoBox { get }
    /// What the file itself declares; netCDF tiles of a cube follow their product.
    var nodata: Double? { get }
    /// Columns and rows of the blocks that are stored, and expanded, as a whole.
    var blockSize: XY<Int> { get }
    /// Reads without the library, where the layout of the file is a usual one.
    var blocks: BlockReader? { get }
    /// A reduced copy that the file holds, for targets whose pixels span `step` of its own; nil where none fits.
    func reduced(by step: Int, _ resampling: Resampling) throws -> (any OpenSource)?
    /// Pixels under `window`, row-major.
    func read<Element: PixelElement>(_ type: Element.Type, _ window: PixelWindow) throws -> [Element]
}

extension OpenSource {
    /// Puts the pixels under `window` in place, `stride` pixels from row to row; those not wanted become nodata.
    ///
    /// - `outline`: Around what is not asked for again (`BlockReader`); nil for the whole window.
    func read<Element: PixelElement>(
        _ window: PixelWindow,
        into target: UnsafeMutablePointer<Element>,
        stride: Int,
        wanted: WantedPixels<Element>? = nil,
        outline: MultiPolygon? = nil
    ) throws {
        if let blocks, blocks.read(window, into: target, stride: stride, wanted: wanted, outline: outline) { return }
        let pixels =
            try blocks?.readWidened(Element.self, window)
            ?? read(Element.self, window)
        pixels.withUnsafeBufferPointer { pixels in
            guard let base = pixels.baseAddress else { return }
            for row in 0..<window.height {
                let (to, from) = (target + row * stride, base + row * window.width)
                to.update(from: from, count: window.width)
                wanted?.advanced(by: row * stride).blank(to, count: window.width)
            }
        }
    }
}

/// A band of a file: read block by block where its layout is a usual one, else by GDAL.
final class GDALSource: OpenSource {
    let geoBox: GeoBox
    let nodata: Double?
    let blockSize: XY<Int>
    private let name: String
    private let band: Int
    let blocks: BlockReader?
    /// Which reduced copy of the file this is, nil for the file itself.
    private let overview: Int?
    /// Open only where GDAL reads the file, or had to help.
    private var file: FileBox?
    private var copies: [Int: GDALSource] = [:]

    private final class FileBox {
        let file: RasterFile

        init(opening name: String, overview: Int?) throws {
            file = try RasterFile(opening: name, overview: overview)
        }
    }

    /// - `other`: The name by which GDAL opens it, where that is not the source's.
    init(
        _ source: MeasurementSource,
        of measurement: String,
        in dataset: Dataset,
        shared: SharedSources,
        name other: String? = nil
    ) throws {
        let name = other ?? source.name
        (self.name, band) = (name, source.band ?? 1)
        let facts = try shared.facts("\(name)#\(band)") { () throws -> SharedSources.Facts in
            let file = try RasterFile(opening: name)
            let band = source.band ?? 1
            let block = file.blockSize(band: band)
            return SharedSources.Facts(
                geoBox: file.geoBox,
                width: file.width,
                height: file.height,
                nodata: file.nodata(band: band),
                blockSize: XY(x: block.width, y: block.height),
                table: file.driverName == "GTiff" ? BlockTable(path: name, band: band) : nil
            )
        }
        guard let box = facts.geoBox ?? dataset.grid(of: measurement, width: facts.width, height: facts.height) else {
            throw IngestError(
                source.file,
                "has no georeferencing, and the document of dataset \(dataset.idText) does not tell its grid"
            )
        }
        (geoBox, nodata, blockSize, overview) = (box, facts.nodata, facts.blockSize, nil)
        blocks = facts.table.flatMap(shared.reader)
    }

    /// A reduced copy of a file; its pixels share its area out evenly.
    private init(_ source: GDALSource, overview: Int, size: XY<Int>) {
        (name, band, nodata, self.overview) = (source.name, source.band, source.nodata, overview)
        (geoBox, blockSize, blocks) = (source.geoBox.resized(width: size.x, height: size.y), source.blockSize, nil)
    }

    func reduced(by step: Int, _ resampling: Resampling) throws -> (any OpenSource)? {
        guard overview == nil else { return nil }
        // GDAL's own choice: a little coarser than asked for will do for a nearest pixel, but for no mean of several.
        let most = Double(step) * (resampling == .nearest ? 1.2 : 1.01)
        let ratios = try open().file.overviews(band: band).enumerated().map { number, size in
            let ratio = min(Double(geoBox.width) / Double(size.x), Double(geoBox.height) / Double(size.y))
            return (number: number, size: size, ratio: ratio)
        }
        guard let best = ratios.filter({ $0.ratio < most }).max(by: { $0.ratio < $1.ratio }) else { return nil }
        if let known = copies[best.number] { return known }
        let copy = GDALSource(self, overview: best.number, size: best.size)
        copies[best.number] = copy
        return copy
    }

    func read<Element: PixelElement>(_ type: Element.Type, _ window: PixelWindow) throws -> [Element] {
        try open().file.read(type, band: band, window: window)
    }

    private func open() throws -> FileBox {
        let open = try file ?? FileBox(opening: name, overview: overview)
        file = open
        return open
    }
}

extension BlockReader {
    /// Pixels of a smaller type made wider, as flags are: without asking GDAL.
    fileprivate func readWidened<Element: PixelElement>(_: Element.Type, _ window: PixelWindow) -> [Element]? {
        guard Element.self == Int32.self || Element.self == Float.self else { return nil }
        switch table.type {
        case .uint8: return read(UInt8.self, window).map(widened)
        case .uint16: return read(UInt16.self, window).map(widened)
        case .int16: return read(Int16.self, window).map(widened)
        default: return nil
        }
    }
}

@_specialize(where From == UInt8, To == Int32)
@_specialize(where From == UInt16, To == Int32)
@_specialize(where From == Int16, To == Int32)
@_specialize(where From == UInt8, To == Float)
@_specialize(where From == UInt16, To == Float)
@_specialize(where From == Int16, To == Float)
private func widened<From: PixelElement, To: PixelElement>(_ pixels: [From]) -> [To] {
    pixels.map { To(nearest: $0.real) }
}

/// A variable of a netCDF tile: read chunk by chunk where its layout is a usual one, else by the netCDF library.
final class NetCDFSource: OpenSource {
    let geoBox: GeoBox
    let nodata: Double? = nil
    let blockSize: XY<Int>
    private let path: String
    private let variable: String
    private let time: Int
    let blocks: BlockReader?
    /// Open only where netCDF reads the file, or had to help.
    private var file: NetCDFFile?

    init(
        _ source: MeasurementSource,
        variable: String,
        of measurement: String,
        in dataset: Dataset,
        shared: SharedSources
    ) throws {
        let time = source.band.map { $0 - 1 } ?? 0
        (path, self.variable, self.time) = (source.file, variable, time)
        let facts = try shared.facts("\(source.file):\(variable)@\(time)") { () throws -> SharedSources.Facts in
            let file = try NetCDFFile(opening: source.file)
            guard let shape = file.shape(of: variable), shape.count >= 2 else {
                throw IngestError(source.file, "has no variable '\(variable)' with rows and columns")
            }
            let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
            return SharedSources.Facts(
                geoBox: nil,
                width: width,
                height: height,
                nodata: nil,
                blockSize: file.chunk(of: variable) ?? XY(x: width, y: height),
                table: BlockTable(netCDF: source.file, variable: variable, time: time)
            )
        }
        guard let box = dataset.grid(of: measurement, width: facts.width, height: facts.height) else {
            throw IngestError("dataset \(dataset.idText)", "its document does not tell the grid of '\(measurement)'")
        }
        (geoBox, blockSize) = (box, facts.blockSize)
        blocks = facts.table.flatMap(shared.reader)
    }

    func read<Element: PixelElement>(_ type: Element.Type, _ window: PixelWindow) throws -> [Element] {
        try blocks?.read(type, window) ?? open().read(type, variable: variable, time: time, window: window)
    }

    func reduced(by step: Int, _ resampling: Resampling) -> (any OpenSource)? { nil }

    private func open() throws -> NetCDFFile {
        if let file { return file }
        let opened = try NetCDFFile(opening: path)
        file = opened
        return opened
    }
}

extension Dataset {
    /// The grid of a measurement for a file of this shape: the document's grid scaled to it, or its corner points.
    func grid(of measurement: String, width: Int, height: Int) -> GeoBox? {
        if let box = geoBox(of: measurement) {
            return box.width == width && box.height == height ? box : box.resized(width: width, height: height)
        }
        let points = document.at("grid_spatial", "projection", "geo_ref_points")
        guard let crs, let left = points?["ul"]?["x"]?.double, let top = points?["ul"]?["y"]?.double,
            let right = points?["lr"]?["x"]?.double, let bottom = points?["lr"]?["y"]?.double
        else { return nil }
        let resolution = XY(x: (right - left) / Double(width), y: (bottom - top) / Double(height))
        return GeoBox(
            crs: crs,
            affine: Affine(origin: Point(x: left, y: top), resolution: resolution),
            width: width,
            height: height
        )
    }
}

extension GeoBox {
    /// The same area in another number of pixels.
    fileprivate func resized(width: Int, height: Int) -> GeoBox {
        let (x, y) = (Double(self.width) / Double(width), Double(self.height) / Double(height))
        let old = affine
        let new = Affine(a: old.a * x, b: old.b * y, c: old.c, d: old.d * x, e: old.e * y, f: old.f)
        return GeoBox(crs: crs, affine: new, width: width, height: height)
    }
}
