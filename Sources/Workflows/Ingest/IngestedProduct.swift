import DatacubeIndex
import Documents
import Geo
import Ingest

extension IngestionConfig {
    /// The definition of the tiles' product: the source product's with the storage and measurements of this one.
    func outputDefinition(of source: Product) throws -> DocumentValue {
        var definition = source.definition.object ?? DocumentObject()
        definition["name"] = .string(outputProduct)
        definition["description"] = .string(description ?? source.description)
        definition["managed"] = true
        definition["load"] = nil
        if let metadataType { definition["metadata_type"] = .string(metadataType) }
        definition["metadata"] = signature(of: source)
        var storage = DocumentObject()
        for key in ["crs", "tile_size", "resolution", "origin"] { storage[key] = self.storage[key] }
        definition["storage"] = .object(storage)
        var measurements: [DocumentValue] = []
        for band in bands {
            let original = try source.measurement(band.sourceName)
            let entries = source.definition["measurements"]?.array ?? []
            var entry = entries.last { $0["name"]?.string == original.name }?.object ?? DocumentObject()
            entry["name"] = .string(band.name)
            entry["dtype"] = .string(band.dtype.rawValue)
            entry["nodata"] = band.nodata == band.nodata.rounded() ? .integer(Int(band.nodata)) : .double(band.nodata)
            measurements.append(.object(entry))
        }
        definition["measurements"] = .array(measurements)
        return .object(definition)
    }

    /// What tells the tiles' documents from the scenes': the product's name in EO3, the format in the older layout.
    private func signature(of source: Product) -> DocumentValue {
        var signature = source.metadata.object ?? DocumentObject()
        let format = driver == .netCDF ? "NetCDF" : "GeoTIFF"
        if (metadataType ?? source.metadataType).contains("eo3") {
            var properties = signature["properties"]?.object ?? DocumentObject()
            properties["odc:file_format"] = .string(format)
            signature["properties"] = .object(properties)
            signature["product"] = ["name": .string(outputProduct)]
        } else {
            signature["format"] = ["name": .string(format)]
        }
        return .object(signature)
    }
}
