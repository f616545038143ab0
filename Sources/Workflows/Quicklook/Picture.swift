public import DatacubeIndex
public import Foundation
public import Geo
import Ingest
import Raster

/// Measurements as a picture of 8 bits: red, green, blue, and what is transparent.
public struct Picture: Sendable {
    public let width: Int
    public let height: Int
    /// Red, green, blue and opacity, row-major.
    let channels: [[UInt8]]
    /// The part of the picture that has data, from 0 to 1.
    public let validFraction: Double

    /// - Parameters:
    ///   - planes: One for grey, three for red, green and blue; NaN where there is no data.
    ///   - width: Columns.
    ///   - stretch: The values that become black and white; nil for the 2nd and 98th percentile of all planes together.
    init(planes: [[Float]], width: Int, stretch: ClosedRange<Double>? = nil) {
        let count = planes[0].count
        let isValid = (0..<count).map { pixel in planes.allSatisfy { !$0[pixel].isNaN } }
        let ends = stretch ?? Self.stretch(planes, isValid)
        let (low, high) = (Float(ends.lowerBound), Float(ends.upperBound))
        let shaded = planes.map { $0.map { Self.shade($0, low, high) } }
        channels = (shaded.count == 1 ? [shaded[0], shaded[0], shaded[0]] : shaded) + [isValid.map { $0 ? 255 : 0 }]
        (self.width, height) = (width, count / max(width, 1))
        validFraction = Double(isValid.count { $0 }) / Double(max(count, 1))
    }

    /// Draws datasets; where they overlap, the first is on top.
    ///
    /// - Parameters:
    ///   - datasets: Of one product.
    ///   - measurements: One for grey, three for red, green and blue.
    ///   - canvas: The grid of the picture.
    ///   - stretch: The values that become black and white; nil for those of the picture itself.
    /// - Throws: `BrokenDataset`, which names the dataset that could not be read.
    public init(
        of datasets: [Dataset],
        _ measurements: [DatacubeIndex.Measurement],
        onto canvas: GeoBox,
        stretch: ClosedRange<Double>? = nil
    ) throws {
        let cache = SourceCache()
        let planes = try measurements.map { try Self.read($0, datasets, canvas, cache) }
        self.init(planes: planes, width: canvas.width, stretch: stretch)
    }

    /// The values that become black and white in a picture of these datasets.
    public static func stretch(
        of datasets: [Dataset],
        _ measurements: [DatacubeIndex.Measurement],
        onto canvas: GeoBox
    ) throws -> ClosedRange<Double> {
        let cache = SourceCache()
        let planes = try measurements.map { try read($0, datasets, canvas, cache) }
        let isValid = (0..<canvas.pixelCount).map { pixel in planes.allSatisfy { !$0[pixel].isNaN } }
        return stretch(planes, isValid)
    }

    /// A grid over a dataset; nil where its document does not tell where it lies.
    ///
    /// - `size`: Pixels of the longer side.
    public static func canvas(of dataset: Dataset, size: Int) -> GeoBox? {
        guard let crs = dataset.crs, let box = dataset.footprint?.bounds, !box.isEmpty else { return nil }
        let step = max(box.width, box.height) / Double(size)
        return GeoBox(
            crs: crs,
            affine: Affine(origin: Point(x: box.left, y: box.top), resolution: XY(x: step, y: -step)),
            width: max(1, Int((box.width / step).rounded())),
            height: max(1, Int((box.height / step).rounded()))
        )
    }

    /// A PNG of a dataset by the usual bands of its product; nil where it tells no place or has no data.
    ///
    /// - `size`: Pixels of the longer side.
    public static func thumbnail(of dataset: Dataset, in product: Product, size: Int) throws -> Data? {
        guard let canvas = canvas(of: dataset, size: size) else { return nil }
        let picture = try Picture(of: [dataset], Quicklook.defaultBands(of: product), onto: canvas)
        return picture.validFraction > 0 ? try picture.png() : nil
    }

