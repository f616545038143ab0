import DatacubeIndex
public import Documents
import Geo
import Raster

/// Product definitions made from what an item says of its bands; files are opened only where it does not say enough.
public enum STACProductDraft {
    /// A definition with a measurement for each asset with samples.
    ///
    /// Scale and offset are the item's; items that come with others keep theirs in their documents. Keys that are no names
    /// of measurements become aliases, as are common names of bands.
    /// - Parameters:
    ///   - name: The product's.
    ///   - item: The item.
    ///   - location: Where it lies.
    /// - Returns: The definition; nil where no type of samples can be found out.
    /// - Throws: `DocumentError` for an item that cannot be read.
    public static func definition(
        _ name: String,
        for item: DocumentValue,
        at location: String
    ) throws(DocumentError) -> DocumentValue? {
        let source = SourceDocument(origin: location, value: item)
        var measurements: [DocumentObject] = []
        var names: Set<String> = []
        for (key, reader) in try source.root.required("assets").entries() {
            let asset = try STACAsset(key: key, reader: reader, properties: item["properties"] ?? [:])
            guard asset.isRaster, !asset.isVisual, let made = measurement(asset, reader.value, location),
                let own = made["name"]?.string, names.insert(own.lowercased()).inserted
            else { continue }
            measurements.append(made)
        }
        guard !measurements.isEmpty else { return nil }
        // A name means one measurement.
        let all = measurements.flatMap { $0["aliases"]?.array ?? [] }.compactMap(\.string)
        for place in measurements.indices {
            let kept = (measurements[place]["aliases"]?.array ?? []).compactMap(\.string).filter { alias in
                all.count { $0 == alias } == 1 && !names.contains(alias.lowercased())
            }
            measurements[place]["aliases"] = kept.isEmpty ? DocumentValue?.none : .array(kept.map { .string($0) })
        }
        return [
            "name": .string(name),
            "description": .string("Made by antares from the STAC item \(item["id"]?.string ?? "")"),
            "metadata_type": "eo3", "metadata": ["product": ["name": .string(name)]],
            "measurements": .array(measurements.map { .object($0) }),
        ]
    }

    private static func measurement(
        _ asset: STACAsset,
        _ value: DocumentValue,
        _ location: String
    ) -> DocumentObject? {
        let bands = value["bands"]?.array ?? value["raster:bands"]?.array ?? []
        // Of a file with several bands one cannot say which is meant.
        guard bands.count <= 1 else { return nil }
        var type = (bands.first?["data_type"] ?? value["data_type"])?.string.flatMap(PixelType.init(rawValue:))
        var nodata = (bands.first?["nodata"] ?? value["nodata"])?.double
        if type == nil || nodata == nil,
            let file = try? RasterFile(opening: Dataset.fileName(of: asset.href, relativeTo: location))
        {
            type = type ?? file.pixelType(band: 1)
            nodata = nodata ?? file.nodata(band: 1)
        }
        guard let type else { return nil }
        var result = DocumentObject()
        let name = String(asset.key.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
        result["name"] = .string(name)
        result["dtype"] = .string(type.rawValue)
        let missing = nodata ?? (type.isFloat ? .nan : 0)
        result["nodata"] = Int(exactly: missing).map { .integer($0) } ?? .double(missing)
        result["units"] = .string((bands.first?["unit"] ?? value["unit"])?.string ?? "1")
        if let scaling = asset.scaling(), scaling != (1, 0) {
            (result["scale_factor"], result["add_offset"]) = (.double(scaling.scale), .double(scaling.offset))
        }
        let others = (asset.bands.first ?? []) + (name == asset.key ? [] : [asset.key])
        result["aliases"] = .array(others.filter { $0 != name }.map { .string($0) })
        return result
    }
}
