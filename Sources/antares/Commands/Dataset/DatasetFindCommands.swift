public import ArgumentParser
public import DatacubeIndex
import Documents
import Foundation
import Logging

/// The command `dataset uri-search`.
struct DatasetURISearchCommand: CommonCommand {
    /// How locations are compared.
    enum Mode: String, ExpressibleByArgument, CaseIterable { case exact, prefix, guess }

    static let configuration = CommandConfiguration(
        commandName: "uri-search",
        abstract: "Search by dataset locations.",
        discussion: "Archived locations are found too."
    )
    @OptionGroup var common: CommonOptions
    @Option(help: "exact, prefix, or guess: exact for a part of a file (#part=), prefix otherwise.")
    var searchMode: Mode = .prefix
    @Argument(help: "URIs or paths.")
    var paths: [String] = []

    func run() async throws {
        guard !paths.isEmpty else { throw DatacubeExit.missing("locations", Self.self, argument: "PATHS") }
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let index = try await services.index()
            var found: [Dataset] = []
            for path in paths {
                let uri = path.contains(":") ? path : DatasetFiles.uri(ofFile: path)
                let isPrefix = searchMode == .prefix || (searchMode == .guess && !uri.contains("#"))
                let datasets = try await index.datasets(at: uri, isPrefix: isPrefix)
                if datasets.isEmpty { services.log.info("Not found in index: \(path)") }
                found += datasets
            }
            try common.emit(found.map(DatasetRow.init)) {
                found.map { dataset in
                    let location = dataset.locations.first ?? "not available"
                    return "Dataset <id=\(dataset.idText) product=\(dataset.productName) location=\(location)>"
                }.joined(separator: "\n")
            }
        }
    }
}

/// A dataset in lists of JSON.
struct DatasetRow: Encodable {
    let id: String
    let product: String
    let status: String
    let locations: [String]

    init(_ dataset: Dataset) {
        (id, product, locations) = (dataset.idText, dataset.productName, dataset.locations)
        status = dataset.isArchived ? "archived" : "active"
    }
}

/// The command `dataset count`.
struct DatasetCountCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Count datasets by product.",
        discussion: "Example: dataset count --period '1 month' --query 'time in [2017, 2018]' PRODUCT"
    )
    @OptionGroup var common: CommonOptions
    @Flag(help: "Print the sum only.")
    var countOnly = false
    @Option(help: .init("Count in slices of time: 1 day, 6 months, 1 year …", valueName: "period"))
    var period: String?
    @Option(help: "active, archived or all.")
    var status: DatasetQuery.Status = .active
    @Option(parsing: .singleValue, help: "Conditions, as dataset search takes them; may be repeated.")
    var query: [String] = []
    @OptionGroup var area: AreaOptions
    @Option(name: .customShort("f"), help: "yaml, csv or json.")
    var format: DatasetInfo.Format = .yaml
    @Argument(help: "Products; all where none is given.")
    var products: [String] = []

    func validate() throws {
        guard period == nil || !countOnly else {
            throw ValidationError("Error: cannot return total count when requesting time slicing")
        }
    }

    /// What is counted.
    struct Row: Encodable {
        let product: String
        let time: String?
        let count: Int
    }

    func run() async throws {
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let index = try await services.index()
            var conditions = try await area.added(to: DatasetQuery(expressions: query), services)
            conditions.status = status
            var counts: [DatasetCount] = []
            for product in products.isEmpty ? [conditions.product] : products.map(Optional.some) {
                conditions.product = product
                counts +=
                    try await period == nil
                    ? index.counts(matching: conditions) : index.counts(matching: conditions, every: period ?? "")
            }
            if countOnly { return Output.write(String(counts.reduce(0) { $0 + $1.count })) }
            let rows = counts.map { count in
                let day = count.time.map { $0.formatted(.iso8601.year().month().day()) }
                return Row(product: count.product, time: day, count: count.count)
            }
            let shown = try text(rows)
            try common.emit(rows) { shown }
        }
    }

    private func text(_ rows: [Row]) throws -> String {
        switch format {
        case .json: return try Output.json(rows)
        case .csv:
            let header = period == nil ? "product,count" : "product,time,count"
            let lines = rows.map { row in
                ([row.product] + [row.time].compactMap { $0 } + [String(row.count)]).joined(separator: ",")
            }
            return CSV.text([header] + lines)
        case .yaml:
            return PythonYAML.write(
                rows.map { row in
                    let time = row.time.map { [("time", PythonYAML.Node.value(.string($0)))] } ?? []
                    return .mapping(
                        [("product", .value(.string(row.product)))] + time + [("count", .value(.integer(row.count)))]
                    )
                }
            )
        }
    }
}

extension DatasetQuery.Status: ExpressibleByArgument {}

