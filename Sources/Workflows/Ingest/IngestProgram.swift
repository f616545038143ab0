import DatacubeIndex
import Geo
import Ingest
import Raster

/// Carries the measurements of some datasets onto a tile, the first valid pixel of each place.
struct IngestProgram: TileProgram {
    struct Band: Sendable {
        let source: Measurement
        let target: Measurement
        let resampling: Resampling
    }

    let bands: [Band]
    /// In the order in which they are laid over each other.
    let datasets: [Dataset]

    func run(_ window: PixelWindow, of geoBox: GeoBox, into output: inout ComputedBlock, cache: SourceCache) throws {
        let block = geoBox.cropped(to: window)
        for band in bands {
            func copy<Source: PixelElement>(_: Source.Type) throws {
                let reader = GridReader(band.source, resampling: band.resampling, cache: cache)
                guard let pixels = try reader.readFused(Source.self, datasets, onto: block) else { return }
                write(pixels, band, window, &output)
            }
            try copy(band.source.dtype.elementType)
        }
    }

    private func write<Source: PixelElement>(
        _ pixels: [Source],
        _ band: Band,
        _ window: PixelWindow,
        _ output: inout ComputedBlock
    ) {
        let isSame = band.source.dtype == band.target.dtype && band.source.nodata == band.target.nodata
        guard !isSame else {
            output.add(pixels, variable: band.target.name, window: window)
            return
        }
        func convert<Target: PixelElement>(_: Target.Type) {
            let (from, to) = (Source(nearest: band.source.nodata), Target(nearest: band.target.nodata))
            let converted = pixels.map { $0 == from || $0 != $0 ? to : Target(nearest: $0.real) }
            output.add(converted, variable: band.target.name, window: window)
        }
        convert(band.target.dtype.elementType)
    }
}
