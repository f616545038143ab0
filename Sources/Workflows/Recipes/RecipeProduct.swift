import Analysis
import DatacubeIndex
import Documents
import Geo

extension Recipe {
    /// The definition of the product that the recipe makes on a grid.
    func productDefinition(named name: String, grid: GridSpec) -> DocumentValue {
        func pair(_ xy: XY<Double>) -> DocumentValue { ["x": .double(xy.x), "y": .double(xy.y)] }
        return [
            "name": .string(name),
            "description": .string(description.isEmpty ? "Made by recipe \(self.name)" : description),
            "metadata_type": "eo3",
            "metadata": [
                "product": ["name": .string(name)],
                "properties": ["odc:file_format": "NetCDF"],
            ],
            "storage": [
                "crs": .string(grid.crs.definition),
                "tile_size": pair(grid.tileSize),
                "resolution": pair(grid.resolution),
                "origin": pair(grid.origin),
            ],
            "measurements": .array(outputs.map(\.measurementDefinition)),
        ]
    }
}

extension RecipeOutput {
    fileprivate var measurementDefinition: DocumentValue {
        let nodata = encoding.nodata
        var entry = DocumentObject([
            (key: "name", value: .string(name)),
            (key: "dtype", value: .string(encoding.type.rawValue)),
            (key: "nodata", value: number(nodata)),
            (key: "units", value: .string(units)),
        ])
        if encoding.scaleFactor != 1 { entry["scale_factor"] = .double(encoding.scaleFactor) }
        if encoding.addOffset != 0 { entry["add_offset"] = .double(encoding.addOffset) }
        return .object(entry)
    }

    private func number(_ value: Double) -> DocumentValue {
        if value.isNaN { return "NaN" }
        return Int(exactly: value).map(DocumentValue.integer) ?? .double(value)
    }
}
