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
        let picture = try Picture(of: datasets, measurements, onto: canvas)
        try RasterOutput.write(bands: picture.channels, on: canvas, to: path, format: .png)
        return Summary(
            product: product.name,
            path: path,
            bands: measurements.map(\.name),
            width: canvas.width,
            height: canvas.height,
            datasets: datasets.count,
            validFraction: picture.validFraction
        )
    }

    /// Red, green and blue where the product has them, by themselves or as means; else its first measurement.
    public static func defaultBands(of product: Product) throws -> [DatacubeIndex.Measurement] {
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
}
