public import DatacubeIndex
import Documents
import Foundation
public import Geo
import Ingest
import Raster

/// Draws a product as a picture: the command `quicklook`.
public struct Quicklook: Sendable {
    /// What was drawn.
    public struct Summary: Sendable, Codable, Equatable {
        public let product: String
        public let path: String
        public let bands: [String]
        public let width: Int
        public let height: Int
        public let datasets: Int
        /// The part of the picture that has data, from 0 to 1.
        public let validFraction: Double
    }

    public var product: String
    /// Three measurements for red, green and blue, one for grey; nil lets the product's names decide.
    public var bands: [String]?
    public var time: TimeRange?
    /// Pixels of the longer side.
    public var size: Int

    public init(product: String, bands: [String]? = nil, time: TimeRange? = nil, size: Int = 1024) {
        (self.product, self.bands, self.time, self.size) = (product, bands, time, size)
    }

    /// Writes the picture as PNG; pixels without data are transparent.
    public func draw(on index: any DatasetIndex, to path: String) async throws -> Summary {
        let product = try await index.product(named: self.product)
        let datasets = try await index.datasets(matching: DatasetQuery(product: product.name, time: time))
            .sorted { Dataset.precedes($1, $0) }
        guard let crs = product.gridSpec?.crs ?? datasets.first?.crs else {
            throw WorkflowError(
                .noInput,
                "product '\(product.name)' has no datasets" + (time == nil ? "" : " in that time"),
                hint: "See: datacube dataset search product=\(product.name)."
            )
        }
        let measurements = try bands.map { try $0.map(product.measurement) } ?? Self.defaultBands(of: product)
        let projector = FootprintProjector(to: crs)
        let boxes = try datasets.compactMap { try projector.footprint(of: $0)?.bounds }
        guard let first = boxes.first else {
            throw WorkflowError(.noInput, "no dataset of product '\(product.name)' tells where it lies")
        }
        let canvas = canvas(boxes.dropFirst().reduce(first) { $0.union($1) }, crs, product)
        let cache = SourceCache()
        var planes = try measurements.map { try read($0, datasets, canvas, cache) }
        let isValid = (0..<canvas.pixelCount).map { pixel in planes.allSatisfy { !$0[pixel].isNaN } }
        if planes.count == 1 { planes = [planes[0], planes[0], planes[0]] }
        let (low, high) = stretch(planes, isValid)
        var channels = planes.map { $0.map { shade($0, low, high) } }
        channels.append(isValid.map { $0 ? 255 : 0 })
        try RasterOutput.write(bands: channels, on: canvas, to: path, format: .png)
        return Summary(
            product: product.name,
            path: path,
            bands: measurements.map(\.name),
            width: canvas.width,
            height: canvas.height,
            datasets: datasets.count,
            validFraction: Double(isValid.count { $0 }) / Double(canvas.pixelCount)
        )
    }

    /// Red, green and blue where the product has them, by themselves or as means; else its first measurement.
    static func defaultBands(of product: Product) throws -> [DatacubeIndex.Measurement] {
        for ending in ["", "_mean", "_median", "_geomedian"] {
            let names = ["red", "green", "blue"].map { $0 + ending }
            let found = names.compactMap { name in product.measurements.first { $0.answers(to: name) } }
            if found.count == 3 { return found }
        }
        guard let first = product.measurements.first else {
            throw WorkflowError(.badRequest, "product '\(product.name)' has no measurements")
        }
        return [first]
    }

    /// A grid over `box` with `size` pixels on its longer side, never finer than the product's own.
    private func canvas(_ box: BoundingBox, _ crs: CRS, _ product: Product) -> GeoBox {
        let hint = product.gridSpec?.resolution ?? product.outputHint?.resolution
        let step = max(max(box.width, box.height) / Double(size), abs(hint?.x ?? 0))
        let (left, top) = ((box.left / step).rounded(.down) * step, (box.top / step).rounded(.up) * step)
        return GeoBox(
            crs: crs,
            affine: Affine(origin: Point(x: left, y: top), resolution: XY(x: step, y: -step)),
            width: max(1, Int(((box.right - left) / step).rounded(.up))),
            height: max(1, Int(((top - box.bottom) / step).rounded(.up)))
        )
    }

    private func read(
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

    /// The values that become black and white: the 2nd and 98th percentile of all channels together.
    private func stretch(_ planes: [[Float]], _ isValid: [Bool]) -> (low: Float, high: Float) {
        let step = max(1, isValid.count / 200_000)
        var sample: [Float] = []
        for pixel in stride(from: 0, to: isValid.count, by: step) where isValid[pixel] {
            for plane in planes { sample.append(plane[pixel]) }
        }
        guard !sample.isEmpty else { return (0, 1) }
        sample.sort()
        let (low, high) = (sample[sample.count * 2 / 100], sample[min(sample.count - 1, sample.count * 98 / 100)])
        return high > low ? (low, high) : (low, low + 1)
    }

    /// A little lighter than linear, as eyes expect.
    private func shade(_ value: Float, _ low: Float, _ high: Float) -> UInt8 {
        guard !value.isNaN else { return 0 }
        let fraction = min(max((value - low) / (high - low), 0), 1)
        return UInt8(nearest: 255 * pow(Double(fraction), 0.8))
    }
}
