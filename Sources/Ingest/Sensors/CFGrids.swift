import Foundation
import Geo
import Raster

/// The variables of a netCDF file that lie on regular grids, by the CF conventions.
struct CFGrids {
    /// A variable and its grid.
    struct Field {
        let variable: NetCDFFile.Variable
        let grid: GeoBox
        let hasTime: Bool
    }

    private(set) var fields: [Field] = []
    /// The time axis of the fields, nil where none has one.
    private(set) var time: NetCDFFile.Variable?
    /// Why there are no fields.
    private(set) var reason = "holds no variable with rows and columns"

    private let file: NetCDFFile
    private let byName: [String: NetCDFFile.Variable]

    init(file: NetCDFFile, variables: [NetCDFFile.Variable]) throws {
        self.file = file
        byName = Dictionary(variables.map { ($0.name, $0) }) { first, _ in first }
        let helpers = Set(variables.flatMap { Self.helpers(of: $0) }).union(variables.map(\.name).filter(isAxisName))
        var first: String?
        for variable in variables where variable.type != nil && variable.dimensions.count >= 2 {
            guard !helpers.contains(variable.name) else { continue }
            do {
                fields.append(try field(variable))
            } catch let refusal as Refusal {
                first = first ?? "cannot be read as a cube: \(refusal.text)"
            }
        }
        let named = Set(fields.filter(\.hasTime).compactMap { $0.variable.dimensions.first?.name })
        if named.count > 1 {
            throw SceneError(
                file.path,
                "has several axes of time",
                hint: "Split it into files with one time axis each."
            )
        }
        time = named.first.flatMap { byName[$0] }
        if variables.contains(where: { $0.texts["cf_role"] == "mesh_topology" }) {
            first = "is unstructured (a mesh): it has no rows and columns"
        } else if let kind = file.globalTexts()["featureType"], kind.lowercased() != "grid", fields.isEmpty {
            first = "holds samples at places (featureType \(kind)), no grid"
        }
        reason = first ?? reason
    }

    private struct Refusal: Error { let text: String }

    /// Variables that only describe others.
    private static func helpers(of variable: NetCDFFile.Variable) -> [String] {
        var names = variable.dimensions.count == 1 ? [variable.name] : []
        for key in ["bounds", "climatology", "grid_mapping", "coordinates"] {
            names += (variable.texts[key] ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        }
        return names
    }

    private func isAxisName(_ name: String) -> Bool {
        guard let variable = byName[name] else { return false }
        return variable.dimensions.count == 1 && variable.dimensions[0].name == name
    }

    private func field(_ variable: NetCDFFile.Variable) throws -> Field {
        let dimensions = variable.dimensions
        let (rows, columns) = (dimensions[dimensions.count - 2], dimensions[dimensions.count - 1])
        guard let y = axis(rows.name), let x = axis(columns.name) else {
            let named = (variable.texts["coordinates"] ?? "").split(whereSeparator: \.isWhitespace)
                .compactMap { byName[String($0)] }
            let curved = named.first {
                $0.dimensions.count == 2 && $0.dimensions.map(\.name) == [rows.name, columns.name]
            }
            if let curved {
                throw Refusal(text: "'\(variable.name)' is curvilinear, '\(curved.name)' gives a place for each pixel")
            }
            throw Refusal(text: "'\(variable.name)' has no coordinates along \(rows.name) and \(columns.name)")
        }
        guard kind(of: x) != .y, kind(of: y) != .x else {
            throw Refusal(text: "'\(variable.name)' runs along \(rows.name) first; rows have to come before columns")
        }
        guard kind(of: x) == .x, kind(of: y) == .y else {
            throw Refusal(text: "'\(variable.name)' has no coordinates in space along \(rows.name) and \(columns.name)")
        }
        var leading = Array(dimensions.dropLast(2))
        var hasTime = false
        if let first = leading.first, let axis = byName[first.name], axis.texts["units"]?.contains(" since ") == true {
            hasTime = true
            leading.removeFirst()
        }
        if let level = leading.first(where: { $0.length != 1 }) {
            throw Refusal(
                text: "'\(variable.name)' has \(level.length) places along '\(level.name)', only time is read"
            )
        }
        return Field(variable: variable, grid: try grid(x: x, y: y, of: variable), hasTime: hasTime)
    }

    private func axis(_ name: String) -> NetCDFFile.Variable? {
        byName[name].flatMap { $0.dimensions.count == 1 && $0.type != nil ? $0 : nil }
    }

    private enum Kind { case x, y, other }

    private func kind(of axis: NetCDFFile.Variable) -> Kind {
        let (standard, units) = (axis.texts["standard_name"] ?? "", axis.texts["units"]?.lowercased() ?? "")
        if units.hasPrefix("degree") {
            if units.hasSuffix("east") || units.hasSuffix("_e") { return .x }
            if units.hasSuffix("north") || units.hasSuffix("_n") { return .y }
        }
        if standard == "longitude" || standard.hasSuffix("x_coordinate") || axis.texts["axis"] == "X" { return .x }
        if standard == "latitude" || standard.hasSuffix("y_coordinate") || axis.texts["axis"] == "Y" { return .y }
        switch axis.name.lowercased() {
        case "x", "lon", "longitude", "easting": return .x
        case "y", "lat", "latitude", "northing": return .y
        default: return .other
        }
    }

    private func grid(x: NetCDFFile.Variable, y: NetCDFFile.Variable, of variable: NetCDFFile.Variable) throws -> GeoBox
    {
        let (xs, ys) = (try file.values(of: x.name), try file.values(of: y.name))
        let (dx, dy) = (try step(xs, x.name), try step(ys, y.name))
        let affine = Affine(origin: Point(x: xs[0] - dx / 2, y: ys[0] - dy / 2), resolution: XY(x: dx, y: dy))
        let crs = try crs(of: variable, x: x, lastX: max(xs[0], xs[xs.count - 1]))
        return GeoBox(crs: crs, affine: affine, width: xs.count, height: ys.count)
    }

    private func step(_ values: [Double], _ name: String) throws -> Double {
        guard values.count > 1, let last = values.last else {
            throw Refusal(text: "'\(name)' has one value, which tells no size of pixels")
        }
        let step = (last - values[0]) / Double(values.count - 1)
        guard step.isFinite, step != 0 else { throw Refusal(text: "'\(name)' does not run on") }
        for (index, value) in values.enumerated()
        where !(abs(value - values[0] - Double(index) * step) <= 0.02 * abs(step)) {
            throw Refusal(text: "'\(name)' is not regular: value \(index + 1) is \(value)")
        }
        return step
    }

    /// The system that the grid mapping tells, by GDAL; degrees without one are WGS 84.
    private func crs(of variable: NetCDFFile.Variable, x: NetCDFFile.Variable, lastX: Double) throws -> CRS {
        if variable.texts["grid_mapping"] != nil {
            let name = "NETCDF:\"\(file.path)\":\(variable.name)"
            if let part = try? RasterFile(opening: name), let found = part.geoBox?.crs { return found }
            throw Refusal(text: "'\(variable.name)' has a grid mapping that GDAL does not understand")
        }
        guard x.texts["units"]?.lowercased().hasPrefix("degree") == true else {
            throw Refusal(text: "'\(variable.name)' has no grid mapping, and \(x.name) is not in degrees")
        }
        // PROJ then counts longitudes from 0 to 360 as the file does.
        return lastX > 180 ? CRS("+proj=longlat +datum=WGS84 +lon_wrap=180 +no_defs +type=crs") : .wgs84
    }
}
