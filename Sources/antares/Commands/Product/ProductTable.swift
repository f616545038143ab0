import DatacubeIndex
import Documents
import Foundation

/// Products as `product list -f tab` of the Open Data Cube prints them, which is how pandas lays a table out.
///
/// A column is there where one of the products has it. What is missing prints as `NaN`; a column in which every
/// product says that there is nothing prints `None`.
struct ProductTable {
    private static let columns = [
        "id", "name", "description", "ancillary_quality", "product_type", "gqa_abs_iterative_mean_xy", "gqa_ref_source",
        "sat_path", "gqa_iterative_stddev_xy", "time", "sat_row", "orbit", "gqa", "instrument", "gqa_abs_xy", "crs",
        "resolution", "tile_size", "spatial_dimensions",
    ]

    private enum Cell: Equatable {
        case absent, none
        case text(String)
    }

    let text: String

    init(_ products: [Product], types: DatasetTypes) {
        guard !products.isEmpty else {
            text = "No products discovered :("
            return
        }
        let rows = products.map { Self.cells(of: $0, types.type(of: $0)) }
        let blocks = Self.columns.compactMap { name -> [String]? in
            let cells = rows.map { $0[name] ?? .absent }
            return cells.allSatisfy { $0 == .absent } ? nil : Self.lines(name, cells)
        }
        text = (0...products.count).map { line in blocks.map { $0[line] }.joined(separator: " ") }
            .joined(separator: "\n")
    }

    private static func cells(of product: Product, _ type: MetadataType?) -> [String: Cell] {
        var cells: [String: Cell] = [:]
        for field in (type?.fields ?? []) + (type?.fixedFields ?? []) {
            cells[field.name] =
                field.value(in: product.metadata).map { value in
                    .text(value.string ?? PythonText.repr(value))
                } ?? Cell.none
        }
        cells["id"] = .text(product.id.map(String.init) ?? "")
        cells["name"] = .text(product.name)
        cells["description"] = .text(product.description.replacing("\n", with: "\\n").replacing("\t", with: "\\t"))
        guard product.gridSpec != nil else { return cells }
        for name in ["crs", "resolution", "tile_size"] { cells[name] = .text(ProductListCommand.cell(product, name)) }
        let dimensions = ProductListCommand.dimensions(product).joined(separator: ", ")
        cells["spatial_dimensions"] = .text("(\(dimensions))")
        return cells
    }

    /// The head, to the left, and the values, to the right of the widest of them; all as wide as the wider of both.
    private static func lines(_ name: String, _ cells: [Cell]) -> [String] {
        let isEmpty = cells.allSatisfy { $0 == .none || $0 == .absent }
        let isMixed = cells.contains(.absent) || !isEmpty
        let values = cells.map { cell in
            if case .text(let text) = cell { text } else { isMixed ? "NaN" : "None" }
        }
        let widest = values.map(\.count).max() ?? 0
        // The heads of numbers begin with a blank, and nothing but gaps counts as numbers.
        let head = name == "id" || (isEmpty && isMixed) ? " " + name : name
        let width = max(head.count, widest)
        return ([head] + values.map { String(repeating: " ", count: widest - $0.count) + $0 })
            .map { $0.padding(toLength: width, withPad: " ", startingAt: 0) }
    }
}
