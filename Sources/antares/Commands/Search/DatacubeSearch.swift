import ArgumentParser
import DatacubeIndex
import Documents
import Foundation

/// The program under the name `datacube-search`.
struct DatacubeSearchRoot: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "datacube-search",
        abstract: "Search the Open Data Cube's index.",
        version: "Open Data Cube core, version \(Version.datacube) (antares \(Version.number))",
        subcommands: [SearchDatasetsCommand.self, SearchProductCountsCommand.self]
    )
}

/// The options that may stand before the command of `datacube-search`.
struct SearchOptions: ParsableArguments {
    /// In which form datasets are printed.
    enum Format: String, ExpressibleByArgument, CaseIterable { case csv, pretty }

    @OptionGroup var common: CommonOptions
    @Option(name: .customShort("f"), help: "csv or pretty.")
    var format: Format = .pretty
}

/// The command `datacube-search datasets`.
struct SearchDatasetsCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "datasets", abstract: "Print all fields of datasets.")
    @OptionGroup var search: SearchOptions
    @OptionGroup var area: AreaOptions
    @Argument(help: "Conditions that hold together.")
    var expressions: [String] = []
    var common: CommonOptions { search.common }

    func run() async throws {
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let index = try await services.index()
            let query = try await area.added(to: DatasetQuery(expressions: expressions), services)
            let rows = try await index.summaries(matching: query)
            let names = try await index.fieldNames()
            Output.write(search.format == .csv ? Self.csv(rows, names) : Self.pretty(rows, names))
        }
    }

    private static func csv(_ rows: [DatasetSummary], _ names: [String]) -> String {
        let lines = rows.map { row in
            names.map { row.values[$0].map(printable) ?? "" }.map(CSV.quoted).joined(separator: ",")
        }
        return CSV.text([names.joined(separator: ",")] + lines)
    }

    private static func pretty(_ rows: [DatasetSummary], _ names: [String]) -> String {
        let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80
        let width = names.map(\.count).max() ?? 0
        return rows.enumerated().map { number, row in
            let title = "-[ \(number + 1) ]"
            let rule = title + String(repeating: "-", count: max(0, columns - title.count - 1))
            let lines = row.values.sorted { $0.key < $1.key }.map { name, value in
                name.padding(toLength: width, withPad: " ", startingAt: 0) + " | " + printable(value)
            }
            return ([rule] + lines).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func printable(_ value: DatasetSummary.Value) -> String {
        switch value {
        case .text(let text): text ?? ""
        case .number(let number): number.map { "\($0)" } ?? ""
        case .range(let low, let high): [low, high].compactMap { $0 }.joined(separator: " to ")
        case .document(let document): PythonText.repr(document)
        }
    }
}

/// The command `datacube-search product-counts`.
struct SearchProductCountsCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "product-counts",
        abstract: "Count the datasets of products by period."
    )
    @OptionGroup var search: SearchOptions
    @OptionGroup var area: AreaOptions
    @Argument(help: "1 month, 6 months, 1 year …")
    var period: String
    @Argument(help: "Conditions that hold together; one of them about time.")
    var expressions: [String] = []
    var common: CommonOptions { search.common }

    func run() async throws {
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let index = try await services.index()
            let query = try await area.added(to: DatasetQuery(expressions: expressions), services)
            var last = ""
            for count in try await index.counts(matching: query, every: period) {
                if count.product != last { Output.write(count.product) }
                last = count.product
                let day = count.time.map { $0.formatted(.iso8601.year().month().day()) } ?? ""
                Output.write("    \(day): \(count.count)")
            }
        }
    }
}
