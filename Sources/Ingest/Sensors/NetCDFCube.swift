public import Documents
import Foundation
import Geo
import Raster

/// Any cube in netCDF with the CF conventions on a regular grid: one dataset for each of its times.
///
/// Variables without time belong to each of them.
public struct NetCDFCube: SceneReader {
    public let name = "netcdf_cf"
    public let product = "netcdf_cf"
    public let layout = "a netCDF file with variables on a regular grid (CF conventions)"

    public init() {}

    public func scenes(at place: ScenePlace, options: SceneOptions) -> [String] {
        let files = place.isFolder ? place.paths { $0.lowercased().hasSuffix(".nc") } : [place.path]
        return files.filter(Self.isNetCDF)
    }

    /// By the first bytes: `CDF`, or HDF5's signature.
    private static func isNetCDF(_ path: String) -> Bool {
        guard let file = VirtualBytes(path) else { return false }
        let head = file.bytes(at: 0, count: 8)
        if head.starts(with: Array("CDF".utf8)) { return true }
        return head == [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A] && !path.lowercased().hasSuffix(".h5")
    }

    public func prepare(_ path: String, options: SceneOptions) throws -> [DocumentValue] {
        let path = absolutePath(path)
        guard !path.hasPrefix("/vsi") else {
            throw SceneError(path, "lies in an archive", hint: "The netCDF library reads plain files: unpack it.")
        }
        let file: NetCDFFile
        let variables: [NetCDFFile.Variable]
        do {
            file = try NetCDFFile(opening: path)
            variables = try file.variables()
        } catch {
            throw SceneError(
                path,
                "cannot be read (\(error.messages.joined(separator: "; ")))",
                hint: "Fetch it again."
            )
        }
        let grids = try CFGrids(file: file, variables: variables)
        guard !grids.fields.isEmpty else {
            throw SceneError(path, grids.reason, hint: "Only cubes on a regular grid are read.")
        }
        let texts = file.globalTexts()
        let times = try Self.times(file, grids, options, texts)
        let own = texts["tracking_id"] ?? stem(lastPart(path))
        let product = options.product ?? Self.productName(path)
        return try times.enumerated().map { index, time in
            try document(file, grids, time, index, (product, own, path), texts, options)
        }
    }

    private typealias Names = (product: String, own: String, path: String)

    private func document(
        _ file: NetCDFFile,
        _ grids: CFGrids,
        _ time: (center: Date, range: TimeRange?),
        _ index: Int,
        _ names: Names,
        _ texts: [String: String],
        _ options: SceneOptions
    ) throws -> DocumentValue {
        var named = SceneGrids()
        let measurements = grids.fields.map { field in
            EO3Dataset.Measurement(
                name: field.variable.name,
                path: names.path,
                band: field.hasTime ? index + 1 : nil,
                layer: field.variable.name,
                grid: named.name(of: field.grid),
                scaleFactor: field.variable.numbers["scale_factor"]?.first,
                addOffset: field.variable.numbers["add_offset"]?.first
            )
        }
        guard let standard = named.standard else { preconditionFailure("there is a field") }
        var properties = DocumentObject()
        for (key, name) in [("platform", "eo:platform"), ("instrument", "eo:instrument"), ("title", "title")] {
            properties[name] = texts[key].map { .string($0) }
        }
        properties["odc:product_family"] = "cube"
        properties["dea:dataset_maturity"] = "final"
        let identifier = "\(names.own)/\(Timestamp.iso(time.center))"
        let path = "\(names.path)#part=\(index)"
        let modified = try? FileManager.default.attributesOfItem(atPath: names.path)[.modificationDate] as? Date
        return EO3Dataset(
            id: options.identity.datasetID(product: names.product, identifier: identifier, path: path),
            product: names.product,
            label: identifier,
            crs: standard.crs,
            grids: named.all,
            measurements: measurements,
            time: time.center,
            timeRange: time.range,
            processed: texts["date_created"].flatMap(Timestamp.parse) ?? modified ?? time.center,
            properties: properties,
            fileFormat: "NetCDF"
        ).document
    }

    /// The moments of the file; from the options where it has none.
    private static func times(
        _ file: NetCDFFile,
        _ grids: CFGrids,
        _ options: SceneOptions,
        _ texts: [String: String]
    ) throws -> [(center: Date, range: TimeRange?)] {
        guard let axis = grids.time else {
            if let range = options.time { return [(range.center, range.begin == range.end ? nil : range)] }
            let begin = texts["time_coverage_start"].flatMap(Timestamp.parse)
            guard let begin else {
                throw SceneError(file.path, "has no time", hint: "Say it by --time 2001-01-01, or a range.")
            }
            let end = texts["time_coverage_end"].flatMap(Timestamp.parse) ?? begin
            return [(TimeRange(begin: begin, end: end).center, TimeRange(begin: begin, end: end))]
        }
        let (units, calendar) = (axis.texts["units"] ?? "", axis.texts["calendar"])
        guard let clock = CFTime(units: units, calendar: calendar) else {
            let what = calendar.map { " in the calendar '\($0)'" } ?? ""
            throw SceneError(file.path, "counts time in '\(units)'\(what)", hint: "Units as 'days since …' are read.")
        }
        func unreadable(_ value: Double) -> SceneError {
            SceneError(file.path, "has the time \(value) \(units)", hint: "The file may be damaged: fetch it again.")
        }
        let values = try file.values(of: axis.name)
        let bounds = try axis.texts["bounds"].flatMap { name in
            file.shape(of: name) == [values.count, 2] ? try file.values(of: name) : nil
        }
        return try values.enumerated().map { index, value in
            guard let center = clock.date(value) else { throw unreadable(value) }
            guard let bounds, let begin = clock.date(bounds[2 * index]), let end = clock.date(bounds[2 * index + 1]),
                begin < end
            else { return (center, nil) }
            // The end belongs to the next.
            return (center, TimeRange(begin: begin, end: end.addingTimeInterval(-1e-6)))
        }
    }

    /// The file's name without times: files of one series are one product.
    private static func productName(_ path: String) -> String {
        let words = stem(lastPart(path)).lowercased().split { !$0.isLetter && !$0.isNumber }
        let kept = words.filter { word in word.contains { $0.isLetter } }
        let name = kept.joined(separator: "_")
        return name.first?.isLetter == true ? name : "cube_\(name)"
    }
}
