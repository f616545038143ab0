import Raster

/// A table of scenes as the USGS publishes it (comma-separated values, packed by gzip or not), read row by row.
final class SceneTable {
    /// The columns that are wanted, by their names in the tables of Collection 1 and of Collection 2, without blanks and
    /// underscores and in lower case.
    enum Column: Int, CaseIterable {
        case id, product, path, row, acquired, cloud, cloudLand, day
        case ulLat, ulLon, urLat, urLon, llLat, llLon, lrLat, lrLon

        var names: [String] {
            switch self {
            case .id: ["sceneid", "landsatsceneidentifier"]
            case .product:
                ["landsatproductid", "landsatproductidentifierl2", "landsatproductidentifierl1", "displayid"]
            case .path: ["path", "wrspath"]
            case .row: ["row", "wrsrow"]
            case .acquired: ["acquisitiondate", "dateacquired"]
            case .cloud: ["cloudcoverfull", "scenecloudcoverl1", "cloudcover", "scenecloudcover"]
            case .cloudLand: ["cloudcoverland", "landcloudcover"]
            case .day: ["dayornight", "day/nightindicator", "daynightindicator"]
            case .ulLat: ["upperleftcornerlatitude", "cornerupperleftlatitude"]
            case .ulLon: ["upperleftcornerlongitude", "cornerupperleftlongitude"]
            case .urLat: ["upperrightcornerlatitude", "cornerupperrightlatitude"]
            case .urLon: ["upperrightcornerlongitude", "cornerupperrightlongitude"]
            case .llLat: ["lowerleftcornerlatitude", "cornerlowerleftlatitude"]
            case .llLon: ["lowerleftcornerlongitude", "cornerlowerleftlongitude"]
            case .lrLat: ["lowerrightcornerlatitude", "cornerlowerrightlatitude"]
            case .lrLon: ["lowerrightcornerlongitude", "cornerlowerrightlongitude"]
            }
        }

        static let required: [Column] = [.id, .path, .row, .acquired]
    }

    /// What a row holds, by `Column.rawValue`; empty where the table has no such column.
    typealias Fields = [ArraySlice<UInt8>]

    private let path: String
    private let stream: VirtualStream
    private var buffer: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    /// Which column of the table each wanted one is.
    private var places: [Int?] = []
    /// The number of the last row, counted from 1 with the names in the first.
    private(set) var line = 0

    private static let longestRow = 1 << 20

    /// - Throws: `WorkflowError` where there is no such file, or it has not the columns.
    init(_ path: String) throws {
        let unreadable = WorkflowError(.noInput, "'\(path)' cannot be read", hint: "Check the path given to --file.")
        guard let file = VirtualBytes(path) else { throw unreadable }
        let isPacked = file.bytes(at: 0, count: 2) == [0x1F, 0x8B]
        guard let stream = VirtualStream(isPacked ? "/vsigzip/\(path)" : path) else { throw unreadable }
        self.path = path
        self.stream = stream
        guard let names = try nextRow() else {
            throw WorkflowError(.noInput, "'\(path)' is empty", hint: "Fetch it again.")
        }
        let found = names.map { name in
            String(decoding: name, as: UTF8.self).lowercased().filter { $0 != " " && $0 != "_" && $0 != "\u{FEFF}" }
        }
        places = Column.allCases.map { column in column.names.lazy.compactMap { found.firstIndex(of: $0) }.first }
        if let lacking = Column.required.first(where: { places[$0.rawValue] == nil }) {
            throw WorkflowError(
                .noInput,
                "'\(path)' has no column \(lacking.names[0])",
                hint: "Give the bulk metadata of the USGS (CSV, also .gz)."
            )
        }
    }

    /// The next row, nil at the end.
    func next() throws -> Fields? {
        guard let row = try nextRow() else { return nil }
        return places.map { place in place.flatMap { $0 < row.count ? row[$0] : nil } ?? [] }
    }

    /// The cells of the next row that is not empty.
    private func nextRow() throws -> Fields? {
        while true {
            if let end = rowEnd() {
                let row = buffer[position..<end]
                position = end + 1
                line += 1
                if row.contains(where: { $0 != 13 }) { return Self.cells(row) }
                continue
            }
            guard !isAtEnd else {
                guard position < buffer.count else { return nil }
                let row = buffer[position...]
                position = buffer.count
                line += 1
                return Self.cells(row)
            }
            guard buffer.count - position < Self.longestRow else {
                let hint = "It is no table, or a quotation mark is missing."
                throw WorkflowError(
                    .noInput,
                    "'\(path)' has a row of more than a megabyte, row \(line + 1)",
                    hint: hint
                )
            }
            buffer.removeSubrange(..<position)
            position = 0
            let more = try stream.read(1 << 20)
            isAtEnd = more.isEmpty
            buffer += more
        }
    }

    /// Where the row that begins at `position` ends; a newline within quotation marks belongs to its cell.
    private func rowEnd() -> Int? {
        buffer.withUnsafeBufferPointer { bytes in
            var isQuoted = false
            var place = position
            while place < bytes.count {
                let byte = bytes[place]
                if byte == 34 { isQuoted.toggle() } else if byte == 10, !isQuoted { return place }
                place += 1
            }
            return nil
        }
    }

    private static func cells(_ row: ArraySlice<UInt8>) -> Fields {
        var cells: Fields = []
        var start = row.startIndex
        var isQuoted = false
        func add(_ end: Int) {
            var cell = row[start..<end]
            if cell.last == 13 { cell.removeLast() }
            if cell.first == 34, cell.last == 34, cell.count > 1 { cell = cell.dropFirst().dropLast() }
            cells.append(cell)
        }
        for place in row.indices {
            if row[place] == 34 {
                isQuoted.toggle()
            } else if row[place] == 44, !isQuoted {
                add(place)
                start = place + 1
            }
        }
        add(row.endIndex)
        return cells
    }
}
