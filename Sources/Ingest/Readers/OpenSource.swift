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
    /// Pixels under `window`; a result with fewer columns and rows is decimated by nearest.
    func read<Element: PixelElement>(
        _ type: Element.Type,
        _ window: PixelWindow,
        width: Int,
        height: Int
    ) throws -> [Element]
}

/// A band of a file that GDAL reads.
final class GDALSource: OpenSource {
    let geoBox: GeoBox
    let nodata: Double?
    private let file: RasterFile
    private let band: Int

    init(_ source: MeasurementSource, of measurement: String, in dataset: Dataset) throws {
        file = try RasterFile(opening: source.name)
        band = source.band ?? 1
        guard let box = file.geoBox ?? dataset.grid(of: measurement, width: file.width, height: file.height) else {
            throw IngestError(
                source.file,
                "has no georeferencing, and the document of dataset \(dataset.idText) does not tell its grid"
            )
        }
        geoBox = box
        nodata = file.nodata(band: band)
    }

    func read<Element: PixelElement>(
        _ type: Element.Type,
        _ window: PixelWindow,
        width: Int,
        height: Int
    ) throws -> [Element] {
        try file.read(type, band: band, window: window, width: width, height: height)
    }
}

/// A variable of a netCDF tile, read by the netCDF library itself.
final class NetCDFSource: OpenSource {
    let geoBox: GeoBox
    let nodata: Double? = nil
    private let file: NetCDFFile
    private let variable: String
    private let time: Int

    init(_ source: MeasurementSource, variable: String, of measurement: String, in dataset: Dataset) throws {
        file = try NetCDFFile(opening: source.file)
        self.variable = variable
        time = source.band.map { $0 - 1 } ?? 0
        guard let shape = file.shape(of: variable), shape.count >= 2 else {
            throw IngestError(source.file, "has no variable '\(variable)' with rows and columns")
        }
        let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
        guard let box = dataset.grid(of: measurement, width: width, height: height) else {
            throw IngestError("dataset \(dataset.idText)", "its document does not tell the grid of '\(measurement)'")
        }
        geoBox = box
    }

    func read<Element: PixelElement>(
        _ type: Element.Type,
        _ window: PixelWindow,
        width: Int,
        height: Int
    ) throws -> [Element] {
        let pixels = try file.read(type, variable: variable, time: time, window: window)
        guard width != window.width || height != window.height else { return pixels }
        return (0..<height).flatMap { row in
            let from = (row * window.height / height) * window.width
            return (0..<width).map { pixels[from + $0 * window.width / width] }
        }
    }
}

extension Dataset {
    /// The grid of a measurement for a file of this shape: the document's grid scaled to it, or its corner points.
    func grid(of measurement: String, width: Int, height: Int) -> GeoBox? {
        if let box = geoBox(of: measurement) {
            if box.width == width, box.height == height { return box }
            let (x, y) = (Double(box.width) / Double(width), Double(box.height) / Double(height))
            let old = box.affine
            let affine = Affine(a: old.a * x, b: old.b * y, c: old.c, d: old.d * x, e: old.e * y, f: old.f)
            return GeoBox(crs: box.crs, affine: affine, width: width, height: height)
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
