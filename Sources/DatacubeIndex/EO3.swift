import Documents
import Geo

/// The names of the EO3 layout of dataset documents.
public enum EO3 {
    /// What `$schema` of such a document says.
    public static let schema = "https://schemas.opendatacube.org/dataset"
    /// The property with `scale_factor` and `add_offset` by measurement, where a dataset overrides its product.
    public static let scaling = "antares:scaling"
}

/// One entry of `grids` of an EO3 document.
struct EO3Grid {
    let width: Int
    let height: Int
    let affine: Affine

    /// - Throws: `EO3Problem` with the reason in the words of the Open Data Cube.
    init(_ document: DocumentValue) throws(EO3Problem) {
        guard let shape = document.at("shape")?.array else { throw EO3Problem("Each grid must have a shape") }
        let sizes = shape.compactMap(\.integer)
        guard shape.count == 2, sizes.count == 2 else { throw EO3Problem("Grid shape must be two dimensional") }
        (height, width) = (sizes[0], sizes[1])
        guard let transform = document.at("transform")?.array else {
            throw EO3Problem("Each grid must have a transform")
        }
        guard transform.count == 6 || transform.count == 9 else {
            throw EO3Problem("Grid transform must have 6 or 9 elements.")
        }
        let numbers = transform.compactMap(\.number)
        guard numbers.count == transform.count else {
            throw EO3Problem("All grid transform elements must be numbers")
        }
        guard numbers.count == 6 || Array(numbers[6...]) == [0, 0, 1] else {
            throw EO3Problem("Grid transform must be a valid Affine matrix")
        }
        affine = Affine(a: numbers[0], b: numbers[1], c: numbers[2], d: numbers[3], e: numbers[4], f: numbers[5])
    }

    /// Upper left, upper right, lower right, lower left.
    var corners: [Point] { GeoBox(crs: .wgs84, affine: affine, width: width, height: height).corners }
}

/// What is wrong with an EO3 document.
struct EO3Problem: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

extension DocumentValue {
    /// A number that is written as one; no text.
    var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
}
