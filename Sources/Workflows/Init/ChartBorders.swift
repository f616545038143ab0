import Documents
public import Foundation
import Geo
import Raster

/// Borders of the package gmt-dcw, found by three-letter codes through the package iso-codes.
public struct ChartBorders: BorderSource {
    public let name = "gmt-dcw"
    private let folder: URL
    private let isoCodes: URL

    /// - Parameters:
    ///   - folder: Holds dcw-gmt.nc and dcw-states.txt.
    ///   - isoCodes: iso_3166-1.json of the package iso-codes.
    public init(folder: URL, isoCodes: URL) { (self.folder, self.isoCodes) = (folder, isoCodes) }

    public func countries(_ codes: [String]) throws -> [Country] {
        let table = try codeTable()
        let chart = VectorDCW(path: folder.appending(path: "dcw-gmt.nc").path)
        let states = (try? String(contentsOf: folder.appending(path: "dcw-states.txt"), encoding: .utf8)) ?? ""
        return try codes.map { code in
            guard let entry = table[code], let border = try chart.polygon(code: entry.alpha2) else {
                throw CountryCodes(names: table.mapValues(\.name)).unknown(code, in: name)
            }
            var country = Country(code: code, name: entry.name, border: border)
            for line in states.split(separator: "\n") {
                let words = line.split(separator: " ", maxSplits: 2)
                guard words.count == 3, words[0] == entry.alpha2 else { continue }
                guard let polygon = try chart.polygon(code: "\(words[0])\(words[1])") else { continue }
                country.regions.append(Region(name: String(words[2]), country: code, border: polygon))
            }
            return country
        }
    }

    /// Two-letter codes and names by three-letter code.
    private func codeTable() throws -> [String: (alpha2: String, name: String)] {
        let text = try String(contentsOf: isoCodes, encoding: .utf8)
        let entries = try JSONText.parse(text, origin: isoCodes.path)["3166-1"]?.array ?? []
        return entries.reduce(into: [:]) { table, entry in
            guard let code = entry["alpha_3"]?.string, let alpha2 = entry["alpha_2"]?.string else { return }
            table[code] = (alpha2, entry["common_name"]?.string ?? entry["name"]?.string ?? code)
        }
    }
}
