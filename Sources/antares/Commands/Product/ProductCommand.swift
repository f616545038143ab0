import ArgumentParser
import DatacubeIndex
import Documents
import Geo

/// The group `product`.
struct ProductCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "product",
        abstract: "Products: what datasets of one kind have in common.",
        subcommands: [
            ProductAddCommand.self, ProductListCommand.self, ProductShowCommand.self, ProductUpdateCommand.self,
            ProductDeleteCommand.self,
        ]
    )
}

/// The command `product add`.
struct ProductAddCommand: CommonCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add or update products in the index."
    )
    @OptionGroup var common: CommonOptions
    @OptionGroup var lock: LockOptions
    @Argument(help: "Product documents (YAML or JSON).", completion: .file())
    var files: [String] = []

    func run() async throws {
        guard !files.isEmpty else { throw DatacubeExit.missing("", Self.self, argument: "FILES") }
        try await DatacubeExit.run {
            let services = try common.makeServices()
            let documents = try DefinitionFiles.read(files)
            let index = try await services.index()
            for document in documents {
                do {
                    try await index.addProduct(document, locksTable: lock.allowExclusiveLock)
                } catch let error as DocumentError {
                    throw CommandFailure(
                        DatacubeExit.isDatacube ? .failed : .configuration,
                        "\(error) Invalid product definition: \(document.origin)"
                    )
                }
                let name = document.value["name"]?.string ?? ""
                Output.write("Adding \"\(name)\" (this might take a while) DONE")
            }
        }
    }
}

/// The command `product list`.
struct ProductListCommand: CommonCommand {
    /// In which form products are listed.
    enum Format: String, ExpressibleByArgument, CaseIterable { case `default`, csv, yaml, tab }

    static let configuration = CommandConfiguration(commandName: "list", abstract: "List products.")
    @OptionGroup var common: CommonOptions
    @Option(name: .customShort("f"), help: "default, csv, yaml or tab.")
    var format: Format = .default

    func run() async throws {
        try await DatacubeExit.run {
            let index = try await common.makeServices().index()
            let products = try await index.products()
            let types = try await DatasetTypes(index)
            let rows = products.map { DefinitionRow(name: $0.name, description: $0.description) }
            try common.emit(rows) {
                switch format {
                case .default: DefinitionRow.table(rows)
                case .csv: Self.csv(products, types)
                case .tab: ProductTable(products, types: types).text
                case .yaml: PythonYAML.write(products.map { Self.summary($0, types.type(of: $0)) })
                }
            }
        }
    }

    private static let columns = [
        "id", "name", "description", "ancillary_quality", "latgqa_cep90", "product_type", "gqa_abs_iterative_mean_xy",
        "gqa_ref_source", "sat_path", "gqa_iterative_stddev_xy", "time", "sat_row", "orbit", "gqa", "instrument",
        "gqa_abs_xy", "crs", "resolution", "tile_size", "spatial_dimensions",
    ]

    private static func csv(_ products: [Product], _ types: DatasetTypes) -> String {
        let lines = products.map { product in
            columns.map { cell(product, $0, types.type(of: product)) }.map(CSV.quoted).joined(separator: ",")
        }
        return CSV.text([columns.joined(separator: ",")] + lines)
    }

    static func cell(_ product: Product, _ column: String, _ type: MetadataType? = nil) -> String {
        switch column {
        case "id": return product.id.map(String.init) ?? ""
        case "name": return product.name
        case "description": return product.description
        case "crs": return product.gridSpec?.crs.definition ?? ""
        case "resolution": return product.gridSpec.map { "(\($0.resolution.y), \($0.resolution.x))" } ?? ""
        case "tile_size": return product.gridSpec.map { "(\($0.tileSize.y), \($0.tileSize.x))" } ?? ""
        case "spatial_dimensions":
            return product.gridSpec == nil
                ? "" : "(\(dimensions(product).map { PythonText.repr($0) }.joined(separator: ", ")))"
        default:
            let value = type?.field(column)?.value(in: product.metadata) ?? .null
            return value.string ?? (value == .null ? "" : PythonText.repr(value))
        }
    }

    /// The names of the axes of a product's grid.
    static func dimensions(_ product: Product) -> [String] {
        let isGeographic = product.definition.at("storage", "resolution", "longitude") != nil
        return isGeographic ? ["latitude", "longitude"] : ["y", "x"]
    }

    /// The search fields with what the product's signature fixes, as Python's `Product.to_dict` gives them.
    static func summary(_ product: Product, _ type: MetadataType?) -> PythonYAML.Node {
        var entries: [(String, PythonYAML.Node)] = [
            ("description", .value(.string(product.description))),
            ("id", .value(product.id.map { .integer($0) } ?? .null)),
            ("name", .value(.string(product.name))),
        ]
        entries.append(("license", .value(product.definition["license"] ?? .null)))
        for field in (type?.fields ?? []) + (type?.fixedFields ?? [])
        where !entries.contains(where: { $0.0 == field.name }) {
            entries.append((field.name, .value(field.value(in: product.metadata) ?? .null)))
        }
        if let grid = product.gridSpec {
            let pair = { (value: XY<Double>) in
                PythonYAML.Node.list([.value(.double(value.y)), .value(.double(value.x))])
            }
            entries += [
                ("crs", .value(.string(grid.crs.definition))), ("resolution", pair(grid.resolution)),
                ("tile_size", pair(grid.tileSize)),
                ("spatial_dimensions", .list(dimensions(product).map { .value(.string($0)) })),
            ]
        }
        return .mapping(entries.sorted { $0.0 < $1.0 })
    }
}

/// The command `product show`.
struct ProductShowCommand: CommonCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Print products.")
    @OptionGroup var common: CommonOptions
    @Option(name: .customShort("f"), help: "yaml or json.")
    var format: DefinitionFormat = .yaml
    @Argument(help: "Names; all where none is given.")
    var names: [String] = []

    func run() async throws {
        try await DatacubeExit.run {
            let all = try await common.makeServices().index().products()
            let shown = try DefinitionFiles.chosen(names, from: all, "product", name: \.name)
            guard !shown.isEmpty else { throw CommandFailure(.failed, "No products") }
            Output.write(try format.write(shown.map(\.definition), "product"))
        }
    }
}

/// Cells of comma-separated values.
enum CSV {
    /// Lines with the ends that Python's csv module writes; the last newline is left to the caller.
    static func text(_ lines: [String]) -> String { lines.map { $0 + "\r" }.joined(separator: "\n") }

    static func quoted(_ cell: String) -> String {
        guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }
}
