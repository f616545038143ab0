import Foundation
import Geo
import IndexSQL
public import Postgres
import Raster

/// The catalogue of scenes and footprints in antares' own tables.
public struct SceneCatalog: Sendable {
    private let connection: Connection

    /// The connection leads to a database with the schema `antares`, as `Index.installOwnSchemas` makes it.
    public init(_ connection: Connection) { self.connection = connection }

    /// What became of the rows of a table.
    public struct Summary: Sendable, Encodable {
        /// Rows read, without the names of the columns.
        public internal(set) var rows = 0
        /// Rows that are in the catalogue now.
        public internal(set) var taken = 0
        public internal(set) var night = 0
        /// Rows of paths and rows that are no known footprint.
        public internal(set) var elsewhere = 0
        /// Rows that cannot be read, and the first reasons.
        public internal(set) var broken = 0
        public internal(set) var reasons: [String] = []
    }

    /// Takes a table of the USGS (CSV, packed by gzip or not) into the catalogue: day scenes on known footprints.
    ///
    /// Where no footprints are known, scenes of everywhere are taken.
    /// - Parameters:
    ///   - path: The table.
    ///   - sensor: Under what name the scenes are kept; nil for `landsat` and the number of the satellite.
    ///   - progress: Called now and then with the number of rows read.
    /// - Returns: What became of the rows.
    /// - Throws: `WorkflowError` for what is no such table, `PostgresError`; nothing is taken then.
    public func ingest(
        _ path: String,
        sensor: String? = nil,
        progress: @escaping @Sendable (_ rows: Int) -> Void = { _ in }
    ) async throws -> Summary {
        try await connection.transaction { session in
            let known = Set(
                try session.query("SELECT DISTINCT name FROM antares.footprint").compactMap { $0["name"] }
                    .map { Array($0.utf8) }
            )
            try session.execute(
                "CREATE TEMPORARY TABLE incoming (LIKE antares.scene, number bigserial) ON COMMIT DROP"
            )
            let table = try SceneTable(path)
            var rows = SceneRows(known: known, sensor: sensor)
            var isAtEnd = false
            let columns = "id, product, sensor, footprint, acquired, cloud, cloud_land, corners"
            _ = try session.copy("COPY incoming (\(columns)) FROM STDIN") {
                guard !isAtEnd else { return nil }
                var part: [UInt8] = []
                part.reserveCapacity(1 << 19)
                for _ in 0..<10_000 where part.count < 1 << 18 {
                    guard let fields = try table.next() else {
                        isAtEnd = true
                        break
                    }
                    rows.append(fields, line: table.line, to: &part)
                }
                progress(rows.summary.rows)
                try Task.checkCancellation()
                return part
            }
            rows.summary.taken = try session.change(try SQLFiles.query("merge_scenes"))
            return rows.summary
        }
    }

    /// Takes the polygons of a vector file with the fields PATH and ROW as footprints of a sensor.
    ///
    /// - Parameters:
    ///   - path: The vector file.
    ///   - sensor: As `landsat`.
    ///   - country: Only those that meet this country; nil for all.
    ///   - column: A field of names, where there are no fields PATH and ROW.
    /// - Returns: How many were taken.
    /// - Throws: `WorkflowError` for an unknown country or lacking fields, `RasterError`, `PostgresError`.
    public func ingestFootprints(
        _ path: String,
        sensor: String,
        country: String?,
        column: String?
    ) async throws -> Int {
        let file = try VectorFile(opening: path)
        var found: [(name: String, border: String)] = []
        for layer in file.layerNames {
            let fields = file.fieldNames(layer: layer)
            func field(_ name: String) -> String? { fields.first { $0.uppercased() == name } }
            let named = column.flatMap { wanted in fields.first { $0 == wanted } }
            let (path, row) = (field("PATH"), field("ROW"))
            guard named != nil || path != nil && row != nil else {
                throw WorkflowError(
                    .noInput,
                    "'\(file.name)' has no fields PATH and ROW\(column.map { ", and no field '\($0)'" } ?? "")",
                    hint: "Name the field of names by --column; there are: \(fields.joined(separator: ", "))."
                )
            }
            for feature in try file.features(layer: layer) where !feature.polygon.parts.isEmpty {
                let numbers = [path, row].compactMap { $0.flatMap { feature.fields[$0] }.flatMap { Double($0) } }
                let name =
                    numbers.count == 2
                    ? numbers.map { String(format: "%03d", Int($0)) }.joined() : named.flatMap { feature.fields[$0] }
                if let name { found.append((name, feature.polygon.hexadecimalWKB)) }
            }
        }
        let code = country?.uppercased()
        let footprints = found
        return try await connection.transaction { session in
            if let code, try session.query("SELECT FROM antares.country WHERE code = $1", [code]).isEmpty {
                let hint = "Run antares init -c \(code.lowercased())."
                throw WorkflowError(.noInput, "there is no country '\(code)'", hint: hint)
            }
            let statement = try SQLFiles.query("upsert_footprint")
            var taken = 0
            for footprint in footprints {
                taken += try session.query(statement, [sensor, footprint.name, footprint.border, code]).count
            }
            return taken
        }
    }
}

