import DatacubeIndex
import Documents

/// Which assets of an item hold which measurements.
///
/// An asset belongs to a measurement by its key, by the measurement's aliases, or by the name or common name of one of
/// its bands. Assets with samples that no measurement asks for are kept under their own keys.
struct STACBands {
    struct Entry {
        let name: String
        let asset: STACAsset
        /// Counted from 1, nil where the file has one band.
        let band: Int?
        /// False where the product does not ask for it.
        let isAskedFor: Bool
    }

    let entries: [Entry]
    let accessories: DocumentObject

    init(assets: [STACAsset], measurements: [Measurement]) {
        let rasters = assets.filter(\.isRaster)
        var entries = measurements.compactMap { Self.entry(of: $0, in: rasters) }
        let used = Set(entries.map(\.asset.key))
        let names = Set(entries.map(\.name))
        for asset in rasters where !used.contains(asset.key) && !names.contains(asset.key) && !asset.isVisual {
            entries.append(Entry(name: asset.key, asset: asset, band: nil, isAskedFor: measurements.isEmpty))
        }
        self.entries = entries
        let kept = Set(entries.map(\.asset.key))
        accessories = DocumentObject(
            assets.filter { !kept.contains($0.key) }.map { (key: $0.key, value: ["path": .string($0.href)]) }
        )
    }

    private static func entry(of measurement: Measurement, in assets: [STACAsset]) -> Entry? {
        func made(_ asset: STACAsset, _ band: Int?) -> Entry {
            Entry(name: measurement.name, asset: asset, band: band, isAskedFor: true)
        }
        for name in [measurement.name] + measurement.aliases {
            if let asset = assets.first(where: { $0.key == name }) { return made(asset, nil) }
        }
        // A file of its own goes before one band of a picture of many.
        for asset in assets.sorted(by: { ($0.isVisual ? 1 : 0, $0.bands.count) < ($1.isVisual ? 1 : 0, $1.bands.count) }
        ) {
            let place = asset.bands.firstIndex { $0.contains { measurement.answers(to: $0) } }
            if let place { return made(asset, asset.bands.count > 1 ? place + 1 : nil) }
        }
        return nil
    }

    /// Scale and offset of the item where they differ from those of the product, by measurement; of products that scale alone.
    func scaling(of measurements: [Measurement]) -> DocumentObject {
        var all = DocumentObject()
        for measurement in measurements where measurement.scaleFactor != nil || measurement.addOffset != nil {
            guard let entry = entries.first(where: { $0.name == measurement.name }),
                let own = entry.asset.scaling(band: entry.band ?? 1),
                own != (measurement.scaleFactor ?? 1, measurement.addOffset ?? 0)
            else { continue }
            all[measurement.name] = ["scale_factor": .double(own.scale), "add_offset": .double(own.offset)]
        }
        return all
    }

    /// The measurements of the EO3 document.
    ///
    /// - `gridNames`: The name of each asset's grid, by the asset's key.
    func document(gridNames: [String: String]) -> DocumentObject {
        DocumentObject(
            entries.map { entry in
                var place = DocumentObject()
                place["path"] = .string(entry.asset.href)
                place["band"] = entry.band.map { .integer($0) }
                if let grid = gridNames[entry.asset.key], grid != "default" { place["grid"] = .string(grid) }
                return (key: entry.name, value: .object(place))
            }
        )
    }
}
