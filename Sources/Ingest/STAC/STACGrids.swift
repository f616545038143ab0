import DatacubeIndex
import Documents
import Geo
import Raster

/// The grids of an item's measurements; the one that most of them have is the default.
struct STACGrids {
    let crs: CRS
    /// The name of each asset's grid, by the asset's key.
    let names: [String: String]
    private let grids: [(name: String, grid: STACGrid)]

    /// - Throws: `DocumentError` where neither the item nor its files tell CRS and grid.
    init(bands: STACBands, reader: DocumentReader, location: String) throws(DocumentError) {
        let asked = bands.entries.filter(\.isAskedFor)
        let entries = asked.isEmpty ? bands.entries : asked
        var crs = entries.lazy.compactMap(\.asset.crs).first
        var grids: [String: STACGrid] = [:]
        for entry in bands.entries where entry.asset.crs == crs { grids[entry.asset.key] = entry.asset.grid }
        if crs == nil || !entries.contains(where: { grids[$0.asset.key] != nil }) {
            (crs, grids) = try Self.read(entries, reader, location)
        }
        guard let crs else { throw reader.failure("has no CRS") }
        self.crs = crs
        var counts: [STACGrid: Int] = [:]
        for entry in entries { if let grid = grids[entry.asset.key] { counts[grid, default: 0] += 1 } }
        // Among equals the finest.
        let main = counts.min { (-$0.value, $0.key.step, $0.key.width) < (-$1.value, $1.key.step, $1.key.width) }?.key
        var found: [(name: String, grid: STACGrid)] = main.map { [("default", $0)] } ?? []
        var names: [String: String] = [:]
        for entry in bands.entries {
            guard let grid = grids[entry.asset.key] else { continue }
            if let known = found.first(where: { $0.grid == grid }) {
                names[entry.asset.key] = known.name
                continue
            }
            let step = grid.step >= 1 && grid.step == grid.step.rounded() ? String(Int(grid.step)) : "\(grid.step)"
            var name = "g\(step)m"
            while found.contains(where: { $0.name == name }) { name += "_" }
            found.append((name, grid))
            names[entry.asset.key] = name
        }
        (self.grids, self.names) = (found, names)
    }

    var document: DocumentValue { .object(DocumentObject(grids.map { (key: $0.name, value: $0.grid.document) })) }

    /// The grids that the files themselves have; the first that can be opened decides on the CRS.
    private static func read(
        _ entries: [STACBands.Entry],
        _ reader: DocumentReader,
        _ location: String
    ) throws(DocumentError) -> (CRS?, [String: STACGrid]) {
        var crs: CRS?
        var grids: [String: STACGrid] = [:]
        var reason = "it has no files with samples"
        for entry in entries where grids[entry.asset.key] == nil {
            do throws(RasterError) {
                let file = try RasterFile(opening: Dataset.fileName(of: entry.asset.href, relativeTo: location))
                guard let box = file.geoBox, crs == nil || box.crs == crs else { continue }
                crs = box.crs
                grids[entry.asset.key] = STACGrid(height: box.height, width: box.width, transform: box.affine.rowMajor)
            } catch {
                reason = "\(error)"
            }
        }
        guard crs != nil else {
            throw reader.failure(
                "tells no grid: its assets lack proj:shape and proj:transform (or proj:epsg), and \(reason)"
            )
        }
        return (crs, grids)
    }
}

extension STACGrid {
    /// Size of a pixel in CRS units.
    var step: Double { abs(transform[0]) > 0 ? abs(transform[0]) : abs(transform[1]) }
}
