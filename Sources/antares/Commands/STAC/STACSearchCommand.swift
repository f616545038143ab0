import ArgumentParser
import Catalogs
import Documents
import Foundation
import Logging

/// `stac search`: what a catalogue has.
struct STACSearchCommand: CommonCommand {
    /// How items are printed.
    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }

    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "List the items of a STAC API.",
        discussion: """
            Prints a table, an item collection (--json), or comma-separated values. Pages are followed to the end, or to --limit.
            Example: antares stac search --url https://earth-search.aws.element84.com/v1 -c sentinel-2-c1-l2a \\
              --bbox -104 20 -103 21 --datetime 2023-06/2023-08 --query 'eo:cloud_cover<20' --json -o items.json
            """
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var search: STACSearchOptions
    @Option(name: .shortAndLong, help: "table, json (an item collection) or csv.")
    var format = Format.table
    @Option(
        name: .shortAndLong,
        help: .init("File to write instead of standard output.", valueName: "file"),
        completion: .file()
    )
    var output: String?

    func run() async throws {
        let services = try common.makeServices()
        var items: [DocumentValue] = []
        let outcome = try await WebClient.run(try services.webOptions(within: common.places)) { client in
            let api = try await search.open(services, client)
            return try await api.search(try await search.search(services)) { items += $0.map(\.item) }
        }
        if outcome.isCut { services.log.notice("there are more items than --limit \(items.count)") }
        let text =
            switch common.json ? .json : format {
            case .json: JSONText.pretty(STACItems.collection(items))
            case .csv: Self.csv(Self.rows(items, cloudUnit: ""))
            case .table: Output.table(Self.rows(items, cloudUnit: " %"))
            }
        guard let output else { return Output.write(text) }
        do {
            try Data((text + "\n").utf8).write(to: URL(fileURLWithPath: output), options: .atomic)
        } catch {
            throw CommandFailure(.inputOutput, "cannot write '\(output)': \(error.localizedDescription)")
        }
        Output.write("\(items.count) items written to \(output)")
    }

    private static func rows(_ items: [DocumentValue], cloudUnit: String) -> [[String]] {
        [["collection", "id", "datetime", "cloud cover", "west", "south", "east", "north", "assets"]]
            + items.map { item in
                func property(_ name: String) -> DocumentValue? { item.at("properties", name) }
                let time = property("datetime")?.string ?? property("start_datetime")?.string ?? ""
                let cloud = property("eo:cloud_cover")?.double.map { String(format: "%.1f", $0) + cloudUnit } ?? ""
                let numbers = item["bbox"]?.array?.compactMap(\.double) ?? []
                let box = numbers.count == 6 ? [numbers[0], numbers[1], numbers[3], numbers[4]] : numbers
                let corners = (0..<4).map { $0 < box.count ? String(format: "%.4f", box[$0]) : "" }
                return [item["collection"]?.string ?? "", item["id"]?.string ?? "", time, cloud] + corners
                    + ["\(item["assets"]?.object?.count ?? 0)"]
            }
    }

    private static func csv(_ rows: [[String]]) -> String {
        rows.map { row in
            row.map { cell in
                cell.contains { ",\"\n\r".contains($0) } ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
            }.joined(separator: ",")
        }.joined(separator: "\n")
    }
}
