import Analysis
import DatacubeIndex
import Geo
import Ingest
import Raster
import Synchronization

/// Brings what is computed for a tile to the distribution of a reference product: one match for each band and tile, and for
/// each date where dates are matched.
///
/// It is made once, from the same sample of pixels of both, so that no block is matched otherwise than its neighbour.
final class HistogramMatching: Sendable {
    /// What has a match of its own.
    struct Key: Hashable {
        /// An output, or a band of the series.
        let band: String
        /// The number of the slice; 0 for outputs.
        var slice = 0
    }

    /// Output or band → measurement of the reference.
    let bands: [String: Measurement]
    /// Those of the reference that lie under the tile.
    let datasets: [Dataset]
    private let known = Mutex<[Key: HistogramMatch]?>(nil)

    init(bands: [String: Measurement], datasets: [Dataset]) { (self.bands, self.datasets) = (bands, datasets) }

    /// The match of all that has values in both; worked out by the first thread that asks.
    ///
    /// 64 windows of `side` × `side` pixels are looked at; `own` gives real values under one, of bands that have a
    /// measurement in the reference.
    func matches(
        of geoBox: GeoBox,
        cache: SourceCache,
        side: Int = 64,
        own: (PixelWindow) throws -> [Key: [Float]]
    ) throws -> [Key: HistogramMatch] {
        try known.withLock { known in
            if let known { return known }
            var samples: [Key: [Float]] = [:]
            var reference: [String: [Float]] = [:]
            for window in geoBox.sampleWindows(side: side) {
                let part = geoBox.cropped(to: window)
                samples.merge(try own(window)) { $0 + $1 }
                for (name, measurement) in bands {
                    reference[name, default: []] += try values(measurement, onto: part, cache)
                }
            }
            var made: [Key: HistogramMatch] = [:]
            for (key, values) in samples {
                made[key] = HistogramMatch(source: values, reference: reference[key.band] ?? [])
            }
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
    /// Windows that hold all pixels of a small grid, and 64 spread evenly over a larger one.
    fileprivate func sampleWindows(side: Int) -> [PixelWindow] {
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
