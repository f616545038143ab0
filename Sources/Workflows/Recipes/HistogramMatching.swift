import Analysis
import DatacubeIndex
import Geo
import Ingest
import Raster
import Synchronization

/// Brings the outputs of a tile to the distribution of a reference product: one match for each band and tile.
///
/// It is made once, from the same sample of pixels of both, so that no block is matched otherwise than its neighbour.
final class HistogramMatching: Sendable {
    /// Output → measurement of the reference.
    let bands: [String: Measurement]
    /// Those of the reference that lie under the tile.
    let datasets: [Dataset]
    private let known = Mutex<[String: HistogramMatch]?>(nil)

    init(bands: [String: Measurement], datasets: [Dataset]) { (self.bands, self.datasets) = (bands, datasets) }

    /// The match of each band that has values in both; worked out by the first thread that asks.
    ///
    /// - `outputs`: Real values of each output under a window.
    func matches(
        of geoBox: GeoBox,
        cache: SourceCache,
        outputs: (PixelWindow) throws -> [String: [Float]]
    ) throws -> [String: HistogramMatch] {
        try known.withLock { known in
            if let known { return known }
            var samples: [String: (own: [Float], reference: [Float])] = [:]
            for window in geoBox.sampleWindows() {
                let part = geoBox.cropped(to: window)
                let own = try outputs(window)
                for (name, measurement) in bands {
                    samples[name, default: ([], [])].own += own[name] ?? []
                    samples[name, default: ([], [])].reference += try values(measurement, onto: part, cache)
                }
            }
            let made = samples.compactMapValues { HistogramMatch(source: $0.own, reference: $0.reference) }
            known = made
            return made
        }
    }

    private func values(_ measurement: Measurement, onto target: GeoBox, _ cache: SourceCache) throws -> [Float] {
        func read<Element: PixelElement>(_: Element.Type) throws -> [Float] {
            let reader = GridReader(measurement, resampling: .nearest, cache: cache)
            return try reader.readFused(Element.self, datasets, onto: target).map(Encoding(measurement).decode) ?? []
        }
        return try read(measurement.dtype.elementType)
    }
}

extension GeoBox {
    /// Windows that hold all pixels of a small grid, and 64 of 64 × 64 pixels spread evenly over a larger one.
    fileprivate func sampleWindows() -> [PixelWindow] {
        let side = 64
        guard width * height > 64 * side * side, width >= side, height >= side else {
            return blocks(of: XY(x: 512, y: 512))
        }
        return (0..<64).map { number in
            let (row, column) = (number / 8, number % 8)
            return PixelWindow(
                column: column * (width - side) / 7,
                row: row * (height - side) / 7,
                width: side,
                height: side
            )
        }
    }

    private func blocks(of size: XY<Int>) -> [PixelWindow] {
        stride(from: 0, to: height, by: size.y).flatMap { row in
            stride(from: 0, to: width, by: size.x).map { column in
                PixelWindow(
                    column: column,
                    row: row,
                    width: min(size.x, width - column),
                    height: min(size.y, height - row)
                )
            }
        }
    }
}

extension Encoding {
    /// How a product stores a measurement.
    init(_ measurement: Measurement) {
        self.init(
            type: measurement.dtype,
            nodata: measurement.nodata,
            scaleFactor: measurement.scaleFactor ?? 1,
            addOffset: measurement.addOffset ?? 0
        )
    }
}

extension OutputPlane {
    /// The plane with every value at its rank in the reference.
    func matched(by match: HistogramMatch) -> OutputPlane {
        OutputPlane(
            values: values.map { $0.isNaN ? $0 : Double(match(Float($0 * scale + offset))) },
            scale: 1,
            offset: 0,
            isExact: false
        )
    }

    /// What the numbers mean.
    var realValues: [Float] { values.map { Float($0 * scale + offset) } }
}