/// The command `dataset find-duplicates`.
struct DatasetFindDuplicatesCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "find-duplicates",
        abstract: "Find active datasets with the same values in some fields.",
        discussion: "Times count as the same where they are less than half a second apart."
    )
    @OptionGroup var common: CommonOptions
    @Option(name: .shortAndLong, parsing: .singleValue, help: "Products to look at; may be repeated.")
    var product: [String] = []
    @Option(name: .customShort("f"), help: "yaml, csv or json, as datacube 1.9 prints them; else the list of 1.8.")
    var format: DatasetInfo.Format?
    @Argument(help: "Search fields that have to be the same.")
    var fields: [String] = []

    /// One group of duplicates.
    struct Row: Encodable {
        let product: String
        let values: [String: String?]
        let ids: [String]
    }

    func run() async throws {
        try await DatacubeExit.run {
            guard !fields.isEmpty else {
                Output.write("Error: must provide field names to match on\n")
                throw DatacubeExit.fail(datacube: 1, antares: .usage)
            }
            let index = try await common.makeServices().index()
            let products = try await chosen(index)
            let groups = try await index.duplicates(in: products, by: fields)
            let rows = groups.map { group in
                Row(
                    product: group.product,
                    values: Dictionary(
                        group.values.map { ($0.name, $0.value) },
                        uniquingKeysWith: { first, _ in first }
                    ),
                    ids: group.ids.map { $0.uuidString.lowercased() }
                )
            }
            let numbers = try await numbers(products, index)
            let nothing = "No potential duplicates found."
            let shown = groups.isEmpty ? nothing : try text(groups, numbers)
            try common.emit(rows) { shown }
        }
    }

    private func chosen(_ index: Index) async throws -> [Product] {
        let types = try await DatasetTypes(index)
        let all = try await index.products()
        let able = all.filter { product in
            fields.allSatisfy { types.type(of: product)?.field($0) != nil || DatasetQuery.nativeFields.contains($0) }
        }
        guard !able.isEmpty else {
            Output.write("Error: no products found with fields \(fields.joined(separator: ", "))\n")
            throw DatacubeExit.fail(datacube: 1)
        }
        guard !product.isEmpty else { return able }
        let named = try product.map { name in
            guard let found = all.first(where: { $0.name == name }) else {
                throw CommandFailure(.failed, DefinitionFiles.missing("product", name, all.map(\.name)))
            }
            return found
        }
        let unable = named.filter { !able.contains($0) }.map(\.name).sorted()
        guard unable.isEmpty else {
            let names = unable.joined(separator: ", ")
            Output.write("Error: specified products \(names) do not contain all required fields\n")
            throw DatacubeExit.fail(datacube: 1)
        }
        return named
    }

    /// The fields that hold numbers, by name.
    private func numbers(_ products: [Product], _ index: Index) async throws -> Set<String> {
        let types = try await DatasetTypes(index)
        return Set(
            products.flatMap { types.type(of: $0)?.fields ?? [] }.filter { [.integer, .double].contains($0.kind) }.map(
                \.name
            )
        )
    }

    private func text(_ groups: [DuplicateGroup], _ numbers: Set<String>) throws -> String {
        guard let format else { return pythonList(groups, numbers) }
        let records = groups.map { group -> [(String, DocumentValue)] in
            let values = group.values.map { name, value -> (String, DocumentValue) in
                guard let value else { return (name, DocumentValue.null) }
                let number = Int(value).map { .integer($0) } ?? Double(value).map { DocumentValue.double($0) }
                return (name, (numbers.contains(name) ? number : nil) ?? .string(value))
            }
            let ids = group.ids.map { DocumentValue.string($0.uuidString.lowercased()) }
            return [("product", .string(group.product))] + values + [("ids", .array(ids))]
        }
        switch format {
        case .yaml:
            return PythonYAML.write(
                records.map { record in
                    .mapping(
                        record.map { key, value in
                            (key, value.array.map { .list($0.map { .plain($0.string ?? "") }) } ?? .value(value))
                        }
                    )
                }
            )
        case .json:
            let documents = records.map { DocumentValue.object(DocumentObject($0.map { (key: $0, value: $1) })) }
            return PythonYAML.json(.array(documents))
        case .csv:
            let lines = groups.map { group in
                let ids = group.ids.map { "'\($0.uuidString.lowercased())'" }.joined(separator: ", ")
                return ([group.product] + group.values.map { $0.value ?? "" } + ["[\(ids)]"]).map(CSV.quoted)
            }
            return CSV.text(([["product"] + fields + ["ids"]] + lines).map { $0.joined(separator: ",") })
        }
    }

    /// The list as Python prints its own objects: scripts read it.
    private func pythonList(_ groups: [DuplicateGroup], _ numbers: Set<String>) -> String {
        let shown = groups.map { group in
            let values = group.values.map { name, value in
                "\(name)=" + (value.map { numbers.contains(name) ? $0 : "'\($0)'" } ?? "None")
            }
            let ids = group.ids.map { "UUID('\($0.uuidString.lowercased())')" }
            return "(search_result(\(values.joined(separator: ", "))), {\(ids.joined(separator: ", "))})"
        }
        return "[\(shown.joined(separator: ", "))]"
    }
}