/// Rows of a table on their way into the text format of COPY.
private struct SceneRows {
    let known: Set<[UInt8]>
    let sensor: String?
    var summary = SceneCatalog.Summary()

    init(known: Set<[UInt8]>, sensor: String?) { (self.known, self.sensor) = (known, sensor) }

    mutating func append(_ fields: SceneTable.Fields, line: Int, to out: inout [UInt8]) {
        summary.rows += 1
        func field(_ column: SceneTable.Column) -> ArraySlice<UInt8> { fields[column.rawValue] }
        let id = field(.id)
        guard let path = Self.padded(field(.path)), let row = Self.padded(field(.row)),
            let date = Self.date(field(.acquired)), !id.isEmpty, id.allSatisfy(Self.isPlain)
        else {
            summary.broken += 1
            if summary.reasons.count < 10 {
                summary.reasons.append("row \(line): scene, path, row or date cannot be read")
            }
            return
        }
        if let first = field(.day).first, first == UInt8(ascii: "N") || first == UInt8(ascii: "n") {
            summary.night += 1
            return
        }
        let footprint = path + row
        guard known.isEmpty || known.contains(footprint) else {
            summary.elsewhere += 1
            return
        }
        let tab = UInt8(ascii: "\t")
        out += id
        out.append(tab)
        let product = field(.product)
        out += product.isEmpty || !product.allSatisfy(Self.isPlain) ? Self.null[...] : product
        out.append(tab)
        out += sensor.map { Array($0.utf8) } ?? Self.sensor(of: id)
        out.append(tab)
        out += footprint
        out.append(tab)
        out += date
        for column in [SceneTable.Column.cloud, .cloudLand] {
            out.append(tab)
            let share = field(column)
            // A negative share means that nobody knows it.
            out += Self.isNumber(share) && share.first != UInt8(ascii: "-") ? share : Self.null[...]
        }
        out.append(tab)
        let corners = (SceneTable.Column.ulLat.rawValue...SceneTable.Column.lrLon.rawValue).map { fields[$0] }
        if corners.allSatisfy(Self.isNumber) {
            out.append(UInt8(ascii: "{"))
            for (index, corner) in corners.enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                out += corner
            }
            out.append(UInt8(ascii: "}"))
        } else {
            out += Self.null
        }
        out.append(UInt8(ascii: "\n"))
    }

    private static let null = Array("\\N".utf8)

    /// `LC80260462014001LGN00` is of landsat8.
    private static func sensor(of id: ArraySlice<UInt8>) -> [UInt8] {
        let third = id.dropFirst(2).first { $0 != UInt8(ascii: "0") } ?? UInt8(ascii: "0")
        return Array("landsat".utf8) + ((49...57).contains(third) ? [third] : [])
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte > 32 && byte < 127 && byte != UInt8(ascii: "\\") }

    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        guard text.count < 40, !text.isEmpty, text.contains(where: { (48...57).contains($0) }) else { return false }
        return Double(String(decoding: text, as: UTF8.self))?.isFinite == true
    }

    /// Three digits, nil for anything but a number of at most three.
    private static func padded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let digits = text.drop { $0 == 48 || $0 == 32 }
        guard text.contains(where: { (48...57).contains($0) }), digits.count <= 3,
            digits.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return [UInt8](repeating: 48, count: 3 - digits.count) + digits
    }

    /// `2014-01-15` or `2014/01/15`.
    private static func date(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let day = Array(text.prefix(10)).map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "-") : $0 }
        guard day.count == 10, day[4] == UInt8(ascii: "-"), day[7] == UInt8(ascii: "-") else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            day[range].allSatisfy { (48...57).contains($0) } ? day[range].reduce(0) { $0 * 10 + Int($1) - 48 } : nil
        }
        guard let year = number(0..<4), let month = number(5..<7), let date = number(8..<10), year > 0,
            (1...12).contains(month), date > 0
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return date <= lengths[month - 1] ? day : nil
    }
}