    /// As PNG.
    public func png() throws -> Data { try PNGPicture.encode(bands: channels, width: width, height: height) }

    private static func read(
        _ measurement: DatacubeIndex.Measurement,
        _ datasets: [Dataset],
        _ canvas: GeoBox,
        _ cache: SourceCache
    ) throws -> [Float] {
        let reader = GridReader(measurement, cache: cache)
        let nodata = Float(measurement.nodata)
        let pixels = try reader.readFused(Float.self, datasets, onto: canvas)
        return pixels?.map { $0 == nodata ? .nan : $0 } ?? [Float](repeating: .nan, count: canvas.pixelCount)
    }

    private static func stretch(_ planes: [[Float]], _ isValid: [Bool]) -> ClosedRange<Double> {
        let step = max(1, isValid.count / 200_000)
        var sample: [Float] = []
        for pixel in stride(from: 0, to: isValid.count, by: step) where isValid[pixel] {
            for plane in planes { sample.append(plane[pixel]) }
        }
        guard !sample.isEmpty else { return 0...1 }
        sample.sort()
        let (low, high) = (sample[sample.count * 2 / 100], sample[min(sample.count - 1, sample.count * 98 / 100)])
        return high > low ? Double(low)...Double(high) : Double(low)...Double(low) + 1
    }

    /// A little lighter than linear, as eyes expect.
    private static func shade(_ value: Float, _ low: Float, _ high: Float) -> UInt8 {
        guard !value.isNaN else { return 0 }
        let fraction = min(max((value - low) / (high - low), 0), 1)
        return UInt8(nearest: 255 * pow(Double(fraction), 0.8))
    }
}

extension Picture {
    /// Draws a file with pixels, in red, green and blue where its bands have these names; else its first band.
    ///
    /// - Parameters:
    ///   - path: GeoTIFF, netCDF or another file that GDAL reads.
    ///   - size: Pixels of the longer side.
    /// - Throws: `RasterError` for a file that cannot be read.
    public init(file path: String, size: Int) throws {
        let container = try RasterFile(opening: path)
        let parts = container.subdatasets.map(\.name)
        var names = parts.map(Self.variable)
        if parts.isEmpty, container.bandCount > 0 {
            for band in 1...container.bandCount { names.append(container.bandDescription(band)) }
        }
        let chosen = Self.colours(names) ?? [0]
        var planes: [[Float]] = []
        var width = 0
        for index in chosen {
            let file = try RasterFile(opening: parts.isEmpty ? path : parts[index])
            let band = parts.isEmpty ? index + 1 : 1
            let scale = min(1, Double(size) / Double(max(file.width, file.height)))
            width = max(1, Int((Double(file.width) * scale).rounded()))
            let height = max(1, Int((Double(file.height) * scale).rounded()))
            let window = PixelWindow(column: 0, row: 0, width: file.width, height: file.height)
            let pixels = try file.read(Float.self, band: band, window: window, width: width, height: height)
            let nodata = file.nodata(band: band).map { Float($0) }
            planes.append(pixels.map { $0 == nodata ? .nan : $0 })
        }
        guard planes.allSatisfy({ $0.count == planes[0].count }) else {
            self.init(planes: [planes[0]], width: width)
            return
        }
        self.init(planes: planes, width: width)
    }

    /// Which names are red, green and blue, by themselves or as means; nil where not all are there.
    static func colours(_ names: [String]) -> [Int]? {
        for ending in ["", "_mean", "_median", "_geomedian"] {
            let found = ["red", "green", "blue"].compactMap { colour in
                names.firstIndex { $0.lowercased() == colour + ending }
            }
            if found.count == 3 { return found }
        }
        return nil
    }

    /// The variable of a name such as `NETCDF:"/tiles/a.nc":red`.
    private static func variable(_ name: String) -> String { name.split(separator: ":").last.map(String.init) ?? name }
}
