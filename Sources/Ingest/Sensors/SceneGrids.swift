import Geo

/// The grids of a scene's measurements, by name; the first is the default.
struct SceneGrids {
    private(set) var all: [(name: String, geoBox: GeoBox)] = []

    init() {}

    /// The name by which measurements refer to a grid, nil for the default.
    mutating func name(of grid: GeoBox) -> String? {
        if let known = all.first(where: { $0.geoBox == grid }) { return known.name == "default" ? nil : known.name }
        guard !all.isEmpty else {
            all.append(("default", grid))
            return nil
        }
        let step = abs(grid.resolution.x)
        let size = step >= 1 ? String(Int(step.rounded())) : String(step)
        var name = "g\(size)m"
        while all.contains(where: { $0.name == name }) { name += "_" }
        all.append((name, grid))
        return name
    }

    var standard: GeoBox? { all.first?.geoBox }
}
