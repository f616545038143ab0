import DatacubeIndex
import Geo
import Raster

/// What one worker keeps: its open files, each opened once, and where pixels of one grid lie in another.
///
/// Of both the least recently used are given up.
public final class SourceCache {
    private var open: [String: (source: any OpenSource, lastUse: Int)] = [:]
    private var maps: [MapKey: (map: SourceMap, lastUse: Int)] = [:]
    private var windows: [MapKey: SourceWindow?] = [:]
    private var lattices: [MapKey: Lattice] = [:]
    private var transforms: [[CRS]: TransformBox] = [:]
    private var clock = 0
    private let limit: Int
    private let shared: SharedSources

    /// - Parameters:
    ///   - shared: What all threads of a run know.
    ///   - limit: Files that GDAL and netCDF hold open here at once.
    public init(shared: SharedSources = SharedSources(), limit: Int = 64) {
        (self.shared, self.limit) = (shared, limit)
    }

    func source(_ source: MeasurementSource, of measurement: String, in dataset: Dataset) throws -> any OpenSource {
        clock += 1
        let source = shared.here(source)
        let key = "\(source.name)#\(source.band ?? 0)"
        if let known = open[key] {
            open[key] = (known.source, clock)
            return known.source
        }
        if open.count >= limit, let oldest = open.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            open[oldest.key] = nil
        }
        let isNetCDF = source.format?.lowercased().contains("netcdf") == true
        let opened: any OpenSource
        if let layer = source.layer, isNetCDF, source.file.hasPrefix("/vsi") {
            opened = try StoredNetCDF.source(source, layer: layer, of: measurement, in: dataset, shared: shared)
        } else if let layer = source.layer, isNetCDF {
            opened = try NetCDFSource(source, variable: layer, of: measurement, in: dataset, shared: shared)
        } else {
            opened = try GDALSource(source, of: measurement, in: dataset, shared: shared)
        }
        open[key] = (opened, clock)
        return opened
    }

    /// The part of a source that a target needs; kept for further bands and dates.
    func window(of source: GeoBox, under target: GeoBox) throws -> SourceWindow? {
        let key = MapKey(source: source, target: target)
        if let known = windows[key] { return known }
        let window = SourceWindow(
            of: source,
            under: target,
            transform: try transform(from: target.crs, to: source.crs),
            back: try transform(from: source.crs, to: target.crs)
        )
        if windows.count >= 256 { windows.removeAll(keepingCapacity: true) }
        windows[key] = .some(window)
        return window
    }

    /// Where the source pixels of a target's pixels are.
    ///
    /// - `isBilinear`: With the share of the four neighbours of each; without it, of the nearest alone.
    func map(from source: GeoBox, to target: GeoBox, isBilinear: Bool = false) throws -> SourceMap {
        clock += 1
        let key = MapKey(source: source, target: target, isBilinear: isBilinear)
        if let known = maps[key] {
            maps[key] = (known.map, clock)
            return known.map
        }
        if maps.count >= 16, let oldest = maps.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            maps[oldest.key] = nil
        }
        let map = try shared.map(key) {
            SourceMap(from: source, to: target, try lattice(from: source, to: target), isBilinear: isBilinear)
        }
        maps[key] = (map, clock)
        return map
    }

    /// Where places of a target are in a source, nil where the source's grid has no area.
    func lattice(from source: GeoBox, to target: GeoBox) throws -> Lattice? {
        let key = MapKey(source: source, target: target)
        if let known = lattices[key] { return known }
        let made = Lattice(
            from: source,
            to: target,
            transform: try transform(from: target.crs, to: source.crs),
            back: try transform(from: source.crs, to: target.crs)
        )
        if lattices.count >= 64 { lattices.removeAll(keepingCapacity: true) }
        lattices[key] = made
        return made
    }

    /// A transformation, made once: PROJ asks its database many times for each.
    func transform(from source: CRS, to target: CRS) throws -> TransformBox {
        if let known = transforms[[source, target]] { return known }
        let made = TransformBox(try CoordinateTransform(from: source, to: target))
        transforms[[source, target]] = made
        return made
    }
}

/// A transformation that several may refer to; used by one thread at a time.
final class TransformBox {
    let transform: CoordinateTransform

    init(_ transform: consuming CoordinateTransform) { self.transform = transform }
}

/// What tells the map of one grid onto another from all others.
struct MapKey: Hashable {
    let source: GeoBox
    let target: GeoBox
    var isBilinear = false
}
