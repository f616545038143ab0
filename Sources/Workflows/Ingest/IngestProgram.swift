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

    var reads: [(datasets: [Dataset], measurements: [String])] { [(datasets, bands.map(\.source.name))] }

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
        func store<Target: PixelElement>(_: Target.Type) {
            let (from, to) = (Source(nearest: band.source.nodata), Target(nearest: band.target.nodata))
            output.add(convert(pixels, missing: from, to: to), variable: band.target.name, window: window)
        }
        store(band.target.dtype.elementType)
    }
}

/// Pixels in another type: rounded, clamped, and with its own mark for what is missing.
@_specialize(where Source == UInt16, Target == UInt8)
@_specialize(where Source == UInt16, Target == Int16)
@_specialize(where Source == UInt8, Target == UInt16)
@_specialize(where Source == Int16, Target == Float)
private func convert<Source: PixelElement, Target: PixelElement>(
    _ pixels: [Source],
    missing: Source,
    to nodata: Target
) -> [Target] {
    pixels.map { $0 == missing || $0 != $0 ? nodata : Target(nearest: $0.real) }
}
